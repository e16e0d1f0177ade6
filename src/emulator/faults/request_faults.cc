// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/request_faults.h"

#include <algorithm>

namespace aloft::emulator::faults {

namespace {

bool fits(const RequestRule& rule, Service service, const http::Request& request) {
  if (rule.service && *rule.service != service) return false;
  if (!rule.method.empty() && rule.method != http::name_of(request.method)) return false;
  if (!matches(rule.target, request.target)) return false;
  return std::ranges::all_of(rule.headers, [&](const auto& wanted) {
    const auto value = request.headers.find(wanted.first);
    return value && matches(wanted.second, std::string(*value));
  });
}

ServiceError error_of(const RequestRule::Refuse& refuse) {
  ServiceError error{.status = refuse.status,
                     .code = refuse.code,
                     .message = "The emulator refuses this request, as its faults say."};
  if (refuse.retry_after_s) {
    error.headers.emplace_back("Retry-After", std::to_string(*refuse.retry_after_s));
  }
  return error;
}

}  // namespace

http::Handler RequestFaults::around(Service service, http::Handler inner, Refuse refuse) {
  if (rules_.empty()) return inner;
  return [this, service, inner = std::move(inner),
          refuse = std::move(refuse)](http::Request& request) {
    const RequestRule* rule = choose(service, request);
    if (rule == nullptr) return inner(request);
    if (rule->delay.count() > 0) {
      clock_.sleep_until(clock_.now() + rule->delay, stop_.get_token());
    }
    if (const auto* refusal = std::get_if<RequestRule::Refuse>(&rule->action)) {
      return refuse(request, error_of(*refusal));
    }
    const auto* drop = std::get_if<RequestRule::Drop>(&rule->action);
    http::Response response =
        drop != nullptr && !drop->is_carried_out ? http::Response() : inner(request);
    if (drop != nullptr) response.reset_after_bytes = 0;
    if (const auto* reset = std::get_if<RequestRule::Reset>(&rule->action)) {
      response.reset_after_bytes = reset->after_bytes;
    }
    return response;
  };
}

const RequestRule* RequestFaults::choose(Service service, const http::Request& request) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (fits(rules_[i], service, request) && (*triggers_.lock())[i].strikes()) return &rules_[i];
  }
  return nullptr;
}

}  // namespace aloft::emulator::faults
