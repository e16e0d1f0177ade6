// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "http/server.h"

namespace aloft::emulator::faults {

/// A line over which so many bytes pass in a second; those who send over it at once share it. Safe
/// from any thread.
class Line {
 public:
  /// `clock` outlives it.
  Line(std::uint64_t bytes_per_s, Clock& clock, std::stop_token stop)
      : bytes_per_s_(bytes_per_s), clock_(clock), stop_(std::move(stop)) {}

  /// Waits until these bytes have passed, behind all that others have sent before; at once after a
  /// stop.
  void pass(std::size_t bytes);
  /// What passes in about ten milliseconds: more at once would be a burst.
  std::size_t chunk_bytes() const;

 private:
  const std::uint64_t bytes_per_s_;
  Clock& clock_;
  const std::stop_token stop_;
  Guarded<Clock::time_point> free_at_;
};

/// All that the bytes of a transfer pass, one after the other.
using Lines = std::vector<std::shared_ptr<Line>>;

/// A body that arrives over these lines.
class PacedBody final : public http::RequestBody {
 public:
  /// `body` outlives it.
  PacedBody(http::RequestBody& body, Lines lines) : body_(body), lines_(std::move(lines)) {}
  std::optional<std::uint64_t> length_bytes() const override { return body_.length_bytes(); }
  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  http::RequestBody& body_;
  const Lines lines_;
};

/// Has the body of the response leave over these lines.
void pace(http::Response& response, Lines lines);

}  // namespace aloft::emulator::faults
