// SPDX-License-Identifier: Apache-2.0
#include "format/attributes.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

namespace aloft::format {
namespace {

using namespace std::chrono_literals;

FileAttributes decode(Metadata metadata) {
  return decode_attributes({.key = "k", .metadata = std::move(metadata)});
}

TEST(Attributes, ReadsTheStandardStyleOfAzCopy) {
  const FileAttributes file = decode({{"permissions", "33188"},
                                      {"posix_owner", "1000"},
                                      {"posix_group", "2000"},
                                      {"modtime", "1700000000123456789"},
                                      {"posix_atime", "1700000001000000000"}});
  EXPECT_EQ(file.kind, FileKind::regular);
  EXPECT_EQ(file.permissions, mode_t{0644});
  EXPECT_EQ(file.uid, uid_t{1000});
  EXPECT_EQ(file.gid, gid_t{2000});
  EXPECT_EQ(file.mtime, 1700000000123456789ns);
  EXPECT_EQ(file.atime, 1700000001s);
}

TEST(Attributes, ReadsTheStyleForManagedLustre) {
  const FileAttributes file = decode({{"permissions", "0755"},
                                      {"owner", "1"},
                                      {"group", "2"},
                                      {"modtime", "2026-01-31 12:00:00 +0100"}});
  EXPECT_EQ(file.permissions, mode_t{0755});
  EXPECT_EQ(file.uid, uid_t{1});
  EXPECT_EQ(file.gid, gid_t{2});
  EXPECT_EQ(file.mtime, 1769857200s);
}

TEST(Attributes, ReadsWhatRcloneWrites) {
  const FileAttributes file =
      decode({{"mtime", "2026-01-31T11:00:00.5Z"}, {"mode", "100640"}, {"uid", "7"}, {"gid", "8"}});
  EXPECT_EQ(file.kind, FileKind::regular);
  EXPECT_EQ(file.permissions, mode_t{0640});
  EXPECT_EQ(file.uid, uid_t{7});
  EXPECT_EQ(file.mtime, 1769857200s + 500ms);
}

TEST(Attributes, TellsKindsByMarkersFlagsAndTypeBits) {
  EXPECT_EQ(decode({{"Hdi_isfolder", "True"}}).kind, FileKind::directory);
  EXPECT_EQ(decode({{"is_symlink", "true"}, {"is_char_dev", "true"}}).kind, FileKind::symlink);
  EXPECT_EQ(decode({{"is_socket", "true"}, {"hdi_isfolder", "true"}}).kind, FileKind::socket);
  EXPECT_EQ(decode({{"permissions", "16877"}}).kind, FileKind::directory);
  EXPECT_EQ(decode({{"hdi_isfolder", "false"}}).kind, FileKind::regular);
  EXPECT_EQ(decode_attributes({.key = "d/"}).kind, FileKind::directory);
  EXPECT_EQ(decode_attributes({.key = "d/", .metadata = {{"mtime", "x"}}}).kind,
            FileKind::directory);
}

TEST(Attributes, TakesSenselessValuesAsAbsent) {
  const FileAttributes file = decode({{"permissions", "rwxr-xr-x"},
                                      {"posix_owner", "-1"},
                                      {"posix_group", "99999999999999"},
                                      {"modtime", "soon"}});
  EXPECT_EQ(file, FileAttributes{});
}

TEST(Attributes, WritesWhatItReads) {
  for (const FileKind kind :
       {FileKind::regular, FileKind::directory, FileKind::symlink, FileKind::fifo, FileKind::socket,
        FileKind::character_device, FileKind::block_device}) {
    const FileAttributes written{
        .kind = kind, .permissions = 04751, .uid = 3, .gid = 4, .mtime = -5ns, .atime = 6ns};
    Metadata metadata;
    encode_attributes(written, metadata);
    EXPECT_EQ(decode(metadata), written);
  }
}

TEST(Attributes, KeepsUnknownNamesAndForeignFormsInStep) {
  Metadata metadata{{"project", "x"}, {"mtime", "2020-01-01T00:00:00Z"}, {"mode", "100600"}};
  encode_attributes({.permissions = 0640, .mtime = 1s}, metadata);
  const Metadata expected{{"project", "x"},
                          {"mtime", "1970-01-01T00:00:01.000000000Z"},
                          {"mode", "100640"},
                          {"permissions", "33184"},
                          {"modtime", "1000000000"}};
  EXPECT_EQ(metadata, expected);
}

TEST(Attributes, TurnsTheLustreStyleIntoTheStandardOneWithoutLosingAnything) {
  Metadata metadata{{"permissions", "0755"}, {"owner", "1"}, {"group", "2"}};
  encode_attributes({.mtime = 1s}, metadata);
  const Metadata expected{{"permissions", "33261"},
                          {"posix_owner", "1"},
                          {"posix_group", "2"},
                          {"modtime", "1000000000"}};
  EXPECT_EQ(metadata, expected);
}

TEST(Attributes, MakesNoSenseOfWhatMadeNoneInTheLustreStyle) {
  Metadata metadata{{"permissions", "33188"}, {"owner", "1"}};
  ASSERT_FALSE(decode(metadata).permissions.has_value()) << "8 is no octal digit";
  encode_attributes({.uid = 1}, metadata);
  EXPECT_FALSE(decode(metadata).permissions.has_value());
}

TEST(Attributes, RefusesMoreMetadataThanTheServiceKeeps) {
  EXPECT_TRUE(check_metadata_size("k", {{"a", std::string(8191, 'x')}}));
  const auto refused = check_metadata_size("k", {{"a", std::string(8192, 'x')}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(errno_of(refused.error()), ENOSPC);
}

}  // namespace
}  // namespace aloft::format
