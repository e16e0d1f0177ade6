// SPDX-License-Identifier: Apache-2.0
#include "format/timestamps.h"

#include <fmt/format.h>

#include <charconv>

namespace aloft::format {
namespace {

using std::chrono::nanoseconds;

/// Takes fixed fields off the front of a text; once something did not fit, `ok` stays false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  int digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) return failed();
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return failed();
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool take(char wanted) {
    if (peek() != wanted || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) failed();
  }
  void expect_one_of(std::string_view wanted) {
    if (rest_.empty() || wanted.find(rest_.front()) == std::string_view::npos) {
      failed();
    } else {
      rest_.remove_prefix(1);
    }
  }

  /// ".123" as nanoseconds; more than nine digits are cut.
  nanoseconds fraction() {
    std::int64_t value = 0;
    std::int64_t unit = 100'000'000;
    bool any = false;
    while (peek() >= '0' && peek() <= '9') {
      value += (peek() - '0') * unit;
      unit /= 10;
      rest_.remove_prefix(1);
      any = true;
    }
    if (!any) failed();
    return nanoseconds(value);
  }

 private:
  int failed() {
    ok_ = false;
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

std::chrono::minutes scan_offset(Scanner& scan) {
  if (scan.take('Z') || scan.take('z')) return {};
  const bool west = scan.peek() == '-';
  scan.expect_one_of("+-");
  const int hours = scan.digits(2);
  scan.take(':');
  const int minutes = scan.digits(2);
  const auto offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return west ? -offset : std::chrono::minutes(offset);
}

}  // namespace

std::optional<nanoseconds> parse_timestamp(std::string_view text) {
  Scanner scan(text);
  const int year = scan.digits(4);
  scan.expect('-');
  const int month = scan.digits(2);
  scan.expect('-');
  const int day = scan.digits(2);
  scan.expect_one_of("Tt ");
  const int hour = scan.digits(2);
  scan.expect(':');
  const int minute = scan.digits(2);
  scan.expect(':');
  const int second = scan.digits(2);
  const nanoseconds fraction = scan.take('.') ? scan.fraction() : nanoseconds(0);
  scan.take(' ');
  const std::chrono::minutes offset = scan_offset(scan);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // Nanoseconds in 64 bits reach from 1677 to 2262.
  const bool in_range = year >= 1678 && year <= 2261;
  if (!scan.ok() || !scan.at_end() || !date.ok() || !in_range || hour > 23 || minute > 59 ||
      second > 60) {
    return std::nullopt;
  }
  const auto seconds = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                       std::chrono::minutes(minute) + std::chrono::seconds(second) - offset;
  return nanoseconds(seconds) + fraction;
}

std::string format_timestamp(nanoseconds since_epoch) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const std::chrono::sys_seconds point(seconds);
  const auto midnight = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss time(point - midnight);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     (since_epoch - seconds).count());
}

}  // namespace aloft::format
