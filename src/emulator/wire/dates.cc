// SPDX-License-Identifier: Apache-2.0
#include "emulator/wire/dates.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>

namespace aloft::emulator {

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

/// Nothing, or a point and one to seven digits; the seventh is finer than we keep.
bool take_fraction(std::string_view& text, std::chrono::microseconds& fraction) {
  if (!take(text, ".")) return true;
  std::int64_t unit = 100'000;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, unit /= 10) {
    fraction += std::chrono::microseconds((text[digits] - '0') * unit);
  }
  text.remove_prefix(digits);
  return digits >= 1 && digits <= 7;
}

/// A number that is not negative, with zeros before it up to this many digits.
void add_number(std::string& text, std::int64_t number, std::size_t digits) {
  const std::string plain = std::to_string(number);
  if (plain.size() < digits) text.append(digits - plain.size(), '0');
  text += plain;
}

void add_clock(std::string& text, const Parts& parts) {
  add_number(text, parts.hour, 2);
  text += ':';
  add_number(text, parts.minute, 2);
  text += ':';
  add_number(text, parts.second, 2);
}

bool take_clock(std::string_view& text, Parts& parts) {
  return take_number(text, 2, parts.hour) && take(text, ":") && take_number(text, 2, parts.minute);
}

}  // namespace

std::string format_http_date(Seconds time) {
  const Parts parts = parts_of(time);
  const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(time));
  std::string text;
  text.reserve(29);
  (text += kDays[day.c_encoding()]) += ", ";
  add_number(text, parts.day, 2);
  ((text += ' ') += kMonths[static_cast<std::size_t>(parts.month - 1)]) += ' ';
  add_number(text, parts.year, 4);
  text += ' ';
  add_clock(text, parts);
  text += " GMT";
  return text;
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

std::optional<Instant> parse_iso_time(std::string_view text) {
  Parts parts;
  std::chrono::microseconds fraction{0};
  if (!take_number(text, 4, parts.year) || !take(text, "-") || !take_number(text, 2, parts.month) ||
      !take(text, "-") || !take_number(text, 2, parts.day)) {
    return std::nullopt;
  }
  if (!text.empty()) {
    if (!take(text, "T") || !take_clock(text, parts)) return std::nullopt;
    if (take(text, ":") &&
        (!take_number(text, 2, parts.second) || !take_fraction(text, fraction))) {
      return std::nullopt;
    }
    if (text != "Z") return std::nullopt;
  }
  const auto seconds = seconds_of(parts);
  if (!seconds) return std::nullopt;
  return *seconds + fraction;
}

std::optional<Seconds> parse_iso_date(std::string_view text) {
  const auto time = parse_iso_time(text);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time);
}

std::string format_iso_date(Instant time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const Parts parts = parts_of(second);
  std::string text;
  text.reserve(28);
  add_number(text, parts.year, 4);
  text += '-';
  add_number(text, parts.month, 2);
  text += '-';
  add_number(text, parts.day, 2);
  text += 'T';
  add_clock(text, parts);
  text += '.';
  add_number(text, std::chrono::microseconds(time - second).count(), 6);
  text += "0Z";
  return text;
}

}  // namespace aloft::emulator
