// SPDX-License-Identifier: Apache-2.0
#include "transfer/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded.h"
#include "transfer/work_pool.h"

namespace aloft::transfer {

namespace {

constexpr std::uint64_t kEqual = std::numeric_limits<std::uint64_t>::max();

std::string below(std::string_view path, std::string_view root) {
  path.remove_prefix(root.size());
  if (path.starts_with('/')) path.remove_prefix(1);
  return std::string(path);
}

std::string time_text(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{}.{:09}", seconds.count(), (time - seconds).count());
}

/// What both sides of a comparison share.
class Comparison {
 public:
  Comparison(const Located& a, const Located& b, const VerifyOptions& compare_options,
             Progress& compare_progress, const Limits& compare_limits)
      : a_root(a),
        b_root(b),
        options(compare_options),
        progress(compare_progress),
        limits(compare_limits),
        memory(std::max(compare_options.memory_bytes, 2 * compare_options.part_size_bytes),
               2 * compare_options.part_size_bytes),
        pool(compare_options.threads, compare_limits.stop) {}

  const Located& a_root;
  const Located& b_root;
  const VerifyOptions& options;
  Progress& progress;
  const Limits& limits;
  MemoryBudget memory;
  Guarded<VerifyReport> report{};
  WorkPool pool;  // Last: its threads end before what they use.

  void differs(const std::string& path, std::string what) {
    report.lock()->differences.push_back(
        {.path = path.empty() ? "." : path, .what = std::move(what)});
  }
  void failed(std::string name, Error error) {
    if (error.code == ErrorCode::cancelled && limits.stop.stop_requested()) return;
    report.lock()->failures.push_back({.name = std::move(name), .error = std::move(error)});
  }

  /// The first byte of the part at `offset` that differs, or kEqual.
  Result<std::uint64_t> compare_part(const Entry& a, const Entry& b, std::uint64_t offset) {
    const std::uint64_t size = std::min(options.part_size_bytes, a.size_bytes - offset);
    const auto buffer = TRY(memory.acquire(2 * size, limits.stop));
    const std::span<std::byte> left = buffer.bytes().first(size);
    const std::span<std::byte> right = buffer.bytes().subspan(size);
    TRY(a_root.tree().read(a, offset, left, limits));
    TRY(b_root.tree().read(b, offset, right, limits));
    progress.bytes_done += size;
    if (std::memcmp(left.data(), right.data(), size) == 0) return kEqual;
    const auto first = std::ranges::mismatch(left, right).in1;
    return offset + static_cast<std::uint64_t>(first - left.begin());
  }
};

/// The content of two files of one size.
class ContentComparison final : public Parted {
 public:
  ContentComparison(Comparison& comparison, std::string path, Entry a, Entry b)
      : comparison_(comparison),
        path_(std::move(path)),
        a_(std::move(a)),
        b_(std::move(b)),
        left_(part_count()) {}

  std::uint64_t part_count() const override {
    const std::uint64_t part = comparison_.options.part_size_bytes;
    return std::max<std::uint64_t>(1, (a_.size_bytes + part - 1) / part);
  }

  void do_part(std::uint64_t index) override {
    if (a_.size_bytes > 0 && !failed_) compare(index * comparison_.options.part_size_bytes);
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) end();
  }

 private:
  void compare(std::uint64_t offset) {
    auto first = comparison_.compare_part(a_, b_, offset);
    if (first) {
      std::uint64_t least = first_difference_;
      while (*first < least && !first_difference_.compare_exchange_weak(least, *first)) {
      }
    } else if (!failed_.exchange(true)) {
      comparison_.failed(comparison_.a_root.tree().name_of(a_.path), std::move(first).error());
    }
  }

  void end() {
    if (failed_) return;
    ++comparison_.progress.files_done;
    {
      auto report = comparison_.report.lock();
      ++report->files;
      report->bytes += a_.size_bytes;
    }
    if (first_difference_ == kEqual) return;
    comparison_.differs(path_,
                        fmt::format("content differs from byte {} on", first_difference_.load()));
  }

