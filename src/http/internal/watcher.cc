// SPDX-License-Identifier: Apache-2.0
#include "http/internal/watcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace aloft::http::internal {
namespace {

constexpr std::size_t kEventsMax = 64;
constexpr std::uint32_t kEnded = EPOLLRDHUP | EPOLLERR | EPOLLHUP;
constexpr std::uint32_t kCanRead = EPOLLIN | kEnded;
constexpr std::uint32_t kCanWrite = EPOLLOUT | EPOLLERR | EPOLLHUP;

std::size_t index_of(const Connection& connection) {
  return static_cast<std::size_t>(connection.fd());
}

}  // namespace

Result<std::unique_ptr<Watcher>> Watcher::make() {
  std::unique_ptr<Watcher> watcher(new Watcher);
  watcher->epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  watcher->bell_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!watcher->epoll_ || !watcher->bell_) return fail_os(errno, "cannot wait for connections");
  epoll_event event{.events = EPOLLIN, .data = {.fd = watcher->bell_.get()}};
  if (::epoll_ctl(watcher->epoll_.get(), EPOLL_CTL_ADD, watcher->bell_.get(), &event) != 0) {
    return fail_os(errno, "cannot wait for connections");
  }
  watcher->events_.reserve(kEventsMax);
  return watcher;
}

Result<void> Watcher::watch(Connection& connection, std::size_t slot) {
  if (watched_.size() <= index_of(connection)) watched_.resize(index_of(connection) + 1);
  if (!watches(connection)) {
    take_from_others(connection);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.fd = connection.fd();
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd(), &event) != 0) {
      return fail_os(errno, "cannot wait for a connection");
    }
    connection.watched_by = epoll_.get();
  }
  watched_[index_of(connection)] = {.slot = slot};
  return {};
}

void Watcher::take_from_others(Connection& connection) const {
  if (connection.watched_by < 0 || watches(connection)) return;
  // The descriptor is valid: the watchers of a client live as long as its connections are used.
  ::epoll_ctl(connection.watched_by, EPOLL_CTL_DEL, connection.fd(), nullptr);
  connection.watched_by = -1;
}

void Watcher::release(const Connection& connection) {
  if (watches(connection)) watched_[index_of(connection)] = {};
}

bool Watcher::disturbed(const Connection& connection) const {
  return watches(connection) && watched_[index_of(connection)].disturbed;
}

void Watcher::catch_up() {
  while (take_events(std::chrono::milliseconds(0)) == kEventsMax) {
  }
}

std::span<const Watcher::Event> Watcher::wait(std::chrono::milliseconds time_max) {
  take_events(time_max);
  return events_;
}

std::size_t Watcher::take_events(std::chrono::milliseconds time_max) {
  std::array<epoll_event, kEventsMax> happened;
  const int count =
      ::epoll_wait(epoll_.get(), happened.data(), kEventsMax, static_cast<int>(time_max.count()));
  events_.clear();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = happened[static_cast<std::size_t>(i)];
    if (event.data.fd == bell_.get()) continue;
    Watched& watched = watched_[static_cast<std::size_t>(event.data.fd)];
    const bool can_read = (event.events & kCanRead) != 0;
    if (watched.slot != Watched::kNoSlot) {
      events_.push_back({.slot = watched.slot,
                         .can_read = can_read,
                         .can_write = (event.events & kCanWrite) != 0,
                         .ended = (event.events & kEnded) != 0});
    } else {
      watched.disturbed = watched.disturbed || can_read;
    }
  }
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void Watcher::ring() {
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then it is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(bell_.get(), &one, sizeof one);
}

void Watcher::silence() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t count_read = ::read(bell_.get(), &count, sizeof count);
}

}  // namespace aloft::http::internal
