// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/duration.h"

#include <charconv>
#include <cstdio>

namespace aloft::emulator::batch {

namespace {

constexpr std::string_view kLongest = "P10675199DT2H48M5.4775807S";
constexpr std::chrono::days kDaysMax{10'675'199};

/// False where the number is negative, or alone too large: a few that are not can be summed up.
bool add_units(std::int64_t number, Duration size, Duration& sum) {
  if (number < 0 || number > (kDaysMax + std::chrono::days(1)) / size) return false;
  sum += number * size;
  return true;
}

/// Takes a number followed by `unit` off the front of `text`, if that is what comes next. False
/// only where it is too large.
bool take_units(std::string_view& text, char unit, Duration size, Duration& sum) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return false;
  if (error != std::errc() || number < 0 || end == text.data() + text.size() || *end != unit) {
    return true;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return add_units(number, size, sum);
}

/// "5S", "5.25S"; finer than milliseconds is dropped.
bool take_seconds(std::string_view& text, Duration& sum) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) {
    return take_units(text, 'S', std::chrono::seconds(1), sum);
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + point, number);
  if (error != std::errc() || end != text.data() + point) return false;
  if (!add_units(number, std::chrono::seconds(1), sum)) return false;
  std::string_view fraction = text.substr(point + 1);
  int unit = 100;
  for (; !fraction.empty() && fraction[0] >= '0' && fraction[0] <= '9'; unit /= 10) {
    sum += std::chrono::milliseconds((fraction[0] - '0') * unit);
    fraction.remove_prefix(1);
  }
  if (fraction != "S") return false;
  text = {};
  return true;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == kLongest) return kUnlimited;
  using namespace std::chrono;
  milliseconds sum{0};
  if (!text.starts_with('P') || text.size() < 3) return std::nullopt;
  text.remove_prefix(1);
  if (!take_units(text, 'D', days(1), sum)) return std::nullopt;
  if (text.starts_with('T')) {
    text.remove_prefix(1);
    if (text.empty() || !take_units(text, 'H', hours(1), sum) ||
        !take_units(text, 'M', minutes(1), sum)) {
      return std::nullopt;
    }
    if (!text.empty() && !take_seconds(text, sum)) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return sum >= kDaysMax ? kUnlimited : sum;
}

std::string format_duration(Duration duration) {
  if (duration == kUnlimited) return std::string(kLongest);
  using namespace std::chrono;
  const auto whole_days = floor<days>(duration);
  const hh_mm_ss clock(duration - whole_days);
  std::string text = "P";
  if (whole_days.count() > 0) text += std::to_string(whole_days.count()) + "D";
  if (duration == whole_days && whole_days.count() > 0) return text;
  text += "T";
  if (clock.hours().count() > 0) text += std::to_string(clock.hours().count()) + "H";
  if (clock.minutes().count() > 0) text += std::to_string(clock.minutes().count()) + "M";
  const auto fraction = clock.subseconds().count();
  if (clock.seconds().count() > 0 || fraction > 0 || text.ends_with("T")) {
    text += std::to_string(clock.seconds().count());
    if (fraction > 0) {
      char digits[8];
      std::snprintf(digits, sizeof(digits), ".%03d", static_cast<int>(fraction));
      text += digits;
    }
    text += "S";
  }
  return text;
}

}  // namespace aloft::emulator::batch
