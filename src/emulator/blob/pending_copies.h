// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "emulator/blob/repository.h"

namespace aloft::emulator::blob {

/// Copies that take their time, and keep what they copy until then. They are complete as soon as a
/// request comes that could tell the difference. In memory alone: with the process they are gone,
/// and the journal says that they failed. Safe from any thread.
class PendingCopies {
 public:
  /// `repository` outlives it.
  explicit PendingCopies(Repository& repository) : repository_(repository) {}

  struct Copy {
    std::string container;
    std::string blob;
    Blob whole;  ///< What the blob becomes; its copy state has the id.
    Clock::time_point due{};
  };
  void add(Copy copy);
  /// Gives those that are due their content, where their blobs still wait for it; to be called
  /// before each request is answered.
  void complete_due();
  void forget(const std::string& id);
  /// To the blob of this name, or to one in the directory.
  bool has_any_in(std::string_view container, std::string_view name);

 private:
  /// False where it is to be tried again.
  bool complete(const Copy& copy);

  Repository& repository_;
  Guarded<std::map<std::string, Copy>> copies_;  ///< By id.
  std::atomic<std::size_t> count_ = 0;           ///< So that requests need no lock.
};

}  // namespace aloft::emulator::blob
