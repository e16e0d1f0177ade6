// SPDX-License-Identifier: Apache-2.0
#include "enter/namespaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "enter/fuse_mount.h"

namespace aloft::enter {
namespace {

using testing::HasSubstr;

TEST(Namespaces, MapAnIdToItself) {
  EXPECT_EQ(id_map_line(0), "0 0 1\n");
  EXPECT_EQ(id_map_line(4294967294u), "4294967294 4294967294 1\n");
}

TEST(Namespaces, NameARemedyForEachRefusal) {
  for (const int error : {EPERM, ENOSPC, EUSERS, EINVAL, EACCES}) {
    const std::string text = user_namespace_refusal(error);
    EXPECT_THAT(text, HasSubstr("this host refuses user namespaces"));
    EXPECT_GT(text.size(), 60u) << text;
  }
}

TEST(FuseMount, TellsTheKernelWhoseFilesAndHowMuchAtATime) {
  const std::string data = fuse_mount_data(7, {.source = "x", .uid = 12, .gid = 34});
  EXPECT_EQ(data,
            "fd=7,rootmode=40755,user_id=12,group_id=34,max_read=1048576,default_permissions");
  EXPECT_THAT(fuse_mount_data(7, {.allow_other = true}), HasSubstr(",allow_other"));
}

TEST(FuseMount, NamesTheDeviceAndARemedy) {
  const auto device = open_fuse_device([](const char* name) -> const char* {
    return std::string_view(name) == "ALOFT_FUSE_DEVICE" ? "/nowhere/fuse" : nullptr;
  });
  ASSERT_FALSE(device);
  EXPECT_THAT(device.error().message, HasSubstr("/nowhere/fuse"));
  EXPECT_THAT(device.error().message, HasSubstr("modprobe fuse"));
}

}  // namespace
}  // namespace aloft::enter
