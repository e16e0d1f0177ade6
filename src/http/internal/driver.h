// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "http/client.h"
#include "http/internal/connection.h"
#include "http/internal/dialer.h"
#include "http/internal/pool.h"
#include "http/internal/watcher.h"

namespace aloft::http::internal {

/// Runs the exchanges of one call on its thread: gives each a connection, moves bytes wherever the
/// kernel is ready, and waits where it is not: in poll for a single exchange, by a watcher for
/// many, and in the dialer while connections are being made. What it does costs time by what
/// happened, not by how many exchanges there are. Keeps its memory and descriptors from call to
/// call.
///
/// An exchange has a slot, which goes waiting -> dialing -> greeting (TLS) -> talking -> done, or
/// straight to talking on a connection of the pool. One whose pooled connection turns out to be
/// closed goes back to waiting, once, and then takes a new connection. One that is late gets a
/// second slot, its twin, until the first byte comes to either: nothing has been received before
/// then, so that both can have the same buffers.
class Driver {
 public:
  /// `options`, `pool` and `tls` outlive the driver.
  static Result<std::unique_ptr<Driver>> make(const ClientOptions& options, Pool& pool,
                                              LazyTlsContext& tls);

  void run(std::span<Exchange* const> exchanges, const Limits& limits,
           const PerformOptions& options);

 private:
  enum class Phase { waiting, dialing, greeting, talking, done };
  static constexpr std::size_t kNoTwin = ~std::size_t{0};

  struct Slot {
    Exchange* exchange = nullptr;
    Phase phase = Phase::waiting;
    std::unique_ptr<Connection> connection{};
    bool pooled = false;       ///< The connection was used before.
    bool needs_fresh = false;  ///< A pooled one broke already.
    bool readable = false;     ///< What the kernel said last.
    bool writable = false;
    bool wants_to_write = false;  ///< Poll for writing too.
    bool ready = false;           ///< In ready_.
    std::string head{};
    std::size_t sent_bytes = 0;  ///< Of head and body together.
    Clock::time_point last_progress{};
    std::size_t twin = kNoTwin;         ///< The other attempt at the same exchange.
    bool may_have_twin = false;         ///< If it is late.
    Clock::time_point first_attempt{};  ///< Of a twin: when the request was out before.
  };

  Driver(const ClientOptions& options, Pool& pool, LazyTlsContext& tls)
      : options_(options), pool_(pool), tls_(tls) {}

  void prepare(std::span<Exchange* const> exchanges);
  void give_connections();
  void give_connection(std::size_t index);
  std::unique_ptr<Connection> take_idle(const Endpoint& endpoint);
  void use(Slot& slot, std::unique_ptr<Connection> connection, bool pooled);
  void dialed(std::size_t index, Result<UniqueFd> fd);
  void close(Slot& slot);

  void wait(const Limits& limits);
  void wait_for_dials(std::chrono::milliseconds time_max);
  void wait_for_one(Slot& slot, std::chrono::milliseconds time_max);
  void wait_for_many(std::chrono::milliseconds time_max);
  static bool awaits_first_byte(const Slot& slot);
  std::chrono::milliseconds patience(const Slot& slot) const;
  void plan_stall(const Slot& slot);
  void look(Slot& slot);
  void plan_look(const Slot& slot);
  void fail_stalled();

  void expect_lateness(Slot& slot);
  void send_late_again();
  bool is_late(const Slot& slot) const;
  void send_again(std::size_t late_index);
  Result<void> watch_alone(std::size_t index);
  void drop(Slot& slot);
  void drop_twin(Slot& slot);
  /// For a slot that can go on no more: leaves its exchange to its twin, if it has one.
  void lose(Slot& slot, Result<void> result);

  void advance_ready();
  void greet(Slot& slot);
  void talk(Slot& slot);
  bool send_some(Slot& slot);
  bool receive_some(Slot& slot);
  void hear(Slot& slot, bool can_read, bool can_write);
  void make_ready(Slot& slot);
  std::size_t index_of(const Slot& slot) const {
    return static_cast<std::size_t>(&slot - slots_.data());
  }
  static bool has_work(const Slot& slot);
  static std::size_t request_bytes(const Slot& slot);

  void complete(Slot& slot);
  void broke(Slot& slot, Error error);
  void finish(Slot& slot, Result<void> result);
  void fail_all(const Error& error);

  const ClientOptions& options_;
  Pool& pool_;
  LazyTlsContext& tls_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<Dialer> dialer_;

  std::vector<Slot> slots_;
  std::size_t count_ = 0;  ///< Slots of this call: slots_ keeps memory of larger ones.
  bool alone_ = false;     ///< One slot: it waits in poll, and the watcher knows nothing of it.
  std::size_t unfinished_ = 0;       ///< Exchanges.
  std::size_t connections_ = 0;      ///< Open or being dialed.
  std::size_t connections_max_ = 0;  ///< Of this call, as is the observer.
  PerformOptions::Observer* observer_ = nullptr;
  std::size_t first_waiting_ = 0;  ///< No slot before this one is waiting.
  std::vector<std::size_t> ready_;
  Clock::time_point now_{};  ///< As of the last wait.
  /// No exchange is stalled before this, or late.
  Clock::time_point next_stall_{};
  Clock::time_point next_late_{};
};

}  // namespace aloft::http::internal
