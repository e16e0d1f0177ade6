// SPDX-License-Identifier: Apache-2.0
#include "base/local_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/seeded_random.h"
#include "base/temporary_directory.h"

namespace aloft {
namespace {

using namespace std::chrono_literals;

struct Pair {
  UniqueFd left, right;
};

Pair make_pair() {
  int ends[2];
  CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Clock::time_point soon() {
  return std::chrono::steady_clock::now() + 10s;
}

TEST(LocalSocket, CarriesTextsInOrderAndEmptyOnesToo) {
  const Pair pair = make_pair();
  ASSERT_TRUE(send_message(pair.left.get(), "first"));
  ASSERT_TRUE(send_message(pair.left.get(), ""));
  ASSERT_TRUE(send_message(pair.left.get(), std::string(70'000, 'x')));
  EXPECT_EQ(receive_message(pair.right.get(), 100'000, soon())->text, "first");
  EXPECT_EQ(receive_message(pair.right.get(), 100'000, soon())->text, "");
  EXPECT_EQ(receive_message(pair.right.get(), 100'000, soon())->text.size(), 70'000u);
}

TEST(LocalSocket, TakesTheDescriptorOfBytesThatAreNoMessage) {
  const Pair pair = make_pair();
  const Pair sent = make_pair();
  // A message is its length and its text: five bytes here.
  ASSERT_TRUE(send_message(pair.left.get(), "a", sent.left.get()));
  std::array<char, 1> byte{};
  UniqueFd fd;
  EXPECT_EQ(receive_bytes(pair.right.get(), byte, fd).value(), 1u);
  ASSERT_TRUE(fd);
  EXPECT_NE(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  std::array<char, 9> rest{};
  UniqueFd none;
  EXPECT_EQ(receive_bytes(pair.right.get(), rest, none).value(), 4u);
  EXPECT_FALSE(none);
}

TEST(LocalSocket, BringsADescriptorAlongWithItsOwnMessage) {
  const Pair pair = make_pair();
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const UniqueFd read_end(pipe_ends[0]);
  UniqueFd write_end(pipe_ends[1]);
  ASSERT_TRUE(send_message(pair.left.get(), "none"));
  ASSERT_TRUE(send_message(pair.left.get(), "one", write_end.get()));
  write_end.reset();
  EXPECT_FALSE(receive_message(pair.right.get(), 100, soon())->fd);
  auto message = receive_message(pair.right.get(), 100, soon());
  ASSERT_TRUE(message && message->fd);
  ASSERT_EQ(::write(message->fd.get(), "z", 1), 1);
  char byte = 0;
  ASSERT_EQ(::read(read_end.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'z');
}

TEST(LocalSocket, TellsAnEndBetweenMessagesFromOneInside) {
  Pair pair = make_pair();
  ASSERT_EQ(::write(pair.left.get(), "\x05\0\0\0abc", 7), 7);
  pair.left.reset();
  EXPECT_EQ(receive_message(pair.right.get(), 100, soon()).error().code, ErrorCode::corrupt);
  EXPECT_EQ(receive_message(pair.right.get(), 100, soon()).error().os_errno, ENOTCONN);
}

TEST(LocalSocket, RefusesAMessageThatIsTooLong) {
  const Pair pair = make_pair();
  ASSERT_EQ(::write(pair.left.get(), "\xff\xff\xff\xff", 4), 4);
  EXPECT_EQ(receive_message(pair.right.get(), 1000, soon()).error().code, ErrorCode::corrupt);
}

TEST(LocalSocket, GivesUpAtTheDeadline) {
  const Pair pair = make_pair();
  const auto answer = receive_message(pair.right.get(), 10, std::chrono::steady_clock::now() + 5ms);
  EXPECT_EQ(answer.error().code, ErrorCode::deadline_exceeded);
}

TEST(LocalSocket, ReportsASendToAPeerThatIsGone) {
  Pair pair = make_pair();
  pair.right.reset();
  EXPECT_EQ(send_message(pair.left.get(), "x").error().os_errno, EPIPE);
}

TEST(LocalSocket, EndsWellOnAnyBytes) {
  const std::uint64_t seed = 20261121;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  for (int round = 0; round < 500; ++round) {
    Pair pair = make_pair();
    std::string bytes(static_cast<std::size_t>(random.below(64)), '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    if (bytes.size() > 4 && random.below(2) == 0) bytes[1] = bytes[2] = bytes[3] = 0;
    ASSERT_TRUE(write_all(pair.left.get(), bytes, "pair"));
    pair.left.reset();
    std::size_t taken = 0;
    for (;;) {
      const auto message = receive_message(pair.right.get(), 256, soon());
      if (!message) break;
      taken += 4 + message->text.size();
    }
    EXPECT_LE(taken, bytes.size());
  }
}

TEST(LocalSocket, ListensForThisUserAloneWithAPathOfAnyLength) {
  const TemporaryDirectory directory;
  const std::string deep = directory.path() + "/" + std::string(120, 'd');
  std::filesystem::create_directory(deep);
  for (const std::string& path : {directory.path() + "/s", deep + "/s"}) {
    EXPECT_EQ(connect_local(path).error().os_errno, ENOENT);
    UniqueFd listener = listen_local(path).value();
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    const UniqueFd client = connect_local(path).value();
    const UniqueFd server(::accept(listener.get(), nullptr, nullptr));
    EXPECT_EQ(peer_of(server.get())->uid, ::getuid());
    EXPECT_EQ(peer_of(server.get())->pid, ::getpid());
    listener.reset();
    EXPECT_EQ(connect_local(path).error().os_errno, ECONNREFUSED);
    EXPECT_TRUE(listen_local(path)) << "a socket left behind is replaced";
  }
}

}  // namespace
}  // namespace aloft
