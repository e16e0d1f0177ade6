// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/dates.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace aloft::emulator::blob {

namespace {

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Parts {
  int year = 0;
  int month = 0;  // From 1.
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

std::optional<Seconds> seconds_of(const Parts& parts) {
  using namespace std::chrono;
  const year_month_day date{year(parts.year), month(static_cast<unsigned>(parts.month)),
                            day(static_cast<unsigned>(parts.day))};
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  return sys_days(date) + hours(parts.hour) + minutes(parts.minute) + seconds(parts.second);
}

Parts parts_of(Seconds time) {
  using namespace std::chrono;
  const auto midnight = floor<days>(time);
  const year_month_day date(midnight);
  const hh_mm_ss clock(time - midnight);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .day = static_cast<int>(static_cast<unsigned>(date.day())),
          .hour = static_cast<int>(clock.hours().count()),
          .minute = static_cast<int>(clock.minutes().count()),
          .second = static_cast<int>(clock.seconds().count())};
}

/// Takes exactly `digits` digits off the front of `text`.
bool take_number(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc() || end != text.data() + digits || number < 0) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

template <std::size_t Count>
bool take_name(std::string_view& text, const std::array<std::string_view, Count>& names,
               int& index) {
  for (std::size_t i = 0; i < Count; ++i) {
    if (take(text, names[i])) {
      index = static_cast<int>(i);
      return true;
    }
  }
  return false;
}

bool take_clock(std::string_view& text, Parts& parts) {
  return take_number(text, 2, parts.hour) && take(text, ":") && take_number(text, 2, parts.minute);
}

}  // namespace

std::string format_http_date(Seconds time) {
  const Parts parts = parts_of(time);
  const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(time));
  char text[40];
  const int length = std::snprintf(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays[day.c_encoding()].data(), parts.day,
                                   kMonths[static_cast<std::size_t>(parts.month - 1)].data(),
                                   parts.year, parts.hour, parts.minute, parts.second);
  return std::string(text, static_cast<std::size_t>(length));
}

std::optional<Seconds> parse_http_date(std::string_view text) {
  Parts parts;
  int weekday = 0;
  int month = 0;
  if (!take_name(text, kDays, weekday) || !take(text, ", ") || !take_number(text, 2, parts.day) ||
      !take(text, " ") || !take_name(text, kMonths, month) || !take(text, " ") ||
      !take_number(text, 4, parts.year) || !take(text, " ") || !take_clock(text, parts) ||
      !take(text, ":") || !take_number(text, 2, parts.second) || text != " GMT") {
    return std::nullopt;
  }
  parts.month = month + 1;
  return seconds_of(parts);
}

std::optional<Seconds> parse_iso_date(std::string_view text) {
  Parts parts;
  if (!take_number(text, 4, parts.year) || !take(text, "-") || !take_number(text, 2, parts.month) ||
      !take(text, "-") || !take_number(text, 2, parts.day)) {
    return std::nullopt;
  }
  if (text.empty()) return seconds_of(parts);
  if (!take(text, "T") || !take_clock(text, parts)) return std::nullopt;
  if (take(text, ":")) {
    if (!take_number(text, 2, parts.second)) return std::nullopt;
    if (take(text, ".")) text.remove_prefix(std::min(text.find('Z'), text.size()));
  }
  if (text != "Z") return std::nullopt;
  return seconds_of(parts);
}

std::string format_iso_date(Seconds time) {
  const Parts parts = parts_of(time);
  char text[48];
  const int length =
      std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.0000000Z", parts.year,
                    parts.month, parts.day, parts.hour, parts.minute, parts.second);
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace aloft::emulator::blob
