// SPDX-License-Identifier: Apache-2.0
#include "http/internal/driver.h"

#include <poll.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "http/internal/request_head.h"

namespace aloft::http::internal {
namespace {

using std::chrono::milliseconds;

/// Rounded up, so that a wait does not end just before its time and spin.
milliseconds until(Clock::time_point time, Clock::time_point now) {
  if (time <= now) return milliseconds(0);
  if (time == Clock::time_point::max()) return milliseconds(60'000);
  return std::min(std::chrono::ceil<milliseconds>(time - now), milliseconds(60'000));
}

}  // namespace

Result<std::unique_ptr<Driver>> Driver::make(const ClientOptions& options, Pool& pool,
                                             LazyTlsContext& tls) {
  std::unique_ptr<Driver> driver(new Driver(options, pool, tls));
  driver->watcher_ = TRY(Watcher::make());
  return driver;
}

void Driver::run(std::span<Exchange* const> exchanges, const Limits& limits,
                 const PerformOptions& options) {
  connections_max_ = std::min(options_.connections_max_per_call, options.connections_max);
  observer_ = options.observer;
  prepare(exchanges);
  {
    std::optional<std::stop_callback<std::function<void()>>> on_stop;
    if (limits.stop.stop_possible()) {
      on_stop.emplace(limits.stop, [watcher = watcher_.get()] { watcher->ring(); });
    }
    while (unfinished_ > 0) {
      if (const auto checked = limits.check(system_clock(), "the request"); !checked) {
        fail_all(checked.error());
        break;
      }
      give_connections();
      advance_ready();
      if (unfinished_ > 0) wait(limits);
      now_ = system_clock().now();
      if (now_ >= next_stall_) fail_stalled();
      if (now_ >= next_late_) send_late_again();
    }
    // Of attempts that another one made needless.
    if (dialer_ != nullptr) dialer_->cancel();
  }
  // The callback cannot run any more: what it wrote is taken back for the next call.
  if (limits.stop.stop_requested()) watcher_->silence();
}

void Driver::prepare(std::span<Exchange* const> exchanges) {
  count_ = unfinished_ = exchanges.size();
  alone_ = count_ == 1;
  connections_ = first_waiting_ = 0;
  ready_.clear();
  now_ = system_clock().now();
  next_stall_ = next_late_ = Clock::time_point::max();
  if (slots_.size() < count_) slots_.resize(count_);
  for (std::size_t i = 0; i < count_; ++i) {
    Slot& slot = slots_[i];
    slot.exchange = exchanges[i];
    slot.phase = Phase::waiting;
    slot.pooled = slot.needs_fresh = slot.ready = false;
    slot.twin = kNoTwin;
    slot.may_have_twin = observer_ != nullptr && slot.exchange->late_after.count() > 0;
    slot.first_attempt = {};
    slot.exchange->answer.clear();
    if (Result<void> written = write_request_head(*slot.exchange, slot.head); !written) {
      finish(slot, std::move(written));
    }
  }
  if (!alone_) watcher_->catch_up();
}

void Driver::give_connections() {
  for (; first_waiting_ < count_ && connections_ < connections_max_; ++first_waiting_) {
    if (slots_[first_waiting_].phase == Phase::waiting) give_connection(first_waiting_);
  }
}

void Driver::give_connection(std::size_t index) {
  Slot& slot = slots_[index];
  const Endpoint& endpoint = slot.exchange->endpoint;
  ++connections_;
  std::unique_ptr<Connection> idle = slot.needs_fresh ? nullptr : take_idle(endpoint);
  if (idle != nullptr) return use(slot, std::move(idle), true);
  if (dialer_ == nullptr) dialer_ = std::make_unique<Dialer>();
  slot.phase = Phase::dialing;
  dialer_->start(endpoint, index, options_);
}

std::unique_ptr<Connection> Driver::take_idle(const Endpoint& endpoint) {
  while (auto connection = pool_.take(endpoint, now_, watcher_->fd())) {
    // If anything had happened since to one that is watched, the watcher would know.
    const bool known = !alone_ && watcher_->watches(*connection) && connection->drained;
    if (known && !watcher_->disturbed(*connection)) return connection;
    if (connection->seems_alive()) return connection;
  }
  return nullptr;
}

void Driver::dialed(std::size_t index, Result<UniqueFd> fd) {
  Slot& slot = slots_[index];
  now_ = system_clock().now();
  if (slot.phase != Phase::dialing) return;  // Its twin was quicker.
  if (!fd) return lose(slot, fail(std::move(fd).error()));
  auto connection = Connection::make(slot.exchange->endpoint, std::move(*fd), tls_, now_);
  if (!connection) return lose(slot, fail(std::move(connection).error()));
  use(slot, std::move(*connection), false);
}

void Driver::use(Slot& slot, std::unique_ptr<Connection> connection, bool pooled) {
  slot.connection = std::move(connection);
  slot.connection->reader().start(*slot.exchange);
  slot.phase = !pooled && slot.connection->is_tls() ? Phase::greeting : Phase::talking;
  slot.pooled = pooled;
  // TLS may bring session tickets at any time.
  slot.readable = !alone_ && watcher_->disturbed(*slot.connection);
  slot.writable = true;
  slot.wants_to_write = false;
  slot.sent_bytes = 0;
  slot.last_progress = now_;
  plan_stall(slot);
  expect_lateness(slot);
  make_ready(slot);
  // Alone, an exchange waits in poll, which needs no preparation.
  if (alone_) return watcher_->take_from_others(*slot.connection);
  const Result<void> watched = watcher_->watch(*slot.connection, index_of(slot));
  if (!watched) lose(slot, watched);
}

void Driver::wait(const Limits& limits) {
  // An exchange that lost its connection, or whose turn came, needs one first.
  if (first_waiting_ < count_ && connections_ < connections_max_) return;
  const milliseconds time_max = until(std::min({limits.deadline, next_stall_, next_late_}), now_);
  if (dialer_ != nullptr && dialer_->busy()) {
    wait_for_dials(time_max);
  } else if (alone_) {
    wait_for_one(slots_[0], time_max);
  } else {
    wait_for_many(time_max);
  }
}

void Driver::wait_for_dials(milliseconds time_max) {
  // An epoll descriptor can itself be polled; it holds the bell too.
  curl_waitfd others[] = {{.fd = watcher_->fd(), .events = CURL_WAIT_POLLIN, .revents = 0}};
  dialer_->wait(others, time_max,
                [this](std::size_t index, Result<UniqueFd> fd) { dialed(index, std::move(fd)); });
  if (others[0].revents != 0) wait_for_many(milliseconds(0));
}

void Driver::wait_for_one(Slot& slot, milliseconds time_max) {
  const short events = static_cast<short>(POLLIN | (slot.wants_to_write ? POLLOUT : 0));
  pollfd fds[] = {{.fd = slot.connection->fd(), .events = events, .revents = 0},
                  {.fd = watcher_->bell(), .events = POLLIN, .revents = 0}};
  const int ready = ::poll(fds, 2, static_cast<int>(time_max.count()));
  if (ready <= 0 || fds[0].revents == 0) return;
  hear(slot, (fds[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0,
       (fds[0].revents & (POLLOUT | POLLERR | POLLHUP)) != 0);
}

void Driver::wait_for_many(milliseconds time_max) {
  for (const Watcher::Event& event : watcher_->wait(time_max)) {
    Slot& slot = slots_[event.slot];
    if (event.ended) slot.connection->ended = true;
    hear(slot, event.can_read, event.can_write);
  }
}

/// Notes what the kernel said. TLS may have to read in order to write and the other way round, so
/// there either is a reason to try both.
void Driver::hear(Slot& slot, bool can_read, bool can_write) {
  const bool both = slot.connection->is_tls();
  slot.readable = slot.readable || can_read || both;
  slot.writable = slot.writable || can_write || both;
  if (has_work(slot)) make_ready(slot);
}

void Driver::make_ready(Slot& slot) {
  if (!std::exchange(slot.ready, true)) ready_.push_back(index_of(slot));
}

bool Driver::has_work(const Slot& slot) {
  return slot.readable || (slot.writable && slot.sent_bytes < request_bytes(slot));
}

void Driver::advance_ready() {
  // Advancing one makes no other one ready, but it may give up its own place.
  for (const std::size_t index : ready_) {
    Slot& slot = slots_[index];
    slot.ready = false;
    if (slot.phase == Phase::greeting) greet(slot);
    if (slot.phase == Phase::talking) talk(slot);
  }
  ready_.clear();
}

void Driver::greet(Slot& slot) {
  if (!slot.readable && !slot.writable) return;
  const Result<Moved> moved = slot.connection->shake_hands();
  if (!moved) return broke(slot, moved.error());
  if (moved->how == Moved::How::ended) {
    return broke(slot, {.code = ErrorCode::unavailable, .message = "it ended the TLS handshake"});
  }
  if (moved->how == Moved::How::some) {
    slot.phase = Phase::talking;
    slot.writable = true;
    slot.last_progress = now_;
    return;
  }
  slot.readable = slot.writable = false;
  slot.wants_to_write = moved->how == Moved::How::wait_to_write;
}

std::size_t Driver::request_bytes(const Slot& slot) {
  return slot.head.size() + slot.exchange->body.size();
}

void Driver::talk(Slot& slot) {
  while (slot.phase == Phase::talking) {
    // An answer may refuse a body before it is sent, and what is sent then breaks the connection.
    const bool received = slot.readable && receive_some(slot);
    if (slot.phase != Phase::talking) return;
    const bool sent = slot.writable && slot.sent_bytes < request_bytes(slot) && send_some(slot);
    if (!sent && !received) return;
  }
}

/// True if bytes moved.
bool Driver::send_some(Slot& slot) {
  const auto all_head = std::as_bytes(std::span(slot.head));
  const auto head = all_head.subspan(std::min(slot.sent_bytes, all_head.size()));
  const auto body = slot.exchange->body.subspan(
      slot.sent_bytes < all_head.size() ? 0 : slot.sent_bytes - all_head.size());
  const Result<Moved> moved = slot.connection->send(head, body);
  if (!moved) {
    // A server may refuse a body by answering before it has read it and closing: that answer
    // counts.
    if (slot.sent_bytes == 0) {
      broke(slot, moved.error());
    } else {
      slot.writable = false;
      slot.readable = true;
    }
    return false;
  }
  if (moved->how != Moved::How::some) {
    slot.writable = false;
    slot.wants_to_write = moved->how == Moved::How::wait_to_write;
    return false;
  }
  slot.wants_to_write = false;
  slot.sent_bytes += moved->bytes;
  slot.last_progress = now_;
  return true;
}

/// True if bytes moved.
bool Driver::receive_some(Slot& slot) {
  AnswerReader& reader = slot.connection->reader();
  const AnswerReader::Space space = reader.space();
  const Result<Moved> moved = slot.connection->receive(space);
  if (!moved) {
    broke(slot, moved.error());
    return false;
  }
  if (moved->must_wait()) {
    slot.readable = false;
    slot.wants_to_write = slot.wants_to_write || moved->how == Moved::How::wait_to_write;
    return false;
  }
  if (moved->how == Moved::How::ended) {
    if (const auto ended = reader.ended(); !ended) {
      broke(slot, ended.error());
    } else {
      complete(slot);
    }
    return false;
  }
  if (!reader.begun()) {
    drop_twin(slot);
    const bool again = slot.first_attempt != Clock::time_point();
    slot.exchange->answer.first_byte_time =
        now_ - (again ? slot.first_attempt : slot.last_progress);
  }
  slot.last_progress = now_;
  if (const auto taken = reader.received(moved->bytes); !taken) {
    broke(slot, taken.error());
    return false;
  }
  if (reader.done()) {
    complete(slot);
    return false;
  }
  slot.connection->expect(reader.left_bytes());
  plan_look(slot);
  // The kernel tells when more comes; of an end that it told of already, it does not again.
  if (slot.connection->drained && !slot.connection->ended) slot.readable = false;
  return true;
}

void Driver::complete(Slot& slot) {
  const bool all_sent = slot.sent_bytes == request_bytes(slot);
  if (slot.connection->reader().reusable() && all_sent && !slot.connection->ended) {
    watcher_->release(*slot.connection);
    slot.connection->stop_waiting_for_many();  // The next answer may be small.
    pool_.keep(std::move(slot.connection), now_);
  }
  finish(slot, {});
}

void Driver::close(Slot& slot) {
  if (slot.connection != nullptr) watcher_->release(*slot.connection);
  slot.connection.reset();
}

void Driver::broke(Slot& slot, Error error) {
  const bool begun = slot.connection->reader().begun();
  const bool may_repeat = slot.exchange->repeatable || slot.sent_bytes == 0;
  const bool has_twin = slot.twin != kNoTwin;
  if (slot.pooled && !begun && !has_twin && may_repeat && error.code == ErrorCode::unavailable) {
    // The server had closed the idle connection, most likely.
    close(slot);
    --connections_;
    slot.needs_fresh = true;
    slot.phase = Phase::waiting;
    first_waiting_ = std::min(first_waiting_, index_of(slot));
    return;
  }
  error.message = to_string(slot.exchange->endpoint) + ": " + error.message;
  lose(slot, fail(std::move(error)));
}

void Driver::finish(Slot& slot, Result<void> result) {
  drop_twin(slot);
  drop(slot);
  slot.exchange->result = std::move(result);
  --unfinished_;
  if (observer_ == nullptr) return;
  connections_max_ = std::min(options_.connections_max_per_call, observer_->ended(*slot.exchange));
}

void Driver::fail_all(const Error& error) {
  if (dialer_ != nullptr) dialer_->cancel();
  for (std::size_t i = 0; i < count_; ++i) {
    Slot& slot = slots_[i];
    if (slot.phase == Phase::done) continue;
    Error named = error;
    named.message += " (" + to_string(slot.exchange->endpoint) + ")";
    finish(slot, fail(std::move(named)));
  }
}

}  // namespace aloft::http::internal
