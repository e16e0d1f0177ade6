// SPDX-License-Identifier: Apache-2.0
#include "fuse/internal/interrupts.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/guarded.h"

namespace aloft::fuse {
namespace {

using namespace std::chrono_literals;

std::string status(const char* pending, const char* shared, const char* blocked,
                   const char* ignored, const char* caught) {
  return std::string("Name:\tx\nThreads:\t1\nSigQ:\t0/1\nSigPnd:\t") + pending + "\nShdPnd:\t" +
         shared + "\nSigBlk:\t" + blocked + "\nSigIgn:\t" + ignored + "\nSigCgt:\t" + caught +
         "\nCapInh:\t0\n";
}
constexpr const char* kNone = "0000000000000000";
constexpr const char* kInt = "0000000000000002";
constexpr const char* kKill = "0000000000000100";
constexpr const char* kUrgent = "0000000000400000";

TEST(Interrupts, TakeOnlyADeadlySignalForDeath) {
  EXPECT_FALSE(shows_death(status(kNone, kNone, kNone, kNone, kNone)));
  EXPECT_TRUE(shows_death(status(kKill, kNone, kNone, kNone, kNone)));
  EXPECT_TRUE(shows_death(status(kNone, kKill, kKill, kNone, kNone)));
  EXPECT_TRUE(shows_death(status(kNone, kInt, kNone, kNone, kNone)));
  EXPECT_FALSE(shows_death(status(kNone, kInt, kInt, kNone, kNone))) << "blocked";
  EXPECT_FALSE(shows_death(status(kNone, kInt, kNone, kInt, kNone))) << "ignored";
  EXPECT_FALSE(shows_death(status(kNone, kInt, kNone, kNone, kInt))) << "has a handler";
  EXPECT_FALSE(shows_death(status(kUrgent, kNone, kNone, kNone, kNone))) << "harmless";
  EXPECT_FALSE(shows_death("")) << "nothing known";
}

TEST(Interrupts, SeeThisThreadAsLivingAndAStrangerAsDying) {
  EXPECT_FALSE(is_dying(::gettid()));
  EXPECT_TRUE(is_dying(0)) << "of another pid namespace";
  EXPECT_TRUE(is_dying(0x7ffffff0)) << "gone";
}

TEST(Interrupts, StopARequestOnceItsCallerDies) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  Interrupts interrupts;
  std::stop_source stop;
  const std::uint64_t ticket = interrupts.add(child, stop);
  EXPECT_NE(ticket, 0u);
  EXPECT_FALSE(stop.stop_requested()) << "it lives";
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!stop.stop_requested() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(stop.stop_requested());
  interrupts.remove(ticket);
}

TEST(Interrupts, ForgetARequestThatWasAnswered) {
  Interrupts interrupts;
  std::stop_source stop;
  interrupts.remove(interrupts.add(::gettid(), stop));
  interrupts.remove(0);
  EXPECT_FALSE(stop.stop_requested());
}

}  // namespace
}  // namespace aloft::fuse
