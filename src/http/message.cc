// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/name_table.h"

namespace aloft::http {

namespace {

constexpr NameTable<Method, 8> kMethods{{
    {Method::get, "GET"},
    {Method::head, "HEAD"},
    {Method::put, "PUT"},
    {Method::post, "POST"},
    {Method::delete_, "DELETE"},
    {Method::options, "OPTIONS"},
    {Method::patch, "PATCH"},
    {Method::other, "OTHER"},
}};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

constexpr bool is_value_character(char c) {
  const auto code = static_cast<unsigned char>(c);
  return (code >= 0x20 || c == '\t') && code != 0x7f;
}

/// What a test says about each character, for the heads of every request and answer.
template <auto Test>
constexpr auto kTable = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) table[static_cast<std::size_t>(c)] = Test(static_cast<char>(c));
  return table;
}();

template <auto Test>
bool all_pass(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return kTable<Test>[static_cast<unsigned char>(c)]; });
}

/// Of an entry of Headers in their text.
template <class Entry>
std::string_view entry_name(std::string_view text, const Entry& entry) {
  return text.substr(entry.begin, entry.name_length);
}

template <class Entry>
std::string_view entry_value(std::string_view text, const Entry& entry) {
  return text.substr(entry.begin + entry.name_length, entry.value_length);
}

/// Nearly all entries are told apart by their length.
template <class Entry>
bool is_named(std::string_view text, const Entry& entry, std::string_view name) {
  return entry.name_length == name.size() && equal_ignoring_case(entry_name(text, entry), name);
}

}  // namespace

std::string_view name_of(Method method) {
  return name_in(kMethods, method);
}

Method parse_method(std::string_view name) {
  return value_in(kMethods, name).value_or(Method::other);
}

std::string_view reason_of(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 31> kReasons{{
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  }};
  for (const auto& [known, reason] : kReasons) {
    if (known == status) return reason;
  }
  return "Unknown";
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool is_field_value(std::string_view text) {
  return all_pass<is_value_character>(text);
}

bool is_field_name(std::string_view text) {
  return !text.empty() && all_pass<is_token_character>(text);
}

Headers::Headers(std::initializer_list<Field> fields) {
  for (const Field& field : fields) add(field.name, field.value);
}

void Headers::add(std::string_view name, std::string_view value) {
  if (entries_.capacity() == 0) {
    // Room for an ordinary head at once, instead of growing to it step by step.
    constexpr std::size_t kOrdinaryFields = 16;
    constexpr std::size_t kOrdinaryBytes = 512;
    entries_.reserve(kOrdinaryFields);
    text_.reserve(kOrdinaryBytes);
  }
  entries_.push_back({.begin = static_cast<std::uint32_t>(text_.size()),
                      .name_length = static_cast<std::uint32_t>(name.size()),
                      .value_length = static_cast<std::uint32_t>(value.size())});
  text_ += name;
  text_ += value;
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  std::erase_if(entries_, [&](const Entry& entry) { return is_named(text_, entry, name); });
}

void Headers::clear() {
  text_.clear();
  entries_.clear();
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (is_named(text_, entry, name)) return entry_value(text_, entry);
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [&](const Entry& entry) { return is_named(text_, entry, name); }));
}

Headers::Field Headers::operator[](std::size_t index) const {
  const Entry& entry = entries_[index];
  return {.name = entry_name(text_, entry), .value = entry_value(text_, entry)};
}

}  // namespace aloft::http
