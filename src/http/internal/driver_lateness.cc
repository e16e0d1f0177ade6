// SPDX-License-Identifier: Apache-2.0
// What comes too late: exchanges that stall, and second attempts at those that are slow to begin.
#include <algorithm>
#include <string>
#include <utility>

#include "http/internal/driver.h"

namespace aloft::http::internal {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kManyTimeMax{100};

}  // namespace

/// The request is out and nothing of its answer is here.
bool Driver::awaits_first_byte(const Slot& slot) {
  return slot.phase == Phase::talking && slot.sent_bytes == request_bytes(slot) &&
         !slot.connection->reader().begun();
}

/// How long the next byte may take.
milliseconds Driver::patience(const Slot& slot) const {
  return awaits_first_byte(slot) ? options_.first_byte_time_max : options_.stall_time_max;
}

void Driver::fail_stalled() {
  next_stall_ = Clock::time_point::max();
  for (std::size_t i = 0; i < count_; ++i) {
    Slot& slot = slots_[i];
    if (slot.connection == nullptr) continue;
    look(slot);
    if (slot.ready || now_ < slot.last_progress + patience(slot)) {
      plan_stall(slot);
      continue;
    }
    const auto time = std::to_string(patience(slot).count()) + " ms";
    slot.pooled = false;  // It was alive for all we know: do not take it for a stale one.
    broke(slot, {.code = ErrorCode::unavailable,
                 .message = awaits_first_byte(slot) ? "no answer began within " + time
                                                    : "nothing came for " + time});
  }
}

/// Bytes that the kernel does not tell of because they are few (and old kernels do not where their
/// room is full) are taken after a while.
void Driver::look(Slot& slot) {
  if (slot.ready || !slot.connection->waits_for_many()) return;
  if (now_ < slot.last_progress + kManyTimeMax) return plan_look(slot);
  slot.connection->stop_waiting_for_many();
  slot.readable = true;
  make_ready(slot);
}

void Driver::plan_look(const Slot& slot) {
  if (!slot.connection->waits_for_many()) return;
  next_stall_ = std::min(next_stall_, slot.last_progress + kManyTimeMax);
}

/// Has fail_stalled() look at it when its patience ends; and before, because it may come to wait
/// for something else meanwhile.
void Driver::plan_stall(const Slot& slot) {
  const auto shortest = std::min(options_.first_byte_time_max, options_.stall_time_max);
  const auto patience_ends = std::max(slot.last_progress + patience(slot), now_);
  next_stall_ = std::min({next_stall_, patience_ends, now_ + shortest});
}

/// Has send_late_again() look at it when it may be late; at the earliest, as it is not sent yet.
void Driver::expect_lateness(Slot& slot) {
  if (slot.may_have_twin) next_late_ = std::min(next_late_, now_ + slot.exchange->late_after);
}

bool Driver::is_late(const Slot& slot) const {
  return awaits_first_byte(slot) && now_ >= slot.last_progress + slot.exchange->late_after;
}

void Driver::send_late_again() {
  next_late_ = Clock::time_point::max();
  // Twins, which come to the end, have none themselves.
  for (std::size_t i = 0, count = count_; i < count; ++i) {
    Slot& slot = slots_[i];
    if (!slot.may_have_twin || slot.connection == nullptr) continue;
    if (slot.connection->reader().begun()) {
      slot.may_have_twin = false;
    } else if (is_late(slot) && !slot.ready) {
      slot.may_have_twin = false;
      if (observer_->may_send_again(*slot.exchange)) send_again(i);
    } else {
      const auto late_after = slot.exchange->late_after;
      next_late_ = std::min(next_late_, awaits_first_byte(slot) ? slot.last_progress + late_after
                                                                : now_ + late_after);
    }
  }
}

void Driver::send_again(std::size_t late_index) {
  if (!watch_alone(late_index)) return;
  const std::size_t index = count_++;
  if (slots_.size() < count_) slots_.resize(count_);
  Slot& late = slots_[late_index];
  Slot& twin = slots_[index];
  twin.exchange = late.exchange;
  twin.head = late.head;
  twin.phase = Phase::waiting;
  twin.pooled = twin.needs_fresh = twin.ready = twin.may_have_twin = false;
  twin.first_attempt = late.last_progress;
  twin.twin = late_index;
  late.twin = index;
  // One connection more than the call may use: it is few, and it is late already.
  give_connection(index);
}

/// The exchange that was alone is not so any more.
Result<void> Driver::watch_alone(std::size_t index) {
  if (!alone_) return {};
  watcher_->catch_up();
  Slot& slot = slots_[index];
  TRY(watcher_->watch(*slot.connection, index));
  alone_ = false;
  // Of what came before, the watcher may not tell.
  slot.readable = true;
  make_ready(slot);
  return {};
}

void Driver::drop(Slot& slot) {
  if (slot.phase != Phase::waiting) --connections_;
  close(slot);
  slot.phase = Phase::done;
}

void Driver::drop_twin(Slot& slot) {
  if (slot.twin == kNoTwin) return;
  drop(slots_[slot.twin]);
  slots_[slot.twin].twin = kNoTwin;
  slot.twin = kNoTwin;
}

void Driver::lose(Slot& slot, Result<void> result) {
  if (slot.twin == kNoTwin) return finish(slot, std::move(result));
  slots_[slot.twin].twin = kNoTwin;
  slot.twin = kNoTwin;
  drop(slot);
}

}  // namespace aloft::http::internal
