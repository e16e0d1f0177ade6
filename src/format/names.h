// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

// Between file names and the components of keys (what stands between slashes).
//
// A name is its component unless Azure refuses it or clients mangle it. Then the offending bytes
// become %XX (upper-case hexadecimal): control characters, backslash, a final dot, bytes that are
// not UTF-8, noncharacters, and a "%" that would read as such an escape. The map is one to one:
//
//   name      component   why
//   x.        x%2E        a component may not end in a dot
//   x%2E      x%252E      looks escaped, and is not
//   x%20y     x%20y       %20 is no escape of ours
//   %=x.      x.          a foreign object whose component no name of ours would make
//   %=        (empty)     the directory between the slashes of a//b
//
// One more form exists for directories only: where an object "a" stands beside objects "a/…", the
// file is "a" and the directory shows as "%d=a" (listing.h).
namespace aloft::format {

inline constexpr std::size_t kKeyCharactersMax = 1024;
inline constexpr std::size_t kKeyComponentsMax = 254;
inline constexpr std::size_t kNameBytesMax = 255;
/// The top component that belongs to Aloft itself: never shown, copied or given to users.
inline constexpr std::string_view kHiddenArea = ".aloft";
/// In front of the name of a directory that a file of the same name shadows.
inline constexpr std::string_view kShadowedPrefix = "%d=";

/// `name` has no "/", is not empty, "." or "..".
std::string component_of_name(std::string_view name);
/// The inverse; every component, even an empty one, has a name.
std::string name_of_component(std::string_view component);

/// Component by component of a relative path or key; "a//b" has an empty component.
std::string key_of_path(std::string_view path);
std::string path_of_key(std::string_view key);

/// ENAMETOOLONG where the service would refuse the key for its length.
Result<void> check_key(std::string_view key);

/// ENAMETOOLONG for the name of a new file or directory that would be longer than a mount shows.
Result<void> check_new_name(std::string_view name);

/// Whether the key belongs to the hidden area of its container.
bool is_hidden(std::string_view key);

}  // namespace aloft::format
