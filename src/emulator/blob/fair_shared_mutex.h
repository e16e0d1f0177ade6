// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <shared_mutex>

namespace aloft::emulator::blob {

/// A lock that many share, or one has alone; for std::shared_lock and std::unique_lock. Who wants
/// it alone waits for those only who have it already: later ones queue behind. (On Linux,
/// std::shared_mutex lets them pass, so that it may wait for ever while they come and go.) Nobody
/// may take it twice.
class FairSharedMutex {
 public:
  void lock() {
    const std::lock_guard gate(gate_);
    inner_.lock();
  }
  void unlock() { inner_.unlock(); }
  void lock_shared() {
    const std::lock_guard gate(gate_);
    inner_.lock_shared();
  }
  void unlock_shared() { inner_.unlock_shared(); }

 private:
  std::mutex gate_;
  std::shared_mutex inner_;
};

}  // namespace aloft::emulator::blob
