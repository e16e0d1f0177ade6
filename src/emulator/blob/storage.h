// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/result.h"
#include "emulator/blob/body.h"
#include "emulator/blob/change.h"
#include "emulator/blob/content.h"
#include "emulator/blob/index.h"
#include "http/server.h"

namespace aloft::emulator::blob {

/// Sees the bytes of a body as they arrive, in order: for checksums.
using BodyObserver = std::function<void(std::span<const std::byte>)>;

/// Where contents and changes are kept: in memory alone, or in a data directory. Safe from any
/// thread.
class Storage {
 public:
  virtual ~Storage() = default;

  /// Reads a body of exactly `length_bytes`; what it returns survives a crash only once a change
  /// that names it is committed. Refused as read_part() refuses where the client is at fault, with
  /// 500 InternalError where the disk is.
  virtual Outcome<std::shared_ptr<const Content>> receive(http::RequestBody& body,
                                                          std::uint64_t length_bytes,
                                                          const BodyObserver& observer) = 0;

  /// Makes a change last, then applies it to the index; when it returns, readers see it and a crash
  /// cannot undo it. False where its container is gone. After a failure nothing has changed.
  virtual Result<bool> commit(Change change) = 0;
};

/// What kind of account a data directory holds; for good.
enum class Namespace { flat, hierarchical };

/// Numbers to begin with, so that none is used twice.
struct Numbers {
  Stamp stamp = 0;
  std::uint64_t container = 0;
};

}  // namespace aloft::emulator::blob
