// SPDX-License-Identifier: Apache-2.0
#include "emulator/identity/json_response.h"

#include <nlohmann/json.hpp>

namespace aloft::emulator::identity {

http::Response json_response(int status, const nlohmann::ordered_json& document) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  // Texts of clients may be no UTF-8.
  response.set_body(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return response;
}

}  // namespace aloft::emulator::identity
