// SPDX-License-Identifier: Apache-2.0
#include "format/names.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

namespace aloft::format {
namespace {

struct Pair {
  std::string name;
  std::string component;
};

TEST(Names, KeepWhatTheServiceTakesAsItIs) {
  for (const char* name : {"reads.fastq", "a b", " lead", "ünïcödé", "a%20b", "100%", "%", "x..y",
                           ".hidden", "a:b*c?d\"e<f>g|h", "résumé.pdf", "r%C3%A9sum%C3%A9.pdf",
                           "a%25b", "~", "%2F", "日本語", "\xF0\x9F\xA7\xAC"}) {
    EXPECT_EQ(component_of_name(name), name);
    EXPECT_EQ(name_of_component(name), name);
  }
}

TEST(Names, EscapeWhatTheServiceRefusesOrClientsMangle) {
  const Pair pairs[] = {
      {"x.", "x%2E"},
      {"...", "..%2E"},
      {"a\\b", "a%5Cb"},
      {"line\nfeed", "line%0Afeed"},
      {"\x7F", "%7F"},
      {"\xFFlatin", "%FFlatin"},
      {"a\xC2\x85", "a%C2%85"},
      {"\xEF\xBF\xBF", "%EF%BF%BF"},
      {"\xED\xA0\x80", "%ED%A0%80"},
      {"x%2E", "x%252E"},
      {"%5C", "%255C"},
      {"%=plain", "%25=plain"},
      {"%d=a", "%25d=a"},
  };
  for (const Pair& pair : pairs) {
    EXPECT_EQ(component_of_name(pair.name), pair.component);
    EXPECT_EQ(name_of_component(pair.component), pair.name);
  }
}

TEST(Names, GiveForeignComponentsANameThatLeadsBackToThem) {
  for (const std::string component : {"", ".", "..", "x.", "a\\b", "%=", "%d=a", "%=x.", "x%2Ey.",
                                      "\x01", "%2E.", "...", "%25=.", "%25=", "r%25C3%25A9sum"}) {
    const std::string name = name_of_component(component);
    EXPECT_EQ(component_of_name(name), component) << name;
    EXPECT_FALSE(name.empty() || name == "." || name == "..");
  }
  EXPECT_EQ(name_of_component("x."), "%=x.");
  EXPECT_EQ(name_of_component(""), "%=");
}

TEST(Names, MapOneToOneWhateverTheBytes) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string alphabet = "%25EC=d.\\a\x01\xC3\xA9\xFF";
  for (int round = 0; round < 200'000; ++round) {
    std::string text(1 + random() % 9, ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    ASSERT_EQ(component_of_name(name_of_component(text)), text);
    if (text == "." || text == "..") continue;
    ASSERT_EQ(name_of_component(component_of_name(text)), text);
  }
}

TEST(Names, MapPathsComponentByComponent) {
  EXPECT_EQ(key_of_path("a./b\\c/d"), "a%2E/b%5Cc/d");
  EXPECT_EQ(path_of_key("a%2E/b%5Cc/d"), "a./b\\c/d");
  EXPECT_EQ(path_of_key("a//b"), "a/%=/b");
  EXPECT_EQ(key_of_path("a/%=/b"), "a//b");
}

TEST(Names, RefuseKeysThatTheServiceWouldRefuseForTheirLength) {
  EXPECT_TRUE(check_key(std::string(1024, 'k')));
  const auto too_long = check_key(std::string(1025, 'k'));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(errno_of(too_long.error()), ENAMETOOLONG);
  std::string thousand_umlauts;
  for (int i = 0; i < 1000; ++i) thousand_umlauts += "ü";
  EXPECT_TRUE(check_key(thousand_umlauts)) << "characters count, not bytes";
  std::string deep = "x";
  for (int i = 1; i < 255; ++i) deep += "/x";
  EXPECT_FALSE(check_key(deep));
}

TEST(Names, OfNewFilesHaveALimit) {
  EXPECT_TRUE(check_new_name(std::string(255, 'n')));
  const auto too_long = check_new_name(std::string(256, 'n'));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().os_errno, ENAMETOOLONG);
}

TEST(Names, HideOnlyTheAreaAtTheTop) {
  EXPECT_TRUE(is_hidden(".aloft"));
  EXPECT_TRUE(is_hidden(".aloft/orphans/x"));
  EXPECT_FALSE(is_hidden(".aloft2"));
  EXPECT_FALSE(is_hidden("project/.aloft"));
}

}  // namespace
}  // namespace aloft::format
