// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "emulator/batch/json_text.h"
#include "emulator/batch/target.h"

namespace aloft::emulator::batch {

struct Property;

/// The properties that a body, or an object in one, may have.
struct Shape {
  std::span<const Property> properties{};
};

/// One property of a shape: its name on the wire and what its value may be.
struct Property {
  enum class Type { text, integer, boolean, duration, free, object };
  enum class Use {
    optional,
    required,
    /// Known to the service; the emulator would have to ignore it and refuses it instead. Where it
    /// is empty, false or zero it counts as absent.
    unserved,
  };
  enum class Since { always, until_2025, from_2025 };

  std::string_view name;
  Type type = Type::text;
  Use use = Use::optional;
  bool is_list = false;
  /// Of an integer: its value; of a text: its characters; of a list: nothing.
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int32_t>::max();
  std::string_view choices{};  ///< Of a text: "none|disable|terminate".
  const Shape* shape = nullptr;
  std::size_t items_max = std::numeric_limits<std::size_t>::max();
  Since since = Since::always;
};

/// Checks `body` against `shape`: unknown properties, missing ones, wrong types and values are
/// refused by name. Properties that count as absent, as those that are null, are removed; so are
/// those of the body itself that begin with "odata.", for clients that send back what they got.
Outcome<void> check_shape(Json& body, const Shape& shape, ApiVersion version);

/// As above for a value in the body, at `path`: "constraints".
Outcome<void> check_shape(Json& body, const Shape& shape, ApiVersion version,
                          const std::string& path);

}  // namespace aloft::emulator::batch
