// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "base/byte_size.h"
#include "cli/output.h"

namespace aloft::cli {

namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr auto kInterval = 200ms;
constexpr auto kEventInterval = 1s;
constexpr auto kRateWindow = 5s;
constexpr std::size_t kBarColumnsMin = 10;
constexpr std::size_t kBarColumnsMax = 30;

double fraction_done(const ProgressState& state) {
  if (state.bytes_found > 0) {
    return std::min(1.0,
                    static_cast<double>(state.bytes_done) / static_cast<double>(state.bytes_found));
  }
  if (state.files_found == 0) return 0;
  return std::min(1.0,
                  static_cast<double>(state.files_done) / static_cast<double>(state.files_found));
}

std::optional<std::chrono::seconds> time_left(const ProgressState& state) {
  if (!state.all_found || state.bytes_per_second <= 0) return std::nullopt;
  const std::uint64_t left = state.bytes_found - std::min(state.bytes_done, state.bytes_found);
  const auto seconds = static_cast<double>(left) / state.bytes_per_second;
  return std::chrono::seconds(static_cast<std::int64_t>(seconds + 0.5));
}

/// Bytes per second over the last few seconds.
class Rate {
 public:
  double add(SteadyTime now, std::uint64_t bytes) {
    samples_.push_back({now, bytes});
    while (samples_.size() > 2 && now - samples_.front().at > kRateWindow) samples_.pop_front();
    const Sample& first = samples_.front();
    const double seconds = std::chrono::duration<double>(now - first.at).count();
    // A file that is copied again takes its bytes back.
    if (seconds <= 0 || bytes <= first.bytes) return 0;
    return static_cast<double>(bytes - first.bytes) / seconds;
  }

 private:
  struct Sample {
    SteadyTime at;
    std::uint64_t bytes;
  };
  std::deque<Sample> samples_;
};

ProgressState state_of(const transfer::Progress& progress, Rate& rate) {
  ProgressState state{.files_done = progress.files_done,
                      .files_found = progress.files_found,
                      .bytes_done = progress.bytes_done,
                      .bytes_found = progress.bytes_found,
                      .all_found = progress.all_found};
  state.bytes_per_second = rate.add(std::chrono::steady_clock::now(), state.bytes_done);
  return state;
}

void write_to_terminal(const std::string& text) {
  // Lost progress is no failure of the command.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

std::string render_bar(double fraction, std::size_t columns) {
  const std::size_t inner = columns - 2;
  const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(inner));
  return "[" + std::string(filled, '=') + std::string(inner - filled, ' ') + "]";
}

std::size_t terminal_columns(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string format_duration(std::chrono::seconds time) {
  const auto count = time.count();
  const auto hours = count / 3600;
  const auto minutes = count / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, count % 60);
  return fmt::format("{}:{:02}", minutes, count % 60);
}

std::string render_progress(const ProgressState& state, std::size_t columns) {
  const double fraction = fraction_done(state);
  std::vector<std::string> parts;  // The most important first.
  parts.push_back(fmt::format("{:3.0f}%{}", fraction * 100, state.all_found ? "" : "+"));
  parts.push_back(fmt::format("{} of {}", format_byte_size(state.bytes_done),
                              format_byte_size(state.bytes_found)));
  if (state.bytes_per_second > 0) {
    parts.push_back(format_byte_size(static_cast<std::uint64_t>(state.bytes_per_second)) + "/s");
  }
  if (const auto left = time_left(state)) parts.push_back(format_duration(*left) + " left");
  parts.push_back(fmt::format("{}/{} files", state.files_done, state.files_found));

  std::string line;
  for (const std::string& part : parts) {
    const std::size_t gap = line.empty() ? 0 : 2;
    if (line.size() + gap + part.size() > columns) break;
    line += std::string(gap, ' ') + part;
  }
  if (line.size() + 2 + kBarColumnsMin <= columns) {
    line += "  " + render_bar(fraction, std::min(kBarColumnsMax, columns - line.size() - 2));
  }
  return line;
}

nlohmann::json to_json(const ProgressState& state) {
  nlohmann::json event{{"event", "progress"},
                       {"files_done", state.files_done},
                       {"files_found", state.files_found},
                       {"bytes_done", state.bytes_done},
                       {"bytes_found", state.bytes_found},
                       {"all_found", state.all_found},
                       {"bytes_per_second", static_cast<std::uint64_t>(state.bytes_per_second)}};
  if (const auto left = time_left(state)) event["seconds_left"] = left->count();
  return event;
}

ProgressBar::ProgressBar(const transfer::Progress& progress, const Context& context, bool quiet)
    : progress_(progress), events_(context.json) {
  if (quiet || (!events_ && ::isatty(STDERR_FILENO) != 1)) return;
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

ProgressBar::~ProgressBar() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (!events_) write_to_terminal("\r\033[K");
}

void ProgressBar::run(std::stop_token stop) {
  Rate rate;
  const auto interval = events_ ? kEventInterval : kInterval;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
    show(state_of(progress_, rate));
    if (stop.stop_requested()) break;
  }
}

void ProgressBar::show(const ProgressState& state) const {
  if (events_) return Output().json_line(to_json(state));
  // The last column stays free: some terminals would go to the next line.
  const std::size_t columns = terminal_columns(STDERR_FILENO) - 1;
  write_to_terminal("\r" + render_progress(state, columns) + "\033[K");
}

}  // namespace aloft::cli
