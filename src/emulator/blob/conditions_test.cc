// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"

#include <gtest/gtest.h>

namespace aloft::emulator::blob {
namespace {

const Resource kResource{.etag = 0xAB,
                         .modified_at = *parse_http_date("Sat, 21 Nov 2026 03:30:00 GMT")};
constexpr const char* kBefore = "Sat, 21 Nov 2026 03:29:59 GMT";
constexpr const char* kAt = "Sat, 21 Nov 2026 03:30:00 GMT";

std::string text(const Outcome<void>& outcome) {
  return outcome ? "ok" : std::to_string(outcome.error().status) + " " + outcome.error().code;
}

std::string read(const http::Headers& headers) {
  const auto conditions = parse_conditions(headers, kResource.modified_at);
  return text(conditions ? check_read(*conditions, kResource) : refuse(conditions.error()));
}

std::string write(const http::Headers& headers, std::optional<Resource> resource = kResource) {
  const auto conditions = parse_conditions(headers, kResource.modified_at);
  return text(conditions ? check_write(*conditions, resource) : refuse(conditions.error()));
}

TEST(Conditions, OfReads) {
  EXPECT_EQ(read({}), "ok");
  EXPECT_EQ(read({{"If-Match", "\"0xAB\""}}), "ok");
  EXPECT_EQ(read({{"If-Match", "0xAB"}}), "ok");
  EXPECT_EQ(read({{"If-Match", "*"}}), "ok");
  EXPECT_EQ(read({{"If-Match", "\"0x1\", \"0xAB\""}}), "ok");
  EXPECT_EQ(read({{"If-Match", "\"0x1\""}}), "412 ConditionNotMet");
  EXPECT_EQ(read({{"If-None-Match", "\"0xAB\""}}), "304 ConditionNotMet");
  EXPECT_EQ(read({{"If-None-Match", "\"0x1\""}}), "ok");
  EXPECT_EQ(read({{"If-None-Match", "*"}}), "400 UnsatisfiableCondition");
  EXPECT_EQ(read({{"If-Modified-Since", kAt}}), "304 ConditionNotMet");
  EXPECT_EQ(read({{"If-Modified-Since", kBefore}}), "ok");
  EXPECT_EQ(read({{"If-Unmodified-Since", kAt}}), "ok");
  EXPECT_EQ(read({{"If-Unmodified-Since", kBefore}}), "412 ConditionNotMet");
  EXPECT_EQ(read({{"If-None-Match", "\"0xAB\""}, {"If-Modified-Since", kBefore}}), "ok")
      << "either that shows a change is enough";
}

TEST(Conditions, OfWrites) {
  EXPECT_EQ(write({{"If-Match", "\"0xAB\""}}), "ok");
  EXPECT_EQ(write({{"If-Match", "\"0x1\""}}), "412 ConditionNotMet");
  EXPECT_EQ(write({{"If-None-Match", "*"}}), "412 ConditionNotMet");
  EXPECT_EQ(write({{"If-None-Match", "\"0xAB\""}}), "412 ConditionNotMet");
  EXPECT_EQ(write({{"If-Modified-Since", kAt}}), "412 ConditionNotMet");
  EXPECT_EQ(write({{"If-Unmodified-Since", kBefore}}), "412 ConditionNotMet");
  EXPECT_EQ(write({{"If-None-Match", "*"}}, std::nullopt), "ok");
  EXPECT_EQ(write({{"If-Match", "*"}}, std::nullopt), "412 ConditionNotMet");
  EXPECT_EQ(write({{"If-Unmodified-Since", kBefore}}, std::nullopt), "ok");
}

TEST(Conditions, OfWholeContentSayThatItIsThere) {
  const auto write_content = [](const http::Headers& headers) {
    const auto conditions = parse_conditions(headers, kResource.modified_at);
    return text(check_write_of_content(*conditions, kResource));
  };
  EXPECT_EQ(write_content({{"If-None-Match", "*"}}), "409 BlobAlreadyExists");
  EXPECT_EQ(write_content({{"If-None-Match", "\"0xAB\""}}), "412 ConditionNotMet");
  EXPECT_EQ(write_content({{"If-None-Match", "\"0x1\""}}), "ok");
}

TEST(Conditions, OfWritesTakeNoCombinations) {
  EXPECT_EQ(write({{"If-Match", "\"0xAB\""}, {"If-None-Match", "*"}}),
            "400 MultipleConditionHeadersNotSupported");
  EXPECT_EQ(write({{"If-Match", "\"0xAB\", \"0x1\""}}), "400 MultipleConditionHeadersNotSupported");
}

TEST(Conditions, MustBeWellFormed) {
  EXPECT_EQ(read({{"If-Match", ""}}), "400 InvalidHeaderValue");
  EXPECT_EQ(read({{"If-Match", "\"a"}}), "400 InvalidHeaderValue");
  EXPECT_EQ(read({{"If-Modified-Since", "yesterday"}}), "400 InvalidHeaderValue");
}

TEST(Conditions, OfSources) {
  const auto source = [](const http::Headers& headers) {
    return text(check_source(*parse_source_conditions(headers, kResource.modified_at), kResource));
  };
  EXPECT_EQ(source({{"x-ms-source-if-match", "\"0xAB\""}}), "ok");
  EXPECT_EQ(source({{"x-ms-source-if-match", "\"0x1\""}}), "412 SourceConditionNotMet");
  EXPECT_EQ(source({{"x-ms-source-if-none-match", "\"0xAB\""}}), "412 SourceConditionNotMet");
  EXPECT_EQ(source({{"x-ms-source-if-unmodified-since", kBefore}}), "412 SourceConditionNotMet");
  EXPECT_EQ(source({{"If-Match", "\"0x1\""}}), "ok") << "that one is for the destination";
}

}  // namespace
}  // namespace aloft::emulator::blob
