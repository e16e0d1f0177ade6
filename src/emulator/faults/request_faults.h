// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>

#include "base/clock.h"
#include "base/guarded.h"
#include "emulator/faults/trigger.h"
#include "emulator/wire/outcome.h"
#include "http/server.h"

namespace aloft::emulator::faults {

/// Strikes requests as the rules say. Safe from any thread; with several, which request comes first
/// is not for the seed to say.
class RequestFaults {
 public:
  /// How a service writes the answer that refuses a request.
  using Refuse = std::function<http::Response(const http::Request&, const ServiceError&)>;

  /// `clock` outlives it.
  RequestFaults(std::vector<RequestRule> rules, std::uint64_t seed, Clock& clock)
      : rules_(std::move(rules)), clock_(clock), triggers_(triggers_of(rules_, seed)) {}

  /// `inner`, with faults before and after it; this object outlives what it returns.
  http::Handler around(Service service, http::Handler inner, Refuse refuse);
  /// Delays end, and there are none from now on; to be called before a server is stopped.
  void stop() { stop_.request_stop(); }

 private:
  const RequestRule* choose(Service service, const http::Request& request);

  const std::vector<RequestRule> rules_;
  Clock& clock_;
  Guarded<std::vector<Trigger>> triggers_;
  std::stop_source stop_;
};

}  // namespace aloft::emulator::faults
