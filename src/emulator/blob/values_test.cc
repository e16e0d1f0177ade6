// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "emulator/blob/api_version.h"
#include "emulator/blob/names.h"
#include "emulator/blob/range.h"
#include "emulator/blob/target.h"
#include "emulator/blob/xml.h"
#include "emulator/wire/dates.h"

namespace aloft::emulator::blob {
namespace {

template <class T>
std::string code_of(const Outcome<T>& outcome) {
  return outcome ? "ok" : outcome.error().code;
}

TEST(Target, HasAccountContainerBlobAndQuery) {
  const Target target =
      parse_target("/acc/box/a%20b//c%2Fd/?comp=block&BlockId=a%2Bb%3D&x=1+2").value();
  EXPECT_EQ(target.path, "/acc/box/a%20b//c%2Fd/");
  EXPECT_EQ(target.account, "acc");
  EXPECT_EQ(target.container, "box");
  EXPECT_EQ(target.blob, "a b//c/d/");
  EXPECT_EQ(target.level(), Level::blob);
  EXPECT_EQ(target.query.get("blockid"), "a+b=");
  EXPECT_EQ(target.query.get("x"), "1 2");
  EXPECT_EQ(parse_target("/acc/box/")->level(), Level::container);
  EXPECT_EQ(parse_target("/acc?comp=list")->level(), Level::account);
}

TEST(Target, RefusesWhatCannotBeDecoded) {
  for (const char* wrong :
       {"/acc/box/a%", "/acc/box/%zz", "/acc/box/a?x=%1", "acc", "/acc//blob"}) {
    EXPECT_EQ(code_of(parse_target(wrong)), "InvalidUri") << wrong;
  }
}

TEST(Names, ContainersFollowAzuresRules) {
  for (const char* right : {"abc", "a-b-c", "0123", "$root"}) {
    EXPECT_EQ(code_of(check_container_name(right)), "ok") << right;
  }
  EXPECT_EQ(code_of(check_container_name("ab")), "OutOfRangeInput");
  EXPECT_EQ(code_of(check_container_name(std::string(64, 'a'))), "OutOfRangeInput");
  for (const char* wrong : {"Abc", "a--b", "-ab", "ab-", "a_b", "$abc"}) {
    EXPECT_EQ(code_of(check_container_name(wrong)), "InvalidResourceName") << wrong;
  }
}

TEST(Names, BlobsHaveCharactersNotBytesAsTheirLimit) {
  std::string letters;
  for (int i = 0; i < 1024; ++i) letters += "é";
  EXPECT_EQ(code_of(check_blob_name(letters)), "ok");
  EXPECT_EQ(code_of(check_blob_name(letters + "x")), "OutOfRangeInput");
  std::string segments = "a";
  for (int i = 0; i < 254; ++i) segments += "/a";
  EXPECT_EQ(code_of(check_blob_name(segments)), "OutOfRangeInput");
  EXPECT_EQ(code_of(check_blob_name("a//b/ c&<>%")), "ok");
  EXPECT_EQ(code_of(check_blob_name("a\xff")), "InvalidUri");
  for (const char* wrong : {"a.", "a./b", ".", "a/..", "a\\b", "a\nb", "a\x7f", "\xef\xbf\xbf"}) {
    EXPECT_EQ(code_of(check_blob_name(wrong)), "InvalidResourceName") << wrong;
  }
}

TEST(Names, BlockIdsAreBase64OfAtMost64Bytes) {
  EXPECT_EQ(parse_block_id("YWJj").value(), "abc");
  EXPECT_EQ(code_of(parse_block_id("")), "InvalidQueryParameterValue");
  EXPECT_EQ(code_of(parse_block_id("YWJ")), "InvalidQueryParameterValue");
  EXPECT_EQ(code_of(parse_block_id(std::string(88, 'A'))), "InvalidQueryParameterValue");
}

TEST(Metadata, KeepsNamesAsTheyAreSpelled) {
  const http::Headers headers{{"x-ms-meta-Posix_Owner", "7"}, {"X-MS-Meta-a", ""}, {"Host", "h"}};
  EXPECT_EQ(parse_metadata(headers).value(), (Metadata{{"Posix_Owner", "7"}, {"a", ""}}));
}

TEST(Metadata, RefusesWhatAzureRefuses) {
  const std::string large(8190, 'x');
  EXPECT_EQ(code_of(parse_metadata({{"x-ms-meta-ab", large}})), "ok");
  EXPECT_EQ(code_of(parse_metadata({{"x-ms-meta-abc", large}})), "MetadataTooLarge");
  for (const char* name : {"x-ms-meta-", "x-ms-meta-1a", "x-ms-meta-a-b", "x-ms-meta-a.b"}) {
    EXPECT_EQ(code_of(parse_metadata({{name, "v"}})), "InvalidMetadata") << name;
  }
  EXPECT_EQ(code_of(parse_metadata({{"x-ms-meta-a", "1"}, {"x-ms-meta-A", "2"}})),
            "InvalidMetadata");
  EXPECT_EQ(code_of(parse_metadata({{"x-ms-meta-a", "\xc3\xa9"}})), "InvalidMetadata");
}

TEST(Range, IsCutAtTheEnd) {
  const auto range = requested_range({{"Range", "bytes=2-100"}}, 10).value();
  EXPECT_EQ(range->offset, 2u);
  EXPECT_EQ(range->length_bytes, 8u);
  EXPECT_EQ(requested_range({{"Range", "bytes=9-"}}, 10).value()->length_bytes, 1u);
  EXPECT_FALSE(requested_range({}, 10).value().has_value());
  const http::Headers both{{"Range", "bytes=0-0"}, {"x-ms-range", "bytes=4-5"}};
  EXPECT_EQ(requested_range(both, 10).value()->offset, 4u) << "x-ms-range counts";
}

TEST(Range, RefusesWhatIsNone) {
  EXPECT_EQ(code_of(requested_range({{"Range", "bytes=10-"}}, 10)), "InvalidRange");
  EXPECT_EQ(code_of(requested_range({{"Range", "bytes=0-"}}, 0)), "InvalidRange");
  for (const char* wrong :
       {"bytes=-5", "bytes=5-4", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2", "bytes=1"}) {
    EXPECT_EQ(code_of(requested_range({{"Range", wrong}}, 10)), "InvalidHeaderValue") << wrong;
  }
}

TEST(Range, OfASourceMustBeThereWholly) {
  EXPECT_EQ(source_range({{"x-ms-source-range", "bytes=0-9"}}, 10)->length_bytes, 10u);
  EXPECT_EQ(code_of(source_range({{"x-ms-source-range", "bytes=0-10"}}, 10)), "InvalidRange");
  EXPECT_EQ(code_of(source_range({{"x-ms-source-range", "bytes=0-"}}, 10)), "InvalidHeaderValue");
}

TEST(Xml, EscapesText) {
  XmlWriter xml;
  xml.element("Name", "a<b>&\"c\"\r");
  xml.element("Empty", "");
  EXPECT_TRUE(xml.take().ends_with("<Name>a&lt;b&gt;&amp;&quot;c&quot;&#xD;</Name><Empty />"));
}

TEST(Xml, ReplacesWhatNoDocumentMayHave) {
  const auto written = [](std::string_view text) {
    XmlWriter xml;
    xml.element("T", text);
    const std::string document = xml.take();
    return document.substr(document.find("<T>"));
  };
  const std::string odd = "\xef\xbf\xbd";
  EXPECT_EQ(written("\xc3\xa4 \xf0\x9f\x98\x80\t\n"), "<T>\xc3\xa4 \xf0\x9f\x98\x80\t\n</T>");
  EXPECT_EQ(written("caf\xe9 \xff"), "<T>caf" + odd + " " + odd + "</T>");
  EXPECT_EQ(written("\xc3"), "<T>" + odd + "</T>") << "it breaks off";
  EXPECT_EQ(written("a\x01\x1f"
                    "b"),
            "<T>a" + odd + odd + "b</T>");
  EXPECT_EQ(written(std::string_view("\0", 1)), "<T>" + odd + "</T>");
  EXPECT_EQ(written("\xef\xbf\xbe"), "<T>" + odd + "</T>") << "U+FFFE is no character";
  EXPECT_EQ(written("\xed\xa0\x80"), "<T>" + odd + odd + odd + "</T>") << "nor is half of a pair";
  EXPECT_TRUE(is_xml_text("caf\xc3\xa9\n"));
  EXPECT_FALSE(is_xml_text("caf\xe9"));
}

TEST(BlockList, HasThreeKindsOfEntries) {
  const auto entries = parse_block_list(
      "\xef\xbb\xbf<?xml version='1.0'?><BlockList><Latest>YQ==</Latest>\n"
      "<Committed>Yg==</Committed><Uncommitted>Yw==</Uncommitted></BlockList>");
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ(entries->at(0).id, "a");
  EXPECT_EQ(entries->at(1).from, BlockListEntry::From::committed);
  EXPECT_EQ(entries->at(2).from, BlockListEntry::From::uncommitted);
  EXPECT_TRUE(parse_block_list("<BlockList/>")->empty());
}

TEST(BlockList, RefusesWhatIsNone) {
  for (const char* wrong :
       {"", "hello", "<BlockList>", "<Blocks/>", "<BlockList><Old>YQ==</Old></BlockList>"}) {
    EXPECT_EQ(code_of(parse_block_list(wrong)), "InvalidXmlDocument") << wrong;
  }
  EXPECT_EQ(code_of(parse_block_list("<BlockList><Latest>?</Latest></BlockList>")),
            "InvalidBlockList");
  std::string many = "<BlockList>";
  for (int i = 0; i <= 50'000; ++i) many += "<Latest>YQ==</Latest>";
  EXPECT_EQ(code_of(parse_block_list(many + "</BlockList>")), "BlockListTooLong");
}

TEST(ApiVersion, KnowsThoseThatExist) {
  EXPECT_TRUE(is_known_version("2020-10-02"));
  EXPECT_TRUE(is_known_version("2026-10-06"));
  EXPECT_TRUE(is_known_version("2026-12-06")) << "that of rclone 1.76";
  EXPECT_FALSE(is_known_version("2015-02-21"));
  EXPECT_FALSE(is_known_version("2020-10-03"));
  EXPECT_FALSE(is_known_version(""));
}

}  // namespace
}  // namespace aloft::emulator::blob
