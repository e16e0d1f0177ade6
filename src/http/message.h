// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aloft::http {

enum class Method { get, head, put, post, delete_, options, patch, other };

/// "GET", "HEAD", …; `other` has the name "OTHER".
std::string_view name_of(Method method);
/// Method names are case-sensitive; what is not one of ours is `other`.
Method parse_method(std::string_view name);

/// The usual words behind a status, "Not Found"; "Unknown" for a number without any.
std::string_view reason_of(int status);

/// ASCII letters only, as field names are compared.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Whether `text` may stand in a head as a field value: no control characters but tab.
bool is_field_value(std::string_view text);
/// Whether `text` may stand in a head as a field name (a token).
bool is_field_name(std::string_view text);

/// The fields of one head in their order, in one buffer that clear() keeps: a reused Headers
/// allocates nothing. Names are found without regard to case. Views that it hands out hold until
/// it changes. Not for two threads at once.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  /// Appends, also where the name is there already. Neither view may point into this object.
  void add(std::string_view name, std::string_view value);
  /// The only field of this name from now on; it comes last.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void clear();

  /// Of the first field with this name.
  std::optional<std::string_view> find(std::string_view name) const;
  /// As find(), with "" where there is none.
  std::string_view get(std::string_view name) const { return find(name).value_or(""); }
  bool contains(std::string_view name) const { return find(name).has_value(); }
  /// How many fields have this name.
  std::size_t count(std::string_view name) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Field operator[](std::size_t index) const;

  class Iterator {
   public:
    Iterator(const Headers& headers, std::size_t index) : headers_(&headers), index_(index) {}
    Field operator*() const { return (*headers_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const Headers* headers_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  struct Entry {
    std::uint32_t begin;
    std::uint32_t name_length;
    std::uint32_t value_length;
  };
  std::string text_;
  std::vector<Entry> entries_;
};

}  // namespace aloft::http
