// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/bandwidth.h"

#include <algorithm>
#include <cstring>

namespace aloft::emulator::faults {

namespace {

std::size_t chunk_of(const Lines& lines, std::size_t bytes_max) {
  for (const auto& line : lines) bytes_max = std::min(bytes_max, line->chunk_bytes());
  return bytes_max;
}

void pass_all(const Lines& lines, std::size_t bytes) {
  for (const auto& line : lines) line->pass(bytes);
}

/// Bytes in memory, as a source.
class SpanSource final : public http::BodySource {
 public:
  explicit SpanSource(std::vector<std::span<const std::byte>> spans) : spans_(std::move(spans)) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    std::size_t filled = 0;
    while (filled < buffer.size() && next_ < spans_.size()) {
      std::span<const std::byte>& from = spans_[next_];
      const std::size_t taken = std::min(buffer.size() - filled, from.size());
      std::memcpy(buffer.data() + filled, from.data(), taken);
      filled += taken;
      from = from.subspan(taken);
      if (from.empty()) ++next_;
    }
    return filled;
  }

 private:
  std::vector<std::span<const std::byte>> spans_;
  std::size_t next_ = 0;
};

class PacedSource final : public http::BodySource {
 public:
  PacedSource(std::unique_ptr<http::BodySource> source, Lines lines)
      : source_(std::move(source)), lines_(std::move(lines)) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    const std::size_t got = TRY(source_->read(buffer.first(chunk_of(lines_, buffer.size()))));
    pass_all(lines_, got);
    return got;
  }

 private:
  const std::unique_ptr<http::BodySource> source_;
  const Lines lines_;
};

}  // namespace

void Line::pass(std::size_t bytes) {
  const auto duration =
      std::chrono::duration_cast<Clock::time_point::duration>(std::chrono::duration<double>(
          static_cast<double>(bytes) / static_cast<double>(bytes_per_s_)));
  Clock::time_point passed;
  {
    const auto free_at = free_at_.lock();
    *free_at = std::max(*free_at, clock_.now()) + duration;
    passed = *free_at;
  }
  clock_.sleep_until(passed, stop_);
}

std::size_t Line::chunk_bytes() const {
  constexpr std::uint64_t kChunkMin = 512;
  constexpr std::uint64_t kChunkMax = std::uint64_t{1} << 20;
  return static_cast<std::size_t>(std::clamp(bytes_per_s_ / 100, kChunkMin, kChunkMax));
}

Result<std::size_t> PacedBody::read(std::span<std::byte> buffer) {
  const std::size_t got = TRY(body_.read(buffer.first(chunk_of(lines_, buffer.size()))));
  pass_all(lines_, got);
  return got;
}

void pace(http::Response& response, Lines lines) {
  if (!response.source) {
    if (response.body.empty()) return;
    for (const auto& span : response.body) response.source_length_bytes += span.size();
    response.source = std::make_unique<SpanSource>(std::move(response.body));
    response.body.clear();
  }
  response.source = std::make_unique<PacedSource>(std::move(response.source), std::move(lines));
}

}  // namespace aloft::emulator::faults
