// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/batch/shape.h"

// How the tables of shapes are written: list(object("taskIdRanges", kTaskIdRange)).
namespace aloft::emulator::batch {

inline constexpr std::int64_t kAnyLength = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t kInt32Min = std::numeric_limits<std::int32_t>::min();

constexpr Property text(std::string_view name, std::int64_t characters_max = kAnyLength) {
  return {.name = name, .type = Property::Type::text, .max = characters_max};
}
constexpr Property choice(std::string_view name, std::string_view choices) {
  return {.name = name, .type = Property::Type::text, .choices = choices};
}
constexpr Property integer(std::string_view name, std::int64_t min = kInt32Min,
                           std::int64_t max = kAnyLength) {
  return {.name = name, .type = Property::Type::integer, .min = min, .max = max};
}
constexpr Property boolean(std::string_view name) {
  return {.name = name, .type = Property::Type::boolean};
}
constexpr Property duration(std::string_view name) {
  return {.name = name, .type = Property::Type::duration};
}
/// Whose content is not looked at.
constexpr Property free_form(std::string_view name) {
  return {.name = name, .type = Property::Type::free};
}
constexpr Property object(std::string_view name, const Shape& shape) {
  return {.name = name, .type = Property::Type::object, .shape = &shape};
}
constexpr Property list(Property item,
                        std::size_t items_max = std::numeric_limits<std::size_t>::max()) {
  item.is_list = true;
  item.items_max = items_max;
  return item;
}
constexpr Property required(Property property) {
  property.use = Property::Use::required;
  return property;
}
constexpr Property unserved(std::string_view name) {
  return {.name = name, .type = Property::Type::free, .use = Property::Use::unserved};
}
constexpr Property until_2025(Property property) {
  property.since = Property::Since::until_2025;
  return property;
}
constexpr Property from_2025(Property property) {
  property.since = Property::Since::from_2025;
  return property;
}

}  // namespace aloft::emulator::batch
