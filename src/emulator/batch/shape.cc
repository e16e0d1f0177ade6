// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/shape.h"

#include <algorithm>

#include "emulator/batch/duration.h"

namespace aloft::emulator::batch {

namespace {

std::string joined(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::string shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : text_of(value);
}

bool is_choice(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, end) == text) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

/// UTF-16 units, which the service counts, are as many as the bytes that begin a character.
std::int64_t character_count(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
}

tl::unexpected<ServiceError> refuse_value(const std::string& path, const Json& value,
                                          std::string_view reason) {
  return refuse_property(Refusal::invalid_property_value, path, shown(value), reason);
}

Outcome<void> check_text(const Json& value, const Property& property, const std::string& path) {
  if (!value.is_string()) return refuse_value(path, value, "expected a string");
  const auto& text = value.get_ref<const std::string&>();
  if (!property.choices.empty() && !is_choice(property.choices, text)) {
    return refuse_value(path, value, "expected one of " + std::string(property.choices));
  }
  const std::int64_t length = character_count(text);
  if (length < property.min || length > property.max) {
    return refuse_value(path, value,
                        "expected " + std::to_string(property.min) + " to " +
                            std::to_string(property.max) + " characters");
  }
  return {};
}

Outcome<void> check_integer(const Json& value, const Property& property, const std::string& path) {
  if (!value.is_number_integer()) return refuse_value(path, value, "expected an integer");
  const auto number = value.get<std::int64_t>();
  // A number that the type cannot hold would be read as a negative one.
  const bool is_beyond = value.is_number_unsigned() && number < 0;
  if (is_beyond || number < property.min || number > property.max) {
    return refuse_value(
        path, value,
        "expected " + std::to_string(property.min) + " to " + std::to_string(property.max));
  }
  return {};
}

Outcome<void> check_duration(const Json& value, const std::string& path) {
  if (!value.is_string() || !parse_duration(value.get_ref<const std::string&>())) {
    return refuse_value(path, value, "expected a duration as ISO 8601 has it, PT10M or P7D");
  }
  return {};
}

Outcome<void> check_one(Json& value, const Property& property, ApiVersion version,
                        const std::string& path) {
  switch (property.type) {
    case Property::Type::text:
      return check_text(value, property, path);
    case Property::Type::integer:
      return check_integer(value, property, path);
    case Property::Type::duration:
      return check_duration(value, path);
    case Property::Type::boolean:
      if (!value.is_boolean()) return refuse_value(path, value, "expected true or false");
      return {};
    case Property::Type::object:
      return check_shape(value, *property.shape, version, path);
    case Property::Type::free:
      return {};
  }
  return {};
}

Outcome<void> check_list(Json& list, const Property& property, ApiVersion version,
                         const std::string& path) {
  if (!list.is_array()) return refuse_value(path, list, "expected an array");
  if (list.size() > property.items_max) {
    return refuse_property(Refusal::invalid_property_value, path, std::to_string(list.size()),
                           "expected at most " + std::to_string(property.items_max) + " items");
  }
  for (std::size_t index = 0; index < list.size(); ++index) {
    TRY(check_one(list[index], property, version, path + "[" + std::to_string(index) + "]"));
  }
  return {};
}

bool exists_in(const Property& property, ApiVersion version) {
  switch (property.since) {
    case Property::Since::always:
      return true;
    case Property::Since::until_2025:
      return version == ApiVersion::v2022;
    case Property::Since::from_2025:
      return version == ApiVersion::v2025;
  }
  return false;
}

bool asks_for_nothing(const Json& value) {
  return value == false || value == 0 || value == "" || (value.is_structured() && value.empty());
}

Outcome<void> check_property(Json& value, const Property& property, ApiVersion version,
                             const std::string& path) {
  if (property.use == Property::Use::unserved) {
    return refuse_property(Refusal::unsupported_property, path, {},
                           "Azure Batch knows this property; the emulator does not have it");
  }
  if (property.is_list) return check_list(value, property, version, path);
  return check_one(value, property, version, path);
}

Outcome<void> check_presence(const Json& body, const Shape& shape, ApiVersion version,
                             const std::string& path) {
  for (const Property& property : shape.properties) {
    if (property.use == Property::Use::required && exists_in(property, version) &&
        !body.contains(property.name)) {
      return refuse_property(Refusal::missing_required_property, joined(path, property.name), {},
                             {});
    }
  }
  return {};
}

/// What a GET adds to the resource itself, "odata.metadata" say.
void remove_annotations(Json& object) {
  for (auto item = object.begin(); item != object.end();) {
    item = item.key().starts_with("odata.") ? object.erase(item) : std::next(item);
  }
}

/// Whether the property counts as absent; its value would only take the place of a real one.
bool is_void(const Json& value, const Property* property) {
  return value.is_null() || (property != nullptr && property->use == Property::Use::unserved &&
                             asks_for_nothing(value));
}

/// Null where the service, at this version, has no such property.
const Property* find_property(const Shape& shape, std::string_view name, ApiVersion version) {
  const auto known = std::ranges::find(shape.properties, name, &Property::name);
  return known == shape.properties.end() || !exists_in(*known, version) ? nullptr : &*known;
}

}  // namespace

Outcome<void> check_shape(Json& body, const Shape& shape, ApiVersion version) {
  if (body.is_object()) remove_annotations(body);
  return check_shape(body, shape, version, {});
}

Outcome<void> check_shape(Json& body, const Shape& shape, ApiVersion version,
                          const std::string& path) {
  if (!body.is_object()) {
    if (path.empty()) return refuse(Refusal::invalid_request_body, "expected a JSON object");
    return refuse_value(path, body, "expected an object");
  }
  for (auto item = body.begin(); item != body.end();) {
    const Property* known = find_property(shape, item.key(), version);
    if (is_void(*item, known)) {
      item = body.erase(item);
      continue;
    }
    if (known == nullptr) {
      return refuse_property(Refusal::invalid_property_value, joined(path, item.key()), {},
                             "there is no such property");
    }
    TRY(check_property(item.value(), *known, version, joined(path, item.key())));
    ++item;
  }
  return check_presence(body, shape, version, path);
}

}  // namespace aloft::emulator::batch
