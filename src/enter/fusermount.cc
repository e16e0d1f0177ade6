// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "base/local_socket.h"
#include "base/pipe.h"
#include "enter/fuse_mount.h"

namespace aloft::enter {
namespace {

/// Runs fusermount3, which is set-user-ID root, with `socket` (-1: none) as its way to hand over
/// the descriptor. Returns its exit code and fills `message` with what it said.
Result<int> run_fusermount(const std::vector<std::string>& arguments, int socket,
                           std::string& message) {
  Pipe pipe = TRY(make_pipe());
  std::vector<char*> words{const_cast<char*>("fusermount3")};
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const std::string socket_number = std::to_string(socket);
  const pid_t child = ::fork();
  if (child < 0) return fail_os(errno, "cannot start fusermount3");
  if (child == 0) {
    ::dup2(pipe.write_end.get(), STDERR_FILENO);
    if (socket >= 0) {
      ::fcntl(socket, F_SETFD, 0);
      ::setenv("_FUSE_COMMFD", socket_number.c_str(), 1);
    }
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  pipe.write_end.reset();
  message = read_to_end(pipe.read_end);
  while (message.ends_with('\n')) message.pop_back();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail_os(errno, "cannot wait for fusermount3");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

Error fusermount_error(int exit_code, const std::string& what, const std::string& message) {
  if (exit_code == 127) {
    return os_error(ENOENT, what + ": fusermount3 is not installed (Debian: apt install fuse3)");
  }
  std::string reason = message.empty() ? "fusermount3 failed" : message;
  // It opens the device as the user who calls it.
  if (message.find("/dev/fuse: Permission") != std::string::npos) {
    reason += "; as root: chmod 0666 /dev/fuse";
  }
  return os_error(message.find("busy") != std::string::npos ? EBUSY : EACCES, what + ": " + reason);
}

/// `text` as the value of one option in a comma-separated list.
std::string option_value(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == ',' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// The descriptor that fusermount3 sends with one byte.
Result<UniqueFd> receive_descriptor(int socket) {
  std::array<char, 1> byte{};
  UniqueFd fd;
  TRY(receive_bytes(socket, byte, fd));
  if (!fd) return fail(ErrorCode::unavailable, "fusermount3 sent no descriptor");
  return fd;
}

}  // namespace

Result<UniqueFd> mount_by_fusermount(const std::string& directory,
                                     const FuseMountOptions& options) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail_os(errno, "cannot make a socket");
  }
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  std::string text = "nosuid,nodev,default_permissions,subtype=aloft,max_read=" +
                     std::to_string(kRequestBytesMax) + ",fsname=" + option_value(options.source);
  if (options.read_only) text += ",ro";
  if (options.allow_other) text += ",allow_other";
  std::string message;
  const int exit_code = TRY(run_fusermount({"-o", text, "--", directory}, theirs.get(), message));
  theirs.reset();
  if (exit_code != 0) {
    return fail(fusermount_error(exit_code, "cannot mount on " + directory, message));
  }
  return receive_descriptor(ours.get());
}

Result<void> unmount_fuse(const std::string& directory) {
  if (::geteuid() == 0) {
    if (::umount2(directory.c_str(), UMOUNT_NOFOLLOW) == 0) return {};
    return fail_os(errno, "cannot unmount " + directory);
  }
  std::string message;
  const int exit_code = TRY(run_fusermount({"-u", "--", directory}, -1, message));
  if (exit_code == 0) return {};
  return fail(fusermount_error(exit_code, "cannot unmount " + directory, message));
}

}  // namespace aloft::enter
