// SPDX-License-Identifier: Apache-2.0
#include "base/directories.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace aloft {
namespace {

std::string home_directory(const EnvironmentLookup& environment) {
  const char* home = environment("HOME");
  return home != nullptr && *home != '\0' ? home : "/";
}

/// The variable's value if it names an absolute path; the XDG rules say to ignore others.
std::string absolute_or_empty(const EnvironmentLookup& environment, const char* name) {
  const char* value = environment(name);
  return value != nullptr && *value == '/' ? value : "";
}

}  // namespace

EnvironmentLookup process_environment() {
  return [](const char* name) -> const char* { return std::getenv(name); };
}

std::string config_directory(const EnvironmentLookup& environment) {
  const std::string base = absolute_or_empty(environment, "XDG_CONFIG_HOME");
  return (base.empty() ? home_directory(environment) + "/.config" : base) + "/aloft";
}

std::string runtime_directory(const EnvironmentLookup& environment) {
  const std::string base = absolute_or_empty(environment, "XDG_RUNTIME_DIR");
  return base.empty() ? local_directory(environment) : base + "/aloft";
}

std::string local_directory(const EnvironmentLookup& environment) {
  const std::string chosen = absolute_or_empty(environment, "ALOFT_LOCAL_DIR");
  return chosen.empty() ? "/var/tmp/aloft-" + std::to_string(::getuid()) : chosen;
}

Result<void> make_private_directory(const std::string& path) {
  std::error_code ignored;  // The mkdir below reports what is wrong.
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_os(errno, "cannot make the directory " + path);
  }
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return fail_os(errno, "cannot look at " + path);
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0) {
    return fail(ErrorCode::permission_denied,
                path + " must be a directory of this user alone (mode 0700); correct or remove it");
  }
  return {};
}

}  // namespace aloft
