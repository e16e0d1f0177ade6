// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace aloft::enter {

/// Where the catalogue of all accounts is in sight inside the namespace.
inline constexpr std::string_view kPrefix = "/aloft";

/// The path of "az://ACCOUNT/CONTAINER/PATH" below kPrefix. The rest of a URI is literal text, not
/// percent-encoded. Returns other texts as they are.
std::string path_of_uri(std::string_view text);

/// A command's argument as the command should see it: a URI that is the whole argument, or the
/// value in --option=URI and name=URI, becomes a path. All else, such as a URI inside a sentence,
/// stays.
std::string rewrite_argument(std::string_view argument);

/// ACCOUNT/CONTAINER[/PATH] of a URI, as posix::Options::root has it; empty if `text` is no URI.
std::string root_of_uri(std::string_view text);

}  // namespace aloft::enter
