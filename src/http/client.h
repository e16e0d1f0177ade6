// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "base/limits.h"
#include "http/exchange.h"

namespace aloft::http {

struct ClientOptions {
  std::chrono::milliseconds connect_time_max{10'000};
  /// An exchange whose answer does not begin within this time after its request was sent fails with
  /// unavailable.
  std::chrono::milliseconds first_byte_time_max{60'000};
  /// As does one on which no byte moves for this long while the request or the answer is under way.
  std::chrono::milliseconds stall_time_max{60'000};
  /// Connections that one perform() has open at a time; further exchanges wait for their turn.
  std::size_t connections_max_per_call = 64;
  std::size_t idle_max_per_endpoint = 64;
  /// Services close idle connections after a minute or more; ours end before that.
  std::chrono::milliseconds idle_time_max{50'000};
  /// Go through the proxies that the environment names (https_proxy, no_proxy, …).
  bool use_proxies = true;
  /// Also for what is_loopback(); a proxy cannot know which services run on this machine.
  bool use_proxies_for_loopback = false;
  /// Certificate authorities (PEM) to trust instead of the system's. Empty: the system's, or those
  /// that SSL_CERT_FILE names.
  std::string authorities_file{};
};

/// What one call may use, and who hears of it.
struct PerformOptions {
  /// As ClientOptions::connections_max_per_call, where that is more.
  std::size_t connections_max = std::numeric_limits<std::size_t>::max();
  class Observer {
   public:
    /// Called on the calling thread for each exchange as it ends; performs nothing itself. Returns
    /// the `connections_max` from here on; where that is less, what is under way ends first.
    virtual std::size_t ended(const Exchange& exchange) = 0;
    /// Called in the same way before a request that is late (Exchange::late_after) is sent again.
    virtual bool may_send_again(const Exchange&) { return false; }

   protected:
    ~Observer() = default;
  };
  Observer* observer = nullptr;
};

/// An HTTP/1.1 client. Requests run on the thread that calls perform(); the client owns what they
/// share, above all the connections that are kept open. Safe from many threads at once. Deadlines
/// are of the machine's clock, because they wait for the machine's sockets.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Performs all exchanges, many under way at a time; each has its own result. Returns when all
  /// have one, which is at the latest shortly after `limits` are reached.
  void perform(std::span<Exchange* const> exchanges, const Limits& limits,
               const PerformOptions& options = {});

  /// Performs one; returns its result.
  Result<void> perform(Exchange& exchange, const Limits& limits);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace aloft::http
