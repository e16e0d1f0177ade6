// SPDX-License-Identifier: Apache-2.0
#include "transfer/memory_budget.h"

#include <algorithm>
#include <utility>

#include "base/byte_size.h"
#include "base/usable_memory.h"

namespace aloft::transfer {

MemoryBudget::MemoryBudget(std::uint64_t size_bytes, std::uint64_t part_size_bytes)
    : size_bytes_(size_bytes),
      part_size_bytes_(part_size_bytes),
      state_(State{.free_bytes = size_bytes}) {}

MemoryBudget::Buffer::Buffer(Buffer&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)),
      memory_(std::move(other.memory_)),
      size_bytes_(other.size_bytes_) {}

MemoryBudget::Buffer::~Buffer() {
  if (budget_ != nullptr) budget_->give_back(std::move(memory_), size_bytes_);
}

Result<MemoryBudget::Buffer> MemoryBudget::acquire(std::uint64_t size_bytes, std::stop_token stop) {
  if (size_bytes > size_bytes_) {
    return fail(ErrorCode::invalid_argument,
                "needs " + format_byte_size(size_bytes) + " of memory at once but may use " +
                    format_byte_size(size_bytes_) + " in all; allow more with --memory");
  }
  std::unique_ptr<std::byte[]> memory;
  std::vector<std::unique_ptr<std::byte[]>> surplus;
  {
    auto state = state_.lock();
    const auto enough = [&] { return state->free_bytes >= size_bytes; };
    if (!freed_.wait(state.mutex_lock(), stop, enough)) {
      return fail(ErrorCode::cancelled, "interrupted while waiting for memory");
    }
    state->free_bytes -= size_bytes;
    if (size_bytes == part_size_bytes_ && !state->parts.empty()) {
      memory = std::move(state->parts.back());
      state->parts.pop_back();
    }
    // What is kept counts as free: here it has to be.
    while (state->parts.size() * part_size_bytes_ > state->free_bytes) {
      surplus.push_back(std::move(state->parts.back()));
      state->parts.pop_back();
    }
  }
  surplus.clear();
  // Uninitialised: it is overwritten before anything reads it.
  if (!memory) memory.reset(new std::byte[size_bytes]);
  return Buffer(this, std::move(memory), size_bytes);
}

std::uint64_t MemoryBudget::held_bytes() {
  const auto state = state_.lock();
  return size_bytes_ - state->free_bytes + state->parts.size() * part_size_bytes_;
}

void MemoryBudget::give_back(std::unique_ptr<std::byte[]> memory, std::size_t size_bytes) {
  {
    auto state = state_.lock();
    state->free_bytes += size_bytes;
    if (size_bytes == part_size_bytes_) state->parts.push_back(std::move(memory));
  }
  freed_.notify_all();
}

std::uint64_t default_memory_bytes() {
  return std::max<std::uint64_t>(usable_memory_bytes() / 8, 256_MiB);
}

}  // namespace aloft::transfer
