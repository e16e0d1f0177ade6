// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/json_text.h"

#include <cstdio>

namespace aloft::emulator::batch {

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void JsonText::separate() {
  if (!text_.empty() && text_.back() != '{' && text_.back() != '[') text_ += ',';
}

void JsonText::add_string(std::string_view value) {
  text_ += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      (text_ += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof(code), "\\u%04x", static_cast<unsigned>(c));
      text_ += code;
    } else {
      text_ += c;
    }
  }
  text_ += '"';
}

void JsonText::add_name(std::string_view name) {
  separate();
  add_string(name);
  text_ += ':';
}

JsonText& JsonText::open() {
  separate();
  text_ += '{';
  return *this;
}
JsonText& JsonText::open(std::string_view name) {
  add_name(name);
  text_ += '{';
  return *this;
}
JsonText& JsonText::close() {
  text_ += '}';
  return *this;
}
JsonText& JsonText::open_list(std::string_view name) {
  add_name(name);
  text_ += '[';
  return *this;
}
JsonText& JsonText::close_list() {
  text_ += ']';
  return *this;
}

JsonText& JsonText::add(std::string_view name, std::string_view value) {
  add_name(name);
  add_string(value);
  return *this;
}
JsonText& JsonText::add(std::string_view name, bool value) {
  add_name(name);
  text_ += value ? "true" : "false";
  return *this;
}
JsonText& JsonText::add(std::string_view name, std::int64_t value) {
  add_name(name);
  text_ += std::to_string(value);
  return *this;
}
JsonText& JsonText::add_json(std::string_view name, std::string_view json) {
  add_name(name);
  text_ += json;
  return *this;
}

JsonText& JsonText::add_item(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

JsonText& JsonText::add_members(std::string_view object) {
  object.remove_prefix(1);
  object.remove_suffix(1);
  if (object.empty()) return *this;
  separate();
  text_ += object;
  return *this;
}

}  // namespace aloft::emulator::batch
