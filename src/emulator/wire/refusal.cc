// SPDX-License-Identifier: Apache-2.0
#include "emulator/wire/refusal.h"

namespace aloft::emulator {

namespace {
constexpr std::size_t kQuotedValueBytesMax = 256;
}  // namespace

tl::unexpected<ServiceError> refuse_named(ServiceError error, std::string_view kind,
                                          std::string_view name, std::string_view value,
                                          std::string_view reason) {
  error.details.emplace_back(std::string(kind) + "Name", name);
  if (!value.empty() && value.size() <= kQuotedValueBytesMax) {
    error.details.emplace_back(std::string(kind) + "Value", value);
  }
  if (!reason.empty()) error.details.emplace_back("Reason", reason);
  return refuse(std::move(error));
}

}  // namespace aloft::emulator
