// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>

#include "base/clock.h"
#include "base/guarded.h"
#include "emulator/faults/bandwidth.h"
#include "emulator/faults/trigger.h"
#include "emulator/wire/outcome.h"
#include "http/server.h"

namespace aloft::emulator::faults {

/// Strikes requests as the rules say, or as a request asks for itself (kFaultField). Safe from any
/// thread; with several, which request comes first is not for the seed to say.
class RequestFaults {
 public:
  /// How a service writes the answer that refuses a request.
  using Refuse = std::function<http::Response(const http::Request&, const ServiceError&)>;

  /// `clock` outlives it.
  RequestFaults(std::vector<RequestRule> rules, std::uint64_t seed, Clock& clock)
      : rules_(std::move(rules)),
        clock_(clock),
        triggers_(triggers_of(rules_, seed)),
        asked_(std::mt19937_64(seed)),
        lines_(lines_of(rules_)) {}

  /// `inner`, with faults before and after it; this object outlives what it returns.
  http::Handler around(Service service, http::Handler inner, Refuse refuse);
  /// Delays end, and there are none from now on; to be called before a server is stopped.
  void stop() { stop_.request_stop(); }

 private:
  /// What is to happen to one request.
  struct Strike {
    RequestRule rule;
    std::chrono::nanoseconds delay{0};
    Lines lines{};
  };
  /// Nothing where the request is to be left alone; an error where it asks for what there is not.
  Result<std::optional<Strike>> choose(Service service, const http::Request& request);
  std::optional<Strike> choose_by_rules(Service service, const http::Request& request);
  Result<Strike> choose_as_asked(std::string_view wanted);
  void add_own_line(Strike& strike);
  Lines lines_of(const std::vector<RequestRule>& rules);
  http::Response strike(const Strike& strike, http::Request& request, const http::Handler& inner,
                        const Refuse& refuse);

  const std::vector<RequestRule> rules_;
  Clock& clock_;
  std::stop_source stop_;  ///< Before lines_, which take its token.
  Guarded<std::vector<Trigger>> triggers_;
  Guarded<std::mt19937_64> asked_;  ///< For requests that ask.
  const Lines lines_;  ///< Of each rule, for all requests that it strikes; may be null.
};

}  // namespace aloft::emulator::faults
