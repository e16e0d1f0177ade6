// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "base/byte_size.h"

namespace aloft::cli {

namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr auto kInterval = 200ms;
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

std::string time_left(const ProgressState& state) {
  if (!state.all_found || state.bytes_per_second <= 0) return "";
  const std::uint64_t left = state.bytes_found - std::min(state.bytes_done, state.bytes_found);
  const auto seconds = static_cast<double>(left) / state.bytes_per_second;
  return format_duration(std::chrono::seconds(static_cast<std::int64_t>(seconds + 0.5))) + " left";
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

void show(const std::string& text) {
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
  if (std::string left = time_left(state); !left.empty()) parts.push_back(std::move(left));
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

ProgressBar::ProgressBar(const transfer::Progress& progress, bool quiet) : progress_(progress) {
  if (quiet || ::isatty(STDERR_FILENO) != 1) return;
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

ProgressBar::~ProgressBar() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  show("\r\033[K");
}

void ProgressBar::run(std::stop_token stop) {
  Rate rate;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); })) {
    // The last column stays free: some terminals would go to the next line.
    const std::size_t columns = terminal_columns(STDERR_FILENO) - 1;
    show("\r" + render_progress(state_of(progress_, rate), columns) + "\033[K");
    if (stop.stop_requested()) break;
  }
}

}  // namespace aloft::cli
