// SPDX-License-Identifier: Apache-2.0
#include "transfer/testing/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

namespace aloft::transfer::testing {

namespace fs = std::filesystem;

namespace {

std::string summary(std::string_view content) {
  return content.size() <= 40
             ? std::string(content)
             : fmt::format("{} bytes {:x}", content.size(), std::hash<std::string_view>()(content));
}

std::string line_for(const std::string& path) {
  struct stat status {};
  CHECK(::lstat(path.c_str(), &status) == 0);
  if (S_ISLNK(status.st_mode)) return "link " + fs::read_symlink(path).string();
  if (S_ISDIR(status.st_mode)) return "directory";
  if (S_ISREG(status.st_mode)) return "file " + summary(content_of(path));
  return "special";
}

std::string attribute_line(const std::string& path) {
  struct stat status {};
  CHECK(::lstat(path.c_str(), &status) == 0);
  return fmt::format("{:o} {}:{} {}.{:09}", status.st_mode, status.st_uid, status.st_gid,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

Snapshot snapshot(const std::string& directory, std::string (*line)(const std::string&)) {
  Snapshot lines;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string path = entry.path().string();
    lines[path.substr(directory.size() + 1)] = line(path);
  }
  return lines;
}

}  // namespace

void write_file(const std::string& path, std::string_view content) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

void make_link(const std::string& path, const std::string& target) {
  fs::create_directories(fs::path(path).parent_path());
  fs::create_symlink(target, path);
}

void set_mtime(const std::string& path, long seconds, long nanoseconds) {
  const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = nanoseconds},
                             {.tv_sec = seconds, .tv_nsec = nanoseconds}};
  CHECK(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
}

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Snapshot contents(const std::string& directory) {
  return snapshot(directory, line_for);
}

Snapshot attributes(const std::string& directory) {
  Snapshot lines = snapshot(directory, attribute_line);
  lines[""] = attribute_line(directory);
  return lines;
}

Snapshot contents(Tree& tree, std::string_view path) {
  Snapshot lines;
  const Visitor visitor{
      .found = [&](const Entry& entry) -> Result<void> {
        std::string line = "directory";
        if (entry.kind() == FileKind::symlink) line = "link " + TRY(tree.link_target(entry, {}));
        if (entry.kind() == FileKind::regular) {
          std::string content(entry.size_bytes, '\0');
          TRY(tree.read(entry, 0, std::as_writable_bytes(std::span(content)), {}));
          line = "file " + summary(content);
        }
        lines[entry.path.substr(path.empty() ? 0 : path.size() + 1)] = line;
        return {};
      },
      .failed = [&](const std::string& name, const Error& error) { lines[name] = error.message; }};
  const auto walked = tree.walk(path, visitor, {});
  if (!walked) lines["(walk)"] = walked.error().message;
  return lines;
}

}  // namespace aloft::transfer::testing
