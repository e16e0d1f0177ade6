// SPDX-License-Identifier: Apache-2.0
#include "format/content_notes.h"

#include <gtest/gtest.h>

#include "format/content_version.h"

namespace aloft::format {
namespace {

ObjectInfo noted(const ContentNotes& notes) {
  ObjectInfo object{.key = "k", .metadata = {{"aloft_content", "v1"}, {"mine", "kept"}}};
  encode_notes(notes, object.metadata);
  return object;
}

TEST(ContentNotes, AreReadAsTheyWereWritten) {
  const ContentNotes notes{.crc64 = 0x0123456789abcdef, .sparse = true, .link_group = "abc"};
  const ObjectInfo object = noted(notes);
  EXPECT_EQ(object.metadata.at("aloft_crc64"), "0123456789abcdef:v1");
  EXPECT_EQ(object.metadata.at("aloft_sparse"), "true");
  EXPECT_EQ(decode_notes(object), notes);
  EXPECT_EQ(decode_notes(noted({.crc64 = 0})).crc64, 0u);
}

TEST(ContentNotes, AreGoneOnceTheyAreNotWrittenAgain) {
  ObjectInfo object = noted({.crc64 = 1, .sparse = true, .link_group = "abc"});
  encode_notes({}, object.metadata);
  EXPECT_EQ(object.metadata, (Metadata{{"aloft_content", "v1"}, {"mine", "kept"}}));
}

TEST(ContentNotes, HaveAChecksumOnlyOfTheContentThatIsThere) {
  ObjectInfo object = noted({.crc64 = 1, .sparse = true});
  object.metadata["aloft_content"] = "v2";
  EXPECT_EQ(decode_notes(object), (ContentNotes{.sparse = true}));
  object.metadata.erase("aloft_content");
  EXPECT_EQ(decode_notes(object).crc64, std::nullopt);
  // A chmod keeps the version, and so the checksum.
  ObjectInfo attributes_changed = noted({.crc64 = 1});
  keep_content_version(attributes_changed, attributes_changed.metadata);
  EXPECT_EQ(decode_notes(attributes_changed).crc64, 1u);
}

TEST(ContentNotes, HaveNoChecksumOfWhatChangesInPlace) {
  ObjectInfo object = noted({.crc64 = 1});
  object.kind = ObjectKind::append;
  EXPECT_EQ(decode_notes(object).crc64, std::nullopt);
}

TEST(ContentNotes, TakeSenselessValuesAsAbsent) {
  for (const char* value : {"", "1:v1", "0123456789abcdeg:v1", "0123456789abcdefv1",
                            "+123456789abcdef:v1", "0123456789abcdef:"}) {
    const ObjectInfo object{
        .metadata = {{"aloft_content", "v1"}, {"aloft_crc64", value}, {"aloft_sparse", "1"}}};
    EXPECT_EQ(decode_notes(object), ContentNotes{}) << value;
  }
}

}  // namespace
}  // namespace aloft::format
