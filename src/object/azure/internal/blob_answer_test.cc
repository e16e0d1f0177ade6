// SPDX-License-Identifier: Apache-2.0
#include "object/azure/internal/blob_answer.h"

#include <gtest/gtest.h>

namespace aloft::internal {
namespace {

using namespace std::chrono_literals;

http::Answer answer_with(http::Headers headers) {
  http::Answer answer;
  answer.status = 200;
  answer.headers = std::move(headers);
  return answer;
}

TEST(HttpDate, IsReadStrictly) {
  EXPECT_EQ(parse_http_date("Sat, 21 Nov 2026 03:04:05 GMT"),
            std::chrono::sys_days(2026y / 11 / 21) + 3h + 4min + 5s);
  for (const char* text :
       {"", "21 Nov 2026", "Sat, 21 Nov 2026 03:04:05 CET", "Sat, 31 Feb 2026 03:04:05 GMT",
        "Sat, 21 Nov 2026 24:04:05 GMT", "Sat, 21 Nox 2026 03:04:05 GMT",
        "Sat, +1 Nov 2026 03:04:05 GMT", "Sat, 21 Nov 2026 03:04:05 GMT "}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(ContentRange, IsReadStrictly) {
  const auto range = parse_content_range("bytes 2-9/100");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 2u);
  EXPECT_EQ(range->last, 9u);
  EXPECT_EQ(range->size_bytes, 100u);
  for (const char* text : {"", "2-9/100", "bytes 2-9/*", "bytes 9-2/100", "bytes 2-100/100",
                           "bytes */100", "bytes -9/100", "bytes 2-9", "bytes 2/9-100"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

TEST(ObjectInfo, IsReadFromHeaders) {
  const auto info =
      parse_object_info("key", answer_with({{"ETag", "\"0x1\""},
                                            {"Last-Modified", "Sat, 21 Nov 2026 03:04:05 GMT"},
                                            {"x-ms-blob-type", "AppendBlob"},
                                            {"Content-Length", "12"},
                                            {"Content-Type", "text/plain"},
                                            {"Content-MD5", "sum"},
                                            {"X-Ms-Meta-Posix_Owner", "1000"}}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->size_bytes, 12u);
  EXPECT_EQ(info->kind, ObjectKind::append);
  EXPECT_EQ(info->properties.content_type, "text/plain");
  EXPECT_EQ(info->properties.content_md5, "sum");
  EXPECT_EQ(info->metadata.at("posix_owner"), "1000");
}

TEST(ObjectInfo, TakesTheWholeSizeFromARange) {
  const auto info =
      parse_object_info("key", answer_with({{"ETag", "\"0x1\""},
                                            {"Last-Modified", "Sat, 21 Nov 2026 03:04:05 GMT"},
                                            {"x-ms-blob-type", "BlockBlob"},
                                            {"Content-Length", "10"},
                                            {"Content-Range", "bytes 0-9/100"},
                                            {"Content-MD5", "of the range"},
                                            {"x-ms-blob-content-md5", "of all"}}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->size_bytes, 100u);
  EXPECT_EQ(info->properties.content_md5, "of all");
}

TEST(ObjectInfo, IsADirectoryOrAFileAsTheServiceSays) {
  const auto is_directory_as = [](const char* type) {
    const auto info =
        parse_object_info("key", answer_with({{"ETag", "\"0x1\""},
                                              {"Last-Modified", "Sat, 21 Nov 2026 03:04:05 GMT"},
                                              {"x-ms-blob-type", "BlockBlob"},
                                              {"Content-Length", "12"},
                                              {"x-ms-resource-type", type},
                                              {"x-ms-meta-Hdi_IsFolder", "true"}}));
    return info && is_directory(info->metadata);
  };
  EXPECT_TRUE(is_directory_as("directory"));
  EXPECT_FALSE(is_directory_as("file"));
  EXPECT_TRUE(is_directory_as("")) << "other accounts have but the metadata to say it";
}

TEST(ObjectInfo, IsNotGuessed) {
  const std::pair<const char*, const char*> all[] = {
      {"ETag", "\"0x1\""},
      {"Last-Modified", "Sat, 21 Nov 2026 03:04:05 GMT"},
      {"x-ms-blob-type", "BlockBlob"},
      {"Content-Length", "12"}};
  for (const auto& missing : all) {
    http::Headers headers;
    for (const auto& [name, value] : all) {
      if (name != missing.first) headers.add(name, value);
    }
    EXPECT_FALSE(parse_object_info("key", answer_with(headers))) << missing.first;
  }
}

}  // namespace
}  // namespace aloft::internal