  Comparison& comparison_;
  std::string path_;
  Entry a_;
  Entry b_;
  std::atomic<std::uint64_t> left_;
  std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> first_difference_ = kEqual;
};

void compare_targets(Comparison& comparison, const std::string& path, const Entry& a,
                     const Entry& b) {
  const auto left = comparison.a_root.tree().link_target(a, comparison.limits);
  if (!left) return comparison.failed(comparison.a_root.tree().name_of(a.path), left.error());
  const auto right = comparison.b_root.tree().link_target(b, comparison.limits);
  if (!right) return comparison.failed(comparison.b_root.tree().name_of(b.path), right.error());
  if (*left == *right) return;
  comparison.differs(path, fmt::format("link leads to {} here and to {} there", *left, *right));
}

void compare_attributes(Comparison& comparison, const std::string& path, const FileAttributes& a,
                        const FileAttributes& b) {
  const auto say = [&](std::string_view what, const std::string& left, const std::string& right) {
    comparison.differs(path, fmt::format("{} is {} here and {} there", what, left, right));
  };
  if (comparison.options.modes_and_times) {
    // The kernel gives every link the mode 0777.
    const bool has_mode = a.kind != FileKind::symlink;
    if (has_mode && a.permissions && b.permissions && *a.permissions != *b.permissions) {
      say("mode", fmt::format("{:04o}", *a.permissions), fmt::format("{:04o}", *b.permissions));
    }
    if (a.mtime && b.mtime && *a.mtime != *b.mtime) {
      say("mtime", time_text(*a.mtime), time_text(*b.mtime));
    }
  }
  if (!comparison.options.owners) return;
  if (a.uid && b.uid && *a.uid != *b.uid) {
    say("owner", std::to_string(*a.uid), std::to_string(*b.uid));
  }
  if (a.gid && b.gid && *a.gid != *b.gid) {
    say("group", std::to_string(*a.gid), std::to_string(*b.gid));
  }
}

void compare_entries(Comparison& comparison, const std::string& path, Entry a, Entry b) {
  ++comparison.report.lock()->entries;
  if (a.kind() != b.kind()) {
    return comparison.differs(
        path, fmt::format("is a {} here and a {} there", name_of(a.kind()), name_of(b.kind())));
  }
  compare_attributes(comparison, path, a.attributes, b.attributes);
  if (a.kind() == FileKind::symlink) {
    comparison.pool.submit([&comparison, path, a = std::move(a), b = std::move(b)] {
      compare_targets(comparison, path, a, b);
    });
    return;
  }
  if (a.kind() != FileKind::regular) return;
  if (a.size_bytes != b.size_bytes) {
    return comparison.differs(
        path, fmt::format("has {} bytes here and {} there", a.size_bytes, b.size_bytes));
  }
  ++comparison.progress.files_found;
  comparison.progress.bytes_found += a.size_bytes;
  auto content = std::make_shared<ContentComparison>(comparison, path, std::move(a), std::move(b));
  comparison.pool.submit([&comparison, content = std::move(content)] {
    if (content->part_count() == 1) {
      content->do_part(0);
    } else {
      comparison.pool.submit_parts(content);
    }
  });
}

using Entries = std::unordered_map<std::string, Entry>;

Result<Entries> entries_below(Comparison& comparison, const Located& root) {
  Entries entries;
  const Visitor collect{
      .found = [&](Entry entry) -> Result<void> {
        TRY(comparison.limits.check(system_clock(), "the comparison"));
        std::string path = below(entry.path, root.path);
        entries.insert_or_assign(std::move(path), std::move(entry));
        return {};
      },
      .failed = [&](std::string name,
                    Error error) { comparison.failed(std::move(name), std::move(error)); }};
  TRY(root.tree().walk(root.path, collect, comparison.limits));
  return entries;
}

Result<void> compare_trees(Comparison& comparison) {
  Entries there = TRY(entries_below(comparison, comparison.b_root));
  const Visitor compare{
      .found = [&](Entry entry) -> Result<void> {
        TRY(comparison.limits.check(system_clock(), "the comparison"));
        const std::string path = below(entry.path, comparison.a_root.path);
        auto other = there.extract(path);
        if (other.empty()) {
          comparison.differs(path, "is missing in " + comparison.b_root.shown());
        } else {
          compare_entries(comparison, path, std::move(entry), std::move(other.mapped()));
        }
        return {};
      },
      .failed = [&](std::string name,
                    Error error) { comparison.failed(std::move(name), std::move(error)); }};
  TRY(comparison.a_root.tree().walk(comparison.a_root.path, compare, comparison.limits));
  for (const auto& [path, entry] : there) {
    comparison.differs(path, "is missing in " + comparison.a_root.shown());
  }
  return {};
}

Result<void> compare_all(Comparison& comparison) {
  const Entry& a = comparison.a_root.entry;
  const Entry& b = comparison.b_root.entry;
  compare_entries(comparison, "", a, b);
  if (a.kind() == FileKind::directory && b.kind() == FileKind::directory) {
    TRY(compare_trees(comparison));
  }
  return {};
}

}  // namespace

Result<VerifyReport> verify(const Located& a, const Located& b, const VerifyOptions& options,
                            Progress& progress, const Limits& limits) {
  Comparison comparison(a, b, options, progress, limits);
  auto compared = compare_all(comparison);
  progress.all_found = true;
  comparison.pool.wait();
  if (!compared) return fail(std::move(compared).error());
  TRY(limits.check(system_clock(), "the comparison"));
  VerifyReport report = std::move(*comparison.report.lock());
  std::ranges::stable_sort(report.differences, {}, &Difference::path);
  return report;
}

}  // namespace aloft::transfer
