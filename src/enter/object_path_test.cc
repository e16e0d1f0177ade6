// SPDX-License-Identifier: Apache-2.0
#include "enter/object_path.h"

#include <gtest/gtest.h>

namespace aloft::enter {
namespace {

TEST(ObjectPath, TurnsAWholeUriIntoAPath) {
  EXPECT_EQ(path_of_uri("az://acc/box/a/b.txt"), "/aloft/az/acc/box/a/b.txt");
  EXPECT_EQ(path_of_uri("az://acc"), "/aloft/az/acc");
  EXPECT_EQ(path_of_uri("az://"), "/aloft/az");
  EXPECT_EQ(path_of_uri("az://acc/box/100%25 sure"), "/aloft/az/acc/box/100%25 sure");
}

TEST(ObjectPath, RewritesArgumentsThatAreOrAssignAUri) {
  EXPECT_EQ(rewrite_argument("az://acc/box/x"), "/aloft/az/acc/box/x");
  EXPECT_EQ(rewrite_argument("--out=az://acc/box/x"), "--out=/aloft/az/acc/box/x");
  EXPECT_EQ(rewrite_argument("if=az://acc/box/x"), "if=/aloft/az/acc/box/x");
}

TEST(ObjectPath, LeavesOtherArgumentsAlone) {
  for (const char* text : {"", "x", "-o", "a=b", "see az://acc/box", "print('x=az://a')",
                           "=az://acc/box", "https://az://a", "/aloft/az/acc", "az:/acc/box"}) {
    EXPECT_EQ(rewrite_argument(text), text);
  }
}

TEST(ObjectPath, NamesTheRootOfAUri) {
  EXPECT_EQ(root_of_uri("az://acc/box/dir/"), "acc/box/dir");
  EXPECT_EQ(root_of_uri("az://acc/box"), "acc/box");
  EXPECT_EQ(root_of_uri("acc/box"), "");
}

}  // namespace
}  // namespace aloft::enter
