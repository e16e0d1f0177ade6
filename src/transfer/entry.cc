// SPDX-License-Identifier: Apache-2.0
#include "transfer/entry.h"

namespace aloft::transfer {

std::string_view name_of(FileKind kind) {
  switch (kind) {
    case FileKind::regular:
      return "file";
    case FileKind::directory:
      return "directory";
    case FileKind::symlink:
      return "symbolic link";
    case FileKind::fifo:
      return "named pipe";
    case FileKind::socket:
      return "socket";
    case FileKind::character_device:
    case FileKind::block_device:
      return "device";
  }
  return "file";
}

bool is_special(FileKind kind) {
  return kind != FileKind::regular && kind != FileKind::directory && kind != FileKind::symlink;
}

Error no_content_to_copy(const std::string& shown, FileKind kind) {
  return {
      .code = ErrorCode::unsupported,
      .message = shown + " is a " + std::string(name_of(kind)) + ", which holds no data to copy"};
}

std::string join(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  if (name.empty()) return std::string(directory);
  std::string path(directory);
  if (!path.ends_with('/')) path += '/';
  path += name;
  return path;
}

std::string_view below(std::string_view path, std::string_view directory) {
  path.remove_prefix(directory.size());
  if (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view base_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace aloft::transfer
