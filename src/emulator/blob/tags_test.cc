// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/tags.h"

#include <gtest/gtest.h>

#include "emulator/blob/service_fixture_fake.h"

namespace aloft::emulator::blob {
namespace {

const Tags kTags{{"date", "2026-11-21"}, {"kind", "raw data"}};

std::string holds(const char* text, TagFilter::Grammar grammar = TagFilter::Grammar::condition) {
  const auto filter = TagFilter::parse(text, grammar);
  if (!filter) return "wrong";
  return filter->matches("box", kTags) ? "yes" : "no";
}

TEST(TagFilter, ComparesTagsAsTexts) {
  EXPECT_EQ(holds("kind = 'raw data'"), "yes");
  EXPECT_EQ(holds("\"kind\"='raw data' AND date >= '2026-11-01' and date < '2026-12'"), "yes");
  EXPECT_EQ(holds("date > '2026-11-21'"), "no");
  EXPECT_EQ(holds("absent = ''"), "no");
  EXPECT_EQ(holds("kind <> 'x' AND absent <> 'x'"), "yes");
  EXPECT_EQ(holds("kind = 'x' OR date = '2026-11-21' AND kind = 'raw data'"), "yes");
  EXPECT_EQ(holds("(kind = 'x' OR date = '2026-11-21') AND kind = 'x'"), "no");
  EXPECT_EQ(holds("kind = 'it''s'"), "no");
}

TEST(TagFilter, OfASearchHasContainersButNoAlternatives) {
  const auto search = TagFilter::Grammar::search;
  EXPECT_EQ(holds("@container = 'box' AND kind = 'raw data'", search), "yes");
  EXPECT_EQ(holds("@container = 'other'", search), "no");
  EXPECT_EQ(holds("kind = 'x' OR date > '1'", search), "wrong");
  EXPECT_EQ(holds("kind <> 'x'", search), "wrong");
  EXPECT_EQ(holds("@container = 'box'"), "wrong");
}

TEST(TagFilter, RefusesWhatIsNone) {
  for (const char* text : {"", "kind", "kind =", "kind = x", "kind = 'x", "= 'x'", "kind = 'x' AND",
                           "kind = 'x' kind = 'y'", "(kind = 'x'", "kind == 'x'", "\"kind = 'x'"}) {
    EXPECT_EQ(holds(text), "wrong") << text;
  }
  EXPECT_EQ(holds(std::string(100, '(').c_str()), "wrong");
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return "";
  const std::size_t first = from + begin.size();
  return text.substr(first, text.find(end, first) - first);
}

class TagsTest : public testing::Test, protected ServiceInMemory {
 protected:
  TagsTest() {
    EXPECT_EQ(client_.request("PUT", "box?restype=container").status, 201);
    EXPECT_EQ(put("kind=raw+data&date=2026").status, 201);
  }
  FakeAnswer put(const std::string& tags) {
    return client_.request("PUT", "box/a", {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-tags", tags}},
                           "content");
  }
  FakeAnswer set(const std::string& tags) {
    return client_.request("PUT", "box/a?comp=tags", {},
                           "<Tags><TagSet>" + tags + "</TagSet></Tags>");
  }
  FakeAnswer set_tier(const char* tier, const char* priority = "Standard") {
    return client_.request("PUT", "box/a?comp=tier",
                           {{"x-ms-access-tier", tier}, {"x-ms-rehydrate-priority", priority}});
  }
  std::string head(const char* field) {
    return std::string(client_.request("HEAD", "box/a").headers.get(field));
  }
};

TEST_F(TagsTest, AreSetWithABlobOrBesideIt) {
  EXPECT_EQ(head("x-ms-tag-count"), "2");
  const std::string etag = head("ETag");
  EXPECT_EQ(set("<Tag><Key>a</Key><Value> </Value></Tag>").status, 204);
  EXPECT_EQ(head("ETag"), etag) << "tags are beside the blob";
  EXPECT_NE(client_.request("GET", "box/a?comp=tags").body.find("<Key>a</Key><Value> </Value>"),
            std::string::npos);
  EXPECT_NE(client_.request("GET", "box?restype=container&comp=list&include=tags")
                .body.find("<Key>a</Key>"),
            std::string::npos);
  EXPECT_EQ(put("").status, 201);
  EXPECT_EQ(head("x-ms-tag-count"), "");
}

TEST_F(TagsTest, OfACopyComeWithTheRequest) {
  client_.request("PUT", "box/source", {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-tags", "a=1"}});
  const auto copy = [&](const char* option) {
    return client_
        .request("PUT", "box/copy",
                 {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/source"},
                  {"x-ms-copy-source-tag-option", option},
                  {"x-ms-tags", "b=2"}})
        .code;
  };
  EXPECT_EQ(copy("REPLACE"), "");
  EXPECT_NE(client_.request("GET", "box/copy?comp=tags").body.find("<Key>b</Key>"),
            std::string::npos);
  EXPECT_EQ(copy("COPY"), "APINotImplemented");
}

TEST_F(TagsTest, AreConditionsOfReadsAndWrites) {
  const auto get = [&](const char* condition) {
    return client_.request("GET", "box/a", {{"x-ms-if-tags", condition}}).code;
  };
  EXPECT_EQ(get("kind = 'raw data'"), "");
  EXPECT_EQ(get("kind = 'other'"), "ConditionNotMet");
  EXPECT_EQ(get("kind"), "InvalidHeaderValue");
  EXPECT_EQ(client_.request("DELETE", "box/a", {{"x-ms-if-tags", "kind = 'x'"}}).code,
            "ConditionNotMet");
}

TEST_F(TagsTest, FindBlobsInAllContainersPageByPage) {
  ASSERT_EQ(client_.request("PUT", "crate?restype=container").status, 201);
  ASSERT_EQ(client_
                .request("PUT", "crate/b",
                         {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-tags", "kind=raw+data"}})
                .status,
            201);
  ASSERT_EQ(client_.request("PUT", "crate/untagged", {{"x-ms-blob-type", "BlockBlob"}}).status,
            201);
  const auto names = [&](const std::string& path) {
    std::string found;
    std::string marker;
    do {
      const std::string body =
          client_
              .request("GET", path + "&maxresults=1" + (marker.empty() ? "" : "&marker=" + marker))
              .body;
      found += between(body, "<Name>", "</Name>") + "@" +
               between(body, "<ContainerName>", "</ContainerName>") + " ";
      marker = between(body, "<NextMarker>", "</NextMarker>");
    } while (!marker.empty());
    return found;
  };
  const std::string where = "comp=blobs&where=kind%3D%27raw%20data%27";
  EXPECT_EQ(names("?" + where), "a@box b@crate ");
  EXPECT_EQ(names("?" + where + "%20AND%20%40container%3D%27crate%27"), "b@crate ");
  EXPECT_EQ(names("box?restype=container&" + where), "a@box ");
  EXPECT_EQ(client_.request("GET", "?comp=blobs").code, "MissingRequiredQueryParameter");
  EXPECT_EQ(client_.request("GET", "?comp=blobs&where=kind").code, "InvalidQueryParameterValue");
  EXPECT_EQ(client_.request("GET", "none?restype=container&" + where).code, "ContainerNotFound");
}

TEST_F(TagsTest, ASearchShowsWhatItsConditionIsAbout) {
  const std::string found =
      client_.request("GET", "?comp=blobs&where=kind%3D%27raw%20data%27").body;
  EXPECT_NE(found.find("<Key>kind</Key><Value>raw data</Value>"), std::string::npos);
  EXPECT_EQ(found.find("date"), std::string::npos);
}

TEST_F(TagsTest, AreRefusedWhereAzureRefusesThem) {
  EXPECT_EQ(put("a=1&a=2").code, "DuplicateTagNames");
  EXPECT_EQ(put("a=%23").code, "InvalidTag");
  EXPECT_EQ(put("=1").code, "EmptyTagName");
  EXPECT_EQ(put("a").code, "InvalidHeaderValue");
  EXPECT_EQ(put(std::string(129, 'k') + "=v").code, "TagsTooLarge");
  std::string eleven;
  for (int i = 0; i < 11; ++i) eleven += "k" + std::to_string(i) + "=v&";
  eleven.pop_back();
  EXPECT_EQ(put(eleven).code, "TagsTooLarge");
  EXPECT_EQ(set("<Tag><Key>a</Key></Tag>").code, "InvalidXmlDocument");
}

TEST_F(TagsTest, OfDeletedBlobsNoneIsFound) {
  ASSERT_EQ(client_.request("DELETE", "box/a").status, 202);
  EXPECT_EQ(client_.request("GET", "?comp=blobs&where=date%3E%270%27").body.find("<Blob>"),
            std::string::npos);
}

TEST_F(TagsTest, AreThoseOfASnapshotToo) {
  const std::string moment(
      client_.request("PUT", "box/a?comp=snapshot").headers.get("x-ms-snapshot"));
  const std::string snapshot = "&snapshot=" + moment;
  const char* document = "<Tags><TagSet><Tag><Key>of</Key><Value>old</Value></Tag></TagSet></Tags>";
  EXPECT_EQ(client_.request("PUT", "box/a?comp=tags" + snapshot, {}, document).status, 204);
  EXPECT_NE(client_.request("GET", "box/a?comp=tags" + snapshot).body.find("old"),
            std::string::npos);
  EXPECT_EQ(client_.request("GET", "box/a?comp=tags").body.find("old"), std::string::npos);
  EXPECT_EQ(
      client_.request("PUT", "box/a?comp=tags&snapshot=2001-01-01T00:00:00.0000000Z", {}, document)
          .code,
      "BlobNotFound");
}

TEST_F(TagsTest, ASnapshotHasATierOfItsOwn) {
  const std::string moment(
      client_.request("PUT", "box/a?comp=snapshot").headers.get("x-ms-snapshot"));
  const auto set_tier = [&](const char* tier) {
    return client_.request("PUT", "box/a?comp=tier&snapshot=" + moment,
                           {{"x-ms-access-tier", tier}});
  };
  EXPECT_EQ(set_tier("Cool").status, 200);
  EXPECT_EQ(head("x-ms-access-tier"), "Hot");
  EXPECT_EQ(client_.request("HEAD", "box/a?snapshot=" + moment).headers.get("x-ms-access-tier"),
            "Cool");
  EXPECT_EQ(set_tier("Archive").status, 200);
  EXPECT_EQ(client_.request("GET", "box/a?snapshot=" + moment).code, "BlobArchived");
  EXPECT_EQ(set_tier("Hot").code, "BlobArchived") << "it only comes back as a copy";
}

TEST_F(TagsTest, OfAVersionAreChangedWhereItIsNow) {
  Repository versioned{index_, storage_, clock_, {}, {.versioning = true}};
  Service service{{.name = "acc", .key = "secret"}, versioned};
  FakeClient client{service, clock_};
  const auto put_version = [&] {
    return std::string(client.request("PUT", "box/v", {{"x-ms-blob-type", "BlockBlob"}})
                           .headers.get("x-ms-version-id"));
  };
  const auto tags_of = [&](const std::string& version) {
    return between(client.request("GET", "box/v?comp=tags&versionid=" + version).body, "<Value>",
                   "</Value>");
  };
  const std::string first = put_version();
  const std::string second = put_version();
  for (const auto& [version, value] : {std::pair(first, "one"), std::pair(second, "two")}) {
    const std::string document = std::string("<Tags><TagSet><Tag><Key>k</Key><Value>") + value +
                                 "</Value></Tag></TagSet></Tags>";
    EXPECT_EQ(client.request("PUT", "box/v?comp=tags&versionid=" + version, {}, document).status,
              204);
  }
  EXPECT_EQ(tags_of(first), "one");
  EXPECT_EQ(tags_of(second), "two");
  EXPECT_EQ(between(client.request("GET", "box/v?comp=tags").body, "<Value>", "</Value>"), "two");
}

TEST_F(TagsTest, AnArchivedBlobIsReadOnceItIsRehydrated) {
  EXPECT_EQ(set_tier("Archive").status, 200);
  EXPECT_EQ(head("x-ms-access-tier"), "Archive");
  EXPECT_EQ(client_.request("GET", "box/a").code, "BlobArchived");
  EXPECT_EQ(
      client_.request("PUT", "box/b", {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/a"}})
          .code,
      "BlobArchived");
  EXPECT_EQ(put("").code, "BlobArchived") << "nor is it overwritten";
  EXPECT_EQ(client_.request("PUT", "box/a?comp=block&blockid=MQ==", {}, "x").code, "BlobArchived");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=metadata").code, "BlobArchived");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=snapshot").code, "BlobArchived");
  EXPECT_EQ(set("").status, 204) << "tags are not in the archive";
  EXPECT_EQ(set_tier("Cool").status, 202);
  EXPECT_EQ(head("x-ms-archive-status"), "rehydrate-pending-to-cool");
  EXPECT_EQ(client_.request("GET", "box/a").code, "BlobArchived");
  EXPECT_EQ(set_tier("Hot").code, "BlobBeingRehydrated");
  EXPECT_EQ(set_tier("Cool", "High").status, 202) << "it may be hurried";
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(client_.request("GET", "box/a").body, "content");
  EXPECT_EQ(head("x-ms-access-tier"), "Cool");
  EXPECT_EQ(head("x-ms-archive-status"), "");
  EXPECT_EQ(set_tier("Warm").code, "InvalidHeaderValue");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=tier").code, "MissingRequiredHeader");
}

}  // namespace
}  // namespace aloft::emulator::blob
