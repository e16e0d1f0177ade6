// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/comparison.h"

#include <fmt/format.h>

#include <atomic>
#include <cstring>
#include <limits>
#include <optional>

#include "checksum/crc64.h"
#include "format/content_notes.h"

namespace aloft::transfer {

namespace {

constexpr std::uint64_t kEqual = std::numeric_limits<std::uint64_t>::max();

struct Pair {
  std::string path;
  Entry a;
  Entry b;
};

std::uint64_t part_size(const Comparison& comparison, const Entry& entry, std::uint64_t index) {
  const std::uint64_t part = comparison.options.part_size_bytes;
  return std::min(part, entry.size_bytes - index * part);
}

void compared(Comparison& comparison, const Entry& entry, bool by_checksum) {
  ++comparison.progress.files_done;
  auto report = comparison.report.lock();
  ++report->files;
  report->bytes += entry.size_bytes;
  if (by_checksum) ++report->files_by_checksum;
}

/// What is done part by part, and what follows once all parts are done, if none failed.
class PartsOfPair : public Parted {
 public:
  std::uint64_t part_count() const final {
    const std::uint64_t part = comparison_.options.part_size_bytes;
    return std::max<std::uint64_t>(1, (pair_.a.size_bytes + part - 1) / part);
  }

  void do_part(std::uint64_t index) final {
    if (pair_.a.size_bytes > 0 && !failed_) {
      auto done = compare(index);
      if (!done && !failed_.exchange(true)) {
        comparison_.failed(comparison_.a_root.tree().name_of(pair_.a.path),
                           std::move(done).error());
      }
    }
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1 && !failed_) end();
  }

 protected:
  PartsOfPair(Comparison& comparison, Pair pair)
      : comparison_(comparison), pair_(std::move(pair)), left_(part_count()) {}

  virtual Result<void> compare(std::uint64_t index) = 0;
  virtual void end() = 0;

  Comparison& comparison_;
  Pair pair_;

 private:
  std::atomic<std::uint64_t> left_;
  std::atomic<bool> failed_ = false;
};

// On a thread of the pool.
void start(Comparison& comparison, const std::shared_ptr<PartsOfPair>& parts) {
  if (parts->part_count() == 1) {
    parts->do_part(0);
  } else {
    comparison.pool.submit_parts(parts);
  }
}

/// Reads both sides.
class ByteComparison final : public PartsOfPair {
 public:
  ByteComparison(Comparison& comparison, Pair pair) : PartsOfPair(comparison, std::move(pair)) {}

 private:
  Result<void> compare(std::uint64_t index) override {
    const std::uint64_t offset = index * comparison_.options.part_size_bytes;
    const std::uint64_t size = part_size(comparison_, pair_.a, index);
    const auto buffer = TRY(comparison_.memory.acquire(2 * size, comparison_.limits.stop));
    const std::span<std::byte> left = buffer.bytes().first(size);
    const std::span<std::byte> right = buffer.bytes().subspan(size);
    TRY(comparison_.a_root.tree().read(pair_.a, offset, left, comparison_.limits));
    TRY(comparison_.b_root.tree().read(pair_.b, offset, right, comparison_.limits));
    comparison_.progress.bytes_done += size;
    if (std::memcmp(left.data(), right.data(), size) == 0) return {};
    const auto first = std::ranges::mismatch(left, right).in1;
    differs_from(offset + static_cast<std::uint64_t>(first - left.begin()));
    return {};
  }

  void differs_from(std::uint64_t offset) {
    std::uint64_t least = first_difference_;
    while (offset < least && !first_difference_.compare_exchange_weak(least, offset)) {
    }
  }

  void end() override {
    compared(comparison_, pair_.a, false);
    if (first_difference_ == kEqual) return;
    comparison_.contents_differ(
        pair_.path, fmt::format("content differs from byte {} on", first_difference_.load()));
  }

  std::atomic<std::uint64_t> first_difference_ = kEqual;
};

enum class Side { a, b };

/// Reads one side, and has the checksum that was recorded stand for the other.
class ChecksumComparison final : public PartsOfPair {
 public:
  ChecksumComparison(Comparison& comparison, Pair pair, Side read, std::uint64_t recorded)
      : PartsOfPair(comparison, std::move(pair)),
        read_(read),
        recorded_(recorded),
        checksums_(part_count()) {}

 private:
  Result<void> compare(std::uint64_t index) override {
    const std::uint64_t size = part_size(comparison_, pair_.a, index);
    const auto buffer = TRY(comparison_.memory.acquire(size, comparison_.limits.stop));
    const Located& root = read_ == Side::a ? comparison_.a_root : comparison_.b_root;
    TRY(root.tree().read(read_ == Side::a ? pair_.a : pair_.b,
                         index * comparison_.options.part_size_bytes, buffer.bytes(),
                         comparison_.limits));
    comparison_.progress.bytes_done += size;
    checksums_[index] = checksum::crc64(buffer.bytes());
    return {};
  }

  void end() override {
    std::uint64_t whole = 0;
    for (std::uint64_t index = 0; pair_.a.size_bytes > 0 && index < part_count(); ++index) {
      whole =
          checksum::crc64_combine(whole, checksums_[index], part_size(comparison_, pair_.a, index));
    }
    if (whole == recorded_) return compared(comparison_, pair_.a, true);
    // Where they differ, only their bytes tell.
    comparison_.progress.bytes_done -= pair_.a.size_bytes;
    start(comparison_, std::make_shared<ByteComparison>(comparison_, std::move(pair_)));
  }

  const Side read_;
  const std::uint64_t recorded_;
  std::vector<std::uint64_t> checksums_;  // By part, each written by the thread that reads it.
};

std::optional<std::uint64_t> recorded_checksum(const Comparison& comparison, const Entry& entry) {
  if (comparison.options.read || !entry.object) return std::nullopt;
  return format::decode_notes(*entry.object).crc64;
}

}  // namespace

void Comparison::contents_differ(const std::string& path, std::string what) {
  report.lock()->differences.push_back(
      {.path = path.empty() ? "." : path, .what = std::move(what), .content = true});
}

void Comparison::differs(const std::string& path, std::string what) {
  report.lock()->differences.push_back(
      {.path = path.empty() ? "." : path, .what = std::move(what)});
}

void Comparison::failed(std::string name, Error error) {
  if (error.code == ErrorCode::cancelled && limits.stop.stop_requested()) return;
  report.lock()->failures.push_back({.name = std::move(name), .error = std::move(error)});
}

void compare_content(Comparison& comparison, std::string path, Entry a, Entry b) {
  ++comparison.progress.files_found;
  comparison.progress.bytes_found += a.size_bytes;
  const auto of_a = recorded_checksum(comparison, a);
  const auto of_b = recorded_checksum(comparison, b);
  if (of_a && of_a == of_b) {
    comparison.progress.bytes_done += a.size_bytes;
    return compared(comparison, a, true);
  }
  Pair pair{.path = std::move(path), .a = std::move(a), .b = std::move(b)};
  std::shared_ptr<PartsOfPair> parts;
  if (of_a.has_value() == of_b.has_value()) {
    parts = std::make_shared<ByteComparison>(comparison, std::move(pair));
  } else {
    parts = std::make_shared<ChecksumComparison>(comparison, std::move(pair),
                                                 of_a ? Side::b : Side::a, of_a ? *of_a : *of_b);
  }
  comparison.pool.submit([&comparison, parts = std::move(parts)] { start(comparison, parts); });
}

}  // namespace aloft::transfer
