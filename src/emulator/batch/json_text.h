// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace aloft::emulator::batch {

using Json = nlohmann::json;

/// JSON as text. Bytes that are no UTF-8, as in names of files, become U+FFFD; dump() throws there.
std::string text_of(const Json& json);

/// Writes JSON members straight into text: lists of many tasks are not built as trees first.
class JsonText {
 public:
  JsonText& open();  ///< "{", also as an item of a list.
  JsonText& open(std::string_view name);
  JsonText& close();  ///< "}"
  JsonText& open_list(std::string_view name);
  JsonText& close_list();

  JsonText& add(std::string_view name, std::string_view value);
  JsonText& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  JsonText& add(std::string_view name, bool value);
  JsonText& add(std::string_view name, std::int64_t value);
  /// An object or list that is JSON already.
  JsonText& add_json(std::string_view name, std::string_view json);
  /// An item of the list that is open.
  JsonText& add_item(std::string_view json);
  /// The members of an object that is JSON already, "{…}".
  JsonText& add_members(std::string_view object);

  std::string take() { return std::move(text_); }
  std::size_t size() const { return text_.size(); }

 private:
  void separate();
  void add_name(std::string_view name);
  void add_string(std::string_view value);

  std::string text_;
};

}  // namespace aloft::emulator::batch
