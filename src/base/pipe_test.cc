// SPDX-License-Identifier: Apache-2.0
#include "base/pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace aloft {
namespace {

TEST(Pipe, BringsAllThatIsWrittenAndThenEnds) {
  Pipe pipe = make_pipe().value();
  const std::string text(5000, 'x');  // More than one read takes, less than the pipe holds.
  ASSERT_TRUE(write_all(pipe.write_end.get(), text, "the pipe"));
  pipe.write_end.reset();
  EXPECT_EQ(read_to_end(pipe.read_end), text);
  EXPECT_EQ(read_to_end(pipe.read_end), "");
}

TEST(Pipe, IsNotInheritedByPrograms) {
  const Pipe pipe = make_pipe().value();
  for (const UniqueFd* end : {&pipe.read_end, &pipe.write_end}) {
    EXPECT_NE(::fcntl(end->get(), F_GETFD) & FD_CLOEXEC, 0);
  }
}

}  // namespace
}  // namespace aloft
