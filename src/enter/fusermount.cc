// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "enter/fuse_mount.h"

namespace aloft::enter {
namespace {

/// Runs fusermount3, which is set-user-ID root, with `socket` (-1: none) as its way to hand over
/// the descriptor. Returns its exit code and fills `message` with what it said.
Result<int> run_fusermount(const std::vector<std::string>& arguments, int socket,
                           std::string& message) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_os(errno, "cannot make a pipe");
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  std::vector<char*> words{const_cast<char*>("fusermount3")};
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const std::string socket_number = std::to_string(socket);
  const pid_t child = ::fork();
  if (child < 0) return fail_os(errno, "cannot start fusermount3");
  if (child == 0) {
    ::dup2(write_end.get(), STDERR_FILENO);
    if (socket >= 0) {
      ::fcntl(socket, F_SETFD, 0);
      ::setenv("_FUSE_COMMFD", socket_number.c_str(), 1);
    }
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  write_end.reset();
  std::array<char, 1024> part{};
  for (;;) {
    const ssize_t got = ::read(read_end.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    message.append(part.data(), static_cast<std::size_t>(got));
  }
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
  char byte = 0;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec part{.iov_base = &byte, .iov_len = 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* head = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (head == nullptr || head->cmsg_type != SCM_RIGHTS) {
    return fail(ErrorCode::unavailable, "fusermount3 sent no descriptor");
  }
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return UniqueFd(fd);
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
