// SPDX-License-Identifier: Apache-2.0
#include "base/local_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>

namespace aloft {
namespace {

constexpr std::size_t kHeaderSize = 4;

/// An address for `path`. Long paths go through the directory's descriptor, which must stay open
/// while the address is used.
struct Address {
  sockaddr_un socket_address{};
  UniqueFd directory{};
};

Result<Address> address_of(const std::string& path) {
  Address address;
  address.socket_address.sun_family = AF_UNIX;
  std::string short_path = path;
  if (path.size() >= sizeof address.socket_address.sun_path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return fail_os(ENAMETOOLONG, "cannot use the socket " + path);
    address.directory = TRY(open_file(path.substr(0, slash + 1), O_PATH | O_DIRECTORY));
    short_path =
        "/proc/self/fd/" + std::to_string(address.directory.get()) + "/" + path.substr(slash + 1);
  }
  if (short_path.size() >= sizeof address.socket_address.sun_path) {
    return fail_os(ENAMETOOLONG, "cannot use the socket " + path);
  }
  std::memcpy(address.socket_address.sun_path, short_path.c_str(), short_path.size() + 1);
  return address;
}

Result<UniqueFd> make_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_os(errno, "cannot make a socket");
  return fd;
}

const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.socket_address);
}

/// Waits until there is something to read, or an end.
Result<void> wait_readable(int socket, Clock::time_point deadline) {
  for (;;) {
    int timeout_ms = -1;
    if (deadline != Clock::time_point::max()) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      timeout_ms = static_cast<int>(std::clamp<long>(left.count(), 0, 3'600'000));
    }
    pollfd wanted{.fd = socket, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wanted, 1, timeout_ms);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail_os(errno, "cannot wait for a message");
    if (ready == 0 && std::chrono::steady_clock::now() >= deadline) {
      return fail(ErrorCode::deadline_exceeded, "no answer came in time");
    }
  }
}

/// Fills `bytes`; returns how many came before the end.
Result<std::size_t> receive_all(int socket, std::span<char> bytes, UniqueFd& fd,
                                Clock::time_point deadline) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    TRY(wait_readable(socket, deadline));
    const std::size_t got = TRY(receive_bytes(socket, bytes.subspan(filled), fd));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

}  // namespace

Result<UniqueFd> listen_local(const std::string& path) {
  const Address address = TRY(address_of(path));
  UniqueFd fd = TRY(make_socket());
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail_os(errno, "cannot replace the socket " + path);
  }
  // The mode is in force before anyone can connect: bind obeys the descriptor's mode.
  if (::fchmod(fd.get(), 0600) != 0) return fail_os(errno, "cannot chmod the socket " + path);
  if (::bind(fd.get(), generic(address), sizeof address.socket_address) != 0) {
    return fail_os(errno, "cannot make the socket " + path);
  }
  if (::listen(fd.get(), SOMAXCONN) != 0) return fail_os(errno, "cannot listen at " + path);
  return fd;
}

Result<UniqueFd> connect_local(const std::string& path) {
  const Address address = TRY(address_of(path));
  UniqueFd fd = TRY(make_socket());
  int done = -1;
  do {
    done = ::connect(fd.get(), generic(address), sizeof address.socket_address);
  } while (done != 0 && errno == EINTR);
  if (done != 0) return fail_os(errno, "cannot connect to " + path);
  return fd;
}

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return fail_os(errno, "cannot tell who connected");
  }
  return Peer{.pid = credentials.pid, .uid = credentials.uid};
}

Result<void> send_message(int socket, std::string_view text, int fd) {
  if (text.size() > UINT32_MAX) {
    return fail(ErrorCode::invalid_argument, "message above 4 GiB");
  }
  std::string bytes;
  bytes.reserve(kHeaderSize + text.size());
  for (std::size_t i = 0; i < kHeaderSize; ++i) {
    bytes.push_back(static_cast<char>((text.size() >> (8 * i)) & 0xff));
  }
  bytes.append(text);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    iovec part{.iov_base = bytes.data() + sent, .iov_len = bytes.size() - sent};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0 && sent == 0) {  // The descriptor travels with the first byte.
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* head = CMSG_FIRSTHDR(&message);
      head->cmsg_level = SOL_SOCKET;
      head->cmsg_type = SCM_RIGHTS;
      head->cmsg_len = CMSG_LEN(sizeof fd);
      std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
    }
    const ssize_t done = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail_os(errno, "cannot send a message");
    sent += static_cast<std::size_t>(done);
  }
  return {};
}

Result<std::size_t> receive_bytes(int socket, std::span<char> bytes, UniqueFd& fd) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fail_os(errno, "cannot receive a message");
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    int received = -1;
    std::memcpy(&received, CMSG_DATA(head), sizeof received);
    fd = UniqueFd(received);
  }
  return static_cast<std::size_t>(got);
}

Result<SocketMessage> receive_message(int socket, std::size_t size_bytes_max,
                                      Clock::time_point deadline) {
  SocketMessage message;
  std::array<char, kHeaderSize> header{};
  const std::size_t header_size = TRY(receive_all(socket, header, message.fd, deadline));
  if (header_size == 0) return fail_os(ENOTCONN, "the peer ended the connection");
  if (header_size < kHeaderSize) return fail(ErrorCode::corrupt, "message cut in its header");
  std::size_t size = 0;
  for (std::size_t i = 0; i < kHeaderSize; ++i) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>(header[i])) << (8 * i);
  }
  if (size > size_bytes_max) {
    return fail(ErrorCode::corrupt, "message of " + std::to_string(size) + " bytes");
  }
  message.text.resize(size);
  if (TRY(receive_all(socket, message.text, message.fd, deadline)) < size) {
    return fail(ErrorCode::corrupt, "message cut in its text");
  }
  return message;
}

}  // namespace aloft
