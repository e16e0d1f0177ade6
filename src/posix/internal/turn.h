// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "base/wait.h"

namespace aloft::posix {

/// Lets one operation at a time change a file in the store. Unlike a mutex it may be held over
/// requests, because who waits for it still obeys its Limits.
class Turn {
 public:
  class Held {
   public:
    Held() = default;
    explicit Held(Turn* turn) : turn_(turn) {}
    Held(Held&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(turn_, other.turn_);
      return *this;
    }
    ~Held() {
      if (turn_ != nullptr) turn_->give_back();
    }

   private:
    Turn* turn_ = nullptr;
  };

  Result<Held> take(const Limits& limits) {
    auto taken = taken_.lock();
    TRY(wait_until(changed_, taken, limits, "waiting for another change of the same file",
                   [&] { return !*taken; }));
    *taken = true;
    return Held(this);
  }

 private:
  void give_back() {
    *taken_.lock() = false;
    changed_.notify_one();
  }
  Guarded<bool> taken_{false};
  std::condition_variable_any changed_;
};

}  // namespace aloft::posix
