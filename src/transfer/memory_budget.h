// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"

namespace aloft::transfer {

/// The memory that one transfer may hold for content, handed out as buffers. Who asks for more than
/// is free waits. A thread that holds a buffer must not ask for a second one. Safe from many
/// threads at once; outlives its buffers.
class MemoryBudget {
 public:
  /// Buffers of `part_size_bytes` are kept for the next user rather than given back to the system,
  /// as long as nothing else needs their room.
  MemoryBudget(std::uint64_t size_bytes, std::uint64_t part_size_bytes);

  class Buffer {
   public:
    Buffer(Buffer&& other) noexcept;
    Buffer& operator=(Buffer&&) = delete;
    ~Buffer();
    std::span<std::byte> bytes() const { return {memory_.get(), size_bytes_}; }

   private:
    friend class MemoryBudget;
    Buffer(MemoryBudget* budget, std::unique_ptr<std::byte[]> memory, std::size_t size_bytes)
        : budget_(budget), memory_(std::move(memory)), size_bytes_(size_bytes) {}
    MemoryBudget* budget_;
    std::unique_ptr<std::byte[]> memory_;
    std::size_t size_bytes_;
  };

  /// Fails with invalid_argument if the whole budget is smaller, with cancelled when `stop` is
  /// requested before there is enough.
  Result<Buffer> acquire(std::uint64_t size_bytes, std::stop_token stop);

  /// Buffers in use and those that are kept, together: never more than the budget.
  std::uint64_t held_bytes();

 private:
  struct State {
    std::uint64_t free_bytes;
    std::vector<std::unique_ptr<std::byte[]>> parts{};
  };
  void give_back(std::unique_ptr<std::byte[]> memory, std::size_t size_bytes);

  const std::uint64_t size_bytes_;
  const std::uint64_t part_size_bytes_;
  Guarded<State> state_;
  std::condition_variable_any freed_;
};

/// An eighth of what this machine or this control group has, at least 256 MiB.
std::uint64_t default_memory_bytes();

}  // namespace aloft::transfer
