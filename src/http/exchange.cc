// SPDX-License-Identifier: Apache-2.0
#include "http/exchange.h"

namespace aloft::http {

void Answer::clear() {
  status = 0;
  headers.clear();
  sink_bytes = 0;
  text.clear();
  first_byte_time = {};
}

void Exchange::clear() {
  late_after = {};
  method = Method::get;
  target = "/";
  headers.clear();
  body = {};
  repeatable = true;
  sink = {};
  text_bytes_max = 64u << 10;
  answer.clear();
  result = {};
}

}  // namespace aloft::http
