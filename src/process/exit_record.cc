// SPDX-License-Identifier: Apache-2.0
#include "process/exit_record.h"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/name_table.h"

namespace aloft {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

constexpr NameTable<ExitClass, 7> kNames{{
    {ExitClass::succeeded, "succeeded"},
    {ExitClass::failed, "failed"},
    {ExitClass::timed_out, "timed_out"},
    {ExitClass::cancelled, "cancelled"},
    {ExitClass::start_failed, "start_failed"},
    {ExitClass::lost, "lost"},
    {ExitClass::dependency_not_satisfied, "dependency_not_satisfied"},
}};

Result<ExitRecord> from_json(const Json& json) {
  if (json.at("version").get<int>() != kVersion) {
    return fail(ErrorCode::unsupported, "an exit record of another version of Aloft");
  }
  ExitRecord record;
  record.exit_class = TRY(parse_exit_class(json.at("class").get<std::string>()));
  if (json.contains("code")) record.code = json["code"].get<int>();
  if (json.contains("signal")) record.signal = json["signal"].get<int>();
  record.message = json.value("message", "");
  if (json.contains("started"))
    record.started = TRY(parse_time(json["started"].get<std::string>()));
  record.ended = TRY(parse_time(json.at("ended").get<std::string>()));
  record.peak_memory_bytes = json.value("peak_memory_bytes", std::uint64_t{0});
  record.user_time = std::chrono::microseconds(json.value("user_us", std::int64_t{0}));
  record.system_time = std::chrono::microseconds(json.value("system_us", std::int64_t{0}));
  record.node = json.value("node", "");
  return record;
}

/// ".678" of a second, with any number of digits.
Result<std::chrono::milliseconds> parse_fraction(std::string_view text) {
  const std::string_view digits = text.substr(1);
  if (!text.starts_with('.') || digits.empty() ||
      digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return fail(ErrorCode::corrupt, fmt::format("\"{}\" is no part of a second", text));
  }
  int milliseconds = 0;
  for (std::size_t place = 0; place < 3; ++place) {
    milliseconds = milliseconds * 10 + (place < digits.size() ? digits[place] - '0' : 0);
  }
  return std::chrono::milliseconds(milliseconds);
}

}  // namespace

std::string_view name_of(ExitClass exit_class) {
  return name_in(kNames, exit_class);
}

Result<ExitClass> parse_exit_class(std::string_view name) {
  if (const auto known = value_in(kNames, name)) return *known;
  return fail(ErrorCode::corrupt, fmt::format("\"{}\" is no class of exit", name));
}

std::string to_json(const ExitRecord& record) {
  Json json{{"version", kVersion},
            {"class", name_of(record.exit_class)},
            {"ended", format_time(record.ended)},
            {"peak_memory_bytes", record.peak_memory_bytes},
            {"user_us", record.user_time.count()},
            {"system_us", record.system_time.count()}};
  if (record.code) json["code"] = *record.code;
  if (record.signal) json["signal"] = *record.signal;
  if (!record.message.empty()) json["message"] = record.message;
  if (record.started) json["started"] = format_time(*record.started);
  if (!record.node.empty()) json["node"] = record.node;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ExitRecord> exit_record_from_json(std::string_view text) {
  try {
    return from_json(Json::parse(text));
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt, fmt::format("an exit record makes no sense: {}", error.what()));
  }
}

std::string format_time(ExitRecord::Time time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const std::time_t whole = seconds.count();
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     (milliseconds - seconds).count());
}

Result<ExitRecord::Time> parse_time(std::string_view text) {
  const auto senseless = [&] {
    return fail(ErrorCode::corrupt, fmt::format("\"{}\" is no time", text));
  };
  std::tm parts{};
  int used = 0;
  const std::string copy(text);
  const int matched =
      std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &used);
  if (matched != 6) return senseless();
  std::string_view fraction = text.substr(static_cast<std::size_t>(used));
  if (!fraction.ends_with('Z')) return senseless();
  fraction.remove_suffix(1);
  std::chrono::milliseconds rest{0};
  if (!fraction.empty()) rest = TRY(parse_fraction(fraction));
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return std::chrono::system_clock::from_time_t(::timegm(&parts)) + rest;
}

}  // namespace aloft
