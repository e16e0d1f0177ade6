// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <utility>
#include <vector>

#include "base/guarded.h"
#include "http/internal/driver.h"
#include "http/internal/pool.h"
#include "http/internal/tls.h"

namespace aloft::http {

/// What calls share. A driver is lent to each call that runs, and kept for the next.
class Client::State {
 public:
  explicit State(ClientOptions options)
      : options_(std::move(options)),
        pool_({.idle_max_per_endpoint = options_.idle_max_per_endpoint,
               .idle_time_max = options_.idle_time_max}),
        tls_(options_.authorities_file) {}

  void perform(std::span<Exchange* const> exchanges, const Limits& limits,
               const PerformOptions& options) {
    Result<std::unique_ptr<internal::Driver>> driver = borrow();
    if (!driver) {
      for (Exchange* exchange : exchanges) exchange->result = fail(driver.error());
      return;
    }
    (*driver)->run(exchanges, limits, options);
    drivers_.lock()->push_back(std::move(*driver));
  }

 private:
  Result<std::unique_ptr<internal::Driver>> borrow() {
    {
      auto drivers = drivers_.lock();
      if (!drivers->empty()) {
        auto driver = std::move(drivers->back());
        drivers->pop_back();
        return driver;
      }
    }
    return internal::Driver::make(options_, pool_, tls_);
  }

  const ClientOptions options_;
  internal::Pool pool_;
  internal::LazyTlsContext tls_;
  Guarded<std::vector<std::unique_ptr<internal::Driver>>> drivers_;
};

Client::Client(ClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Client::~Client() = default;

void Client::perform(std::span<Exchange* const> exchanges, const Limits& limits,
                     const PerformOptions& options) {
  if (!exchanges.empty()) state_->perform(exchanges, limits, options);
}

Result<void> Client::perform(Exchange& exchange, const Limits& limits) {
  Exchange* const one[] = {&exchange};
  perform(one, limits);
  return exchange.result;
}

}  // namespace aloft::http
