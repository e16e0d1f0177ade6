// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/request_faults.h"

#include <algorithm>
#include <utility>

#include "emulator/wire/copy_pending.h"

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

/// A body whose first byte lost a bit on its way.
class DamagedBody final : public http::RequestBody {
 public:
  /// `body` outlives it.
  explicit DamagedBody(http::RequestBody& body) : body_(body) {}
  std::optional<std::uint64_t> length_bytes() const override { return body_.length_bytes(); }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    const std::size_t got = TRY(body_.read(buffer));
    if (got > 0 && !std::exchange(done_, true)) buffer.front() ^= std::byte{1};
    return got;
  }

 private:
  http::RequestBody& body_;
  bool done_ = false;
};

http::Request with_body(http::Request& request, http::RequestBody& body) {
  return {.method = request.method,
          .target = std::move(request.target),
          .headers = std::move(request.headers),
          .body = body,
          // It is the connection's, whose next request has it from there.
          .peer_address = request.peer_address,
          .over_tls = request.over_tls};
}

/// Carries the request out, its body and its answer's over the lines.
http::Response carry_out(http::Request& request, const http::Handler& inner, const Lines& lines) {
  if (lines.empty()) return inner(request);
  PacedBody body(request.body, lines);
  http::Request paced = with_body(request, body);
  http::Response response = inner(paced);
  pace(response, lines);
  return response;
}

http::Response carry_out_damaged(http::Request& request, const http::Handler& inner,
                                 const Lines& lines) {
  DamagedBody body(request.body);
  http::Request damaged = with_body(request, body);
  return carry_out(damaged, inner, lines);
}

}  // namespace

http::Handler RequestFaults::around(Service service, http::Handler inner, Refuse refuse) {
  return [this, service, inner = std::move(inner),
          refuse = std::move(refuse)](http::Request& request) {
    const auto chosen = choose(service, request);
    if (!chosen) {
      return refuse(
          request,
          {.status = 400, .code = "InvalidHeaderValue", .message = chosen.error().message});
    }
    if (!*chosen) return inner(request);
    return strike(**chosen, request, inner, refuse);
  };
}

http::Response RequestFaults::strike(const Strike& strike, http::Request& request,
                                     const http::Handler& inner, const Refuse& refuse) {
  if (strike.delay.count() > 0) {
    clock_.sleep_until(clock_.now() + strike.delay, stop_.get_token());
  }
  if (const auto pending_ms = strike.rule.copy_pending_ms) {
    request.headers.set(kCopyPendingField, std::to_string(*pending_ms));
  }
  const auto& action = strike.rule.action;
  if (const auto* refusal = std::get_if<RequestRule::Refuse>(&action)) {
    return refuse(request, error_of(*refusal));
  }
  if (std::holds_alternative<RequestRule::Damage>(action)) {
    return carry_out_damaged(request, inner, strike.lines);
  }
  const auto* drop = std::get_if<RequestRule::Drop>(&action);
  http::Response response = drop != nullptr && !drop->is_carried_out
                                ? http::Response()
                                : carry_out(request, inner, strike.lines);
  if (drop != nullptr) response.reset_after_bytes = 0;
  if (const auto* reset = std::get_if<RequestRule::Reset>(&action)) {
    response.reset_after_bytes = reset->after_bytes;
  }
  return response;
}

Result<std::optional<RequestFaults::Strike>> RequestFaults::choose(Service service,
                                                                   const http::Request& request) {
  if (const auto wanted = request.headers.find(kFaultField)) return TRY(choose_as_asked(*wanted));
  return choose_by_rules(service, request);
}

Result<RequestFaults::Strike> RequestFaults::choose_as_asked(std::string_view wanted) {
  Strike strike{.rule = {}};
  strike.rule = TRY(parse_request_fault(wanted));
  strike.delay = draw(strike.rule.delay, *asked_.lock());
  add_own_line(strike);
  return strike;
}

std::optional<RequestFaults::Strike> RequestFaults::choose_by_rules(Service service,
                                                                    const http::Request& request) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!fits(rules_[i], service, request)) continue;
    const auto triggers = triggers_.lock();
    Trigger& trigger = (*triggers)[i];
    if (!trigger.strikes()) continue;
    Strike strike{.rule = rules_[i], .delay = draw(rules_[i].delay, trigger.engine())};
    if (lines_[i]) strike.lines.push_back(lines_[i]);
    add_own_line(strike);
    return strike;
  }
  return std::nullopt;
}

void RequestFaults::add_own_line(Strike& strike) {
  if (!strike.rule.connection_bytes_per_s) return;
  strike.lines.push_back(
      std::make_shared<Line>(*strike.rule.connection_bytes_per_s, clock_, stop_.get_token()));
}

Lines RequestFaults::lines_of(const std::vector<RequestRule>& rules) {
  Lines lines;
  for (const RequestRule& rule : rules) {
    lines.push_back(rule.total_bytes_per_s
                        ? std::make_shared<Line>(*rule.total_bytes_per_s, clock_, stop_.get_token())
                        : nullptr);
  }
  return lines;
}

}  // namespace aloft::emulator::faults
