// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/directory_storage.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/temporary_directory.h"
#include "emulator/blob/internal/journal_rows.h"
#include "emulator/blob/service_fixture_fake.h"

namespace aloft::emulator::blob {
namespace {

/// A service over a data directory that can be closed and opened again.
class DirectoryStorageTest : public testing::Test {
 protected:
  struct Running {
    Running(const std::string& directory, Clock& clock, Namespace kind)
        : opened(DirectoryStorage::open(directory, index, kind).value()),
          repository(index, *opened.storage, clock, opened.numbers,
                     {.hierarchical_namespace = kind == Namespace::hierarchical}),
          service({.name = "acc", .key = "secret"}, repository),
          client(service, clock) {}
    Index index;
    DirectoryStorage::Opened opened;
    Repository repository;
    Service service;
    FakeClient client;
  };
  void open(Namespace kind = Namespace::flat) {
    running_.reset();
    running_.emplace(data_, clock_, kind);
  }
  FakeAnswer request(std::string_view method, const std::string& path,
                     std::initializer_list<http::Headers::Field> headers = {},
                     const std::string& content = {}) {
    return running_->client.request(method, path, headers, content);
  }
  FakeAnswer put(const std::string& path, const std::string& content) {
    return request("PUT", path, {{"x-ms-blob-type", "BlockBlob"}}, content);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(data_ + "/contents"), {}));
  }

  TemporaryDirectory scratch_;
  const std::string data_ = scratch_.path() + "/data";
  FakeClock clock_;
  std::optional<Running> running_;
};

const std::string kSmall = "small";
const std::string kLarge(100'000, 'L');

TEST_F(DirectoryStorageTest, KeepsEverythingAcrossAStart) {
  open();
  request("PUT", "box?restype=container", {{"x-ms-meta-a", "1"}});
  request("PUT", "?restype=service&comp=properties", {},
          "<StorageServiceProperties><DeleteRetentionPolicy><Enabled>true</Enabled><Days>9</Days>"
          "</DeleteRetentionPolicy></StorageServiceProperties>");
  request("PUT", "box/small",
          {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-meta-B_c", "2"}, {"Content-Type", "t/x"}},
          kSmall);
  request("PUT", "box/small?comp=lease",
          {{"x-ms-lease-action", "acquire"},
           {"x-ms-lease-duration", "60"},
           {"x-ms-proposed-lease-id", "aaaaaaaa-0000-0000-0000-000000000000"}});
  request("PUT", "box?restype=container&comp=lease",
          {{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "-1"}});
  request("PUT", "box?restype=container&comp=acl", {{"x-ms-blob-public-access", "blob"}},
          "<SignedIdentifiers><SignedIdentifier><Id>policy</Id></SignedIdentifier>"
          "</SignedIdentifiers>");
  const std::string etag(put("box/large", kLarge).headers.get("ETag"));
  request("PUT", "box/copy", {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/large"}});
  request("PUT", "box/blocks?comp=block&blockid=YQ==", {}, kLarge);
  request("PUT", "box/blocks?comp=block&blockid=Yg==", {}, kSmall);
  request("PUT", "box/blocks?comp=blocklist", {},
          "<BlockList><Latest>YQ==</Latest><Latest>Yg==</Latest></BlockList>");
  request("PUT", "box/blocks?comp=block&blockid=Yw==", {}, "staged");

  open();
  EXPECT_NE(request("GET", "?restype=service&comp=properties").body.find("<Days>9</Days>"),
            std::string::npos);
  EXPECT_EQ(request("GET", "box?restype=container").headers.get("x-ms-meta-a"), "1");
  const FakeAnswer small = request("GET", "box/small");
  EXPECT_EQ(small.body, kSmall);
  const FakeAnswer acl = request("GET", "box?restype=container&comp=acl");
  EXPECT_EQ(acl.headers.get("x-ms-blob-public-access"), "blob");
  EXPECT_NE(acl.body.find("<Id>policy</Id>"), std::string::npos);
  EXPECT_EQ(put("box/small", kSmall).code, "LeaseIdMissing");
  EXPECT_EQ(request("HEAD", "box?restype=container").headers.get("x-ms-lease-state"), "leased");
  EXPECT_EQ(small.headers.get("x-ms-meta-B_c"), "2");
  EXPECT_EQ(small.headers.get("Content-Type"), "t/x");
  EXPECT_EQ(request("GET", "box/large").body, kLarge);
  EXPECT_EQ(request("GET", "box/large").headers.get("ETag"), etag);
  EXPECT_EQ(request("GET", "box/copy").body, kLarge);
  EXPECT_EQ(request("GET", "box/copy").headers.get("x-ms-copy-status"), "success");
  EXPECT_EQ(request("GET", "box/blocks").body, kLarge + kSmall);
  EXPECT_EQ(request("GET", "box/blocks", {{"Range", "bytes=99998-100001"}}).body, "LLsm");
  EXPECT_EQ(
      request("PUT", "box/blocks?comp=blocklist", {},
              "<BlockList><Uncommitted>Yw==</Uncommitted><Committed>Yg==</Committed></BlockList>")
          .status,
      201);
  EXPECT_EQ(request("GET", "box/blocks").body, "stagedsmall");
  EXPECT_NE(put("box/large", "x").headers.get("ETag"), etag);
}

TEST_F(DirectoryStorageTest, KeepsATreeAndItsRenamesAcrossAStart) {
  open(Namespace::hierarchical);
  request("PUT", "box?restype=container");
  for (const char* path : {"box/a/b/1", "box/a/b/2", "box/a-side", "box/other"}) put(path, path);
  request("PUT", "box/a/log", {{"x-ms-blob-type", "AppendBlob"}});
  request("PUT", "box/a/log?comp=appendblock", {}, kSmall);
  request("PUT", "box/a/staged?comp=block&blockid=AAAA", {}, kLarge);
  request("PUT", "box/c/staged?comp=block&blockid=AAAA", {}, "replaced");
  request("PUT", "box/c/kept?comp=block&blockid=AAAA", {}, "not yet there");
  const auto nothing = [](const Blob*) -> Outcome<void> { return {}; };
  const auto no_condition = [](const Blob&) -> Outcome<void> { return {}; };
  const auto renamed = running_->repository.rename_tree({.from_container = "box",
                                                         .source = "a",
                                                         .to_container = "box",
                                                         .destination = "c",
                                                         .check_source = no_condition,
                                                         .check_destination = nothing});
  ASSERT_TRUE(renamed);
  ASSERT_TRUE(running_->repository.drop_tree("box", "c/b/1", no_condition));
  const auto edit = [](const Blob*, const AccessControl& current) -> Outcome<AccessControl> {
    AccessControl access = with_permissions(current, *parse_permissions("1711"));
    access.owner = "me";
    return access;
  };
  ASSERT_TRUE(running_->repository.write_access("box", {"", "c/b"}, edit));
  const std::string listed = request("GET",
                                     "box?restype=container&comp=list&include=permissions,"
                                     "uncommittedblobs,metadata")
                                 .body;
  EXPECT_NE(listed.find("<Name>c/b/2</Name>"), std::string::npos);
  EXPECT_NE(listed.find("<Name>c/staged</Name>"), std::string::npos);
  EXPECT_NE(listed.find("<Name>c/kept</Name>"), std::string::npos)
      << "what is staged below the new name stays";
  EXPECT_NE(listed.find("<Permissions>rwx--x--t</Permissions>"), std::string::npos);
  EXPECT_EQ(listed.find("<Name>a/"), std::string::npos);
  open(Namespace::hierarchical);
  EXPECT_EQ(request("GET",
                    "box?restype=container&comp=list&include=permissions,"
                    "uncommittedblobs,metadata")
                .body,
            listed);
  EXPECT_EQ(request("GET", "box/c/log").body, kSmall);
  EXPECT_EQ(request("GET", "box/c/b/2").body, "box/a/b/2");
  request("PUT", "box/c/staged?comp=blocklist", {}, "<BlockList><Latest>AAAA</Latest></BlockList>");
  EXPECT_EQ(request("GET", "box/c/staged").body, kLarge);
  EXPECT_EQ(running_->index.find_container("box")->access->owner, "me");
}

TEST_F(DirectoryStorageTest, IsOfOneKindOfAccountForGood) {
  open();
  request("PUT", "box?restype=container");
  running_.reset();
  Index index;
  const auto other = DirectoryStorage::open(data_, index, Namespace::hierarchical);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(other.error().message.find("start without --hierarchical-namespace"),
            std::string::npos);
}

TEST_F(DirectoryStorageTest, RemovesContentsThatNobodyNeeds) {
  open();
  request("PUT", "box?restype=container");
  put("box/a", kLarge);
  request("PUT", "box/b", {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/a"}});
  put("box/a", kLarge);
  EXPECT_EQ(files(), 2u);
  request("DELETE", "box/b");
  EXPECT_EQ(files(), 1u);
  request("PUT", "box/c?comp=block&blockid=YQ==", {{"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="}},
          kLarge);
  EXPECT_EQ(files(), 1u) << "what was refused leaves nothing";
  open();
  EXPECT_EQ(files(), 1u) << "ending is not removing";
  request("DELETE", "box?restype=container");
  EXPECT_EQ(files(), 0u);
}

TEST_F(DirectoryStorageTest, LeavesNothingOfABodyThatBreaksOff) {
  open();
  request("PUT", "box?restype=container");
  running_->client.broken = Error{.code = ErrorCode::corrupt, .message = "the connection ended"};
  EXPECT_EQ(put("box/a", kSmall).code, "InvalidInput");
  EXPECT_EQ(put("box/a", kLarge).code, "InvalidInput");
  EXPECT_EQ(files(), 0u);
}

TEST_F(DirectoryStorageTest, RemovesFilesOfACrashAtStart) {
  open();
  running_.reset();
  std::ofstream(data_ + "/contents/0000000000000099") << "half";
  open();
  EXPECT_EQ(files(), 0u);
}

TEST_F(DirectoryStorageTest, RefusesADamagedDirectoryInsteadOfServingHoles) {
  open();
  request("PUT", "box?restype=container");
  put("box/a", kLarge);
  running_.reset();
  for (const auto& file : std::filesystem::directory_iterator(data_ + "/contents")) {
    std::filesystem::resize_file(file.path(), 10);
  }
  Index index;
  EXPECT_EQ(DirectoryStorage::open(data_, index).error().code, ErrorCode::corrupt);
}

TEST_F(DirectoryStorageTest, IsOfOneEmulatorAtATime) {
  open();
  Index index;
  const auto second = DirectoryStorage::open(data_, index);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
  EXPECT_NE(second.error().message.find(data_), std::string::npos);
}

TEST_F(DirectoryStorageTest, RefusesADirectoryThatOthersMayRead) {
  ASSERT_EQ(::mkdir(data_.c_str(), 0755), 0);
  Index index;
  EXPECT_EQ(DirectoryStorage::open(data_, index).error().code, ErrorCode::permission_denied);
}

TEST_F(DirectoryStorageTest, ManyWritersShareTheJournal) {
  open();
  request("PUT", "box?restype=container");
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 6; ++t) {
      threads.emplace_back([&, t] {
        FakeClient client(running_->service, clock_);
        const std::string own = "box/k" + std::to_string(t);
        for (int i = 0; i < 15; ++i) {
          const std::string content = i % 3 == 0 ? kLarge : kSmall + std::to_string(i);
          EXPECT_EQ(client.request("PUT", own, {{"x-ms-blob-type", "BlockBlob"}}, content).status,
                    201);
          EXPECT_EQ(client.request("GET", own).body, content);
          EXPECT_EQ(client.request("PUT", "box/shared?comp=block&blockid=YQ==", {}, content).status,
                    201);
          client.request("DELETE", "box/absent");
        }
      });
    }
  }
  open();
  for (int t = 0; t < 6; ++t) {
    EXPECT_EQ(request("GET", "box/k" + std::to_string(t)).body, kSmall + "14");
  }
  EXPECT_EQ(files(), 0u);
}

TEST(JournalRows, KeepAnyByteOfHeaderValues) {
  Blob blob;
  blob.properties.content_disposition = "a\xff\x80\"\xc3\xa9";
  blob.copy = CopyState{.id = "1", .source = "http://x/\xfe", .completed_at = {}};
  Blob decoded;
  ASSERT_TRUE(decode_attributes(encode_attributes(blob), decoded).has_value());
  EXPECT_EQ(decoded.properties.content_disposition, blob.properties.content_disposition);
  EXPECT_EQ(decoded.copy->source, blob.copy->source);
  EXPECT_EQ(decode_metadata(encode_metadata({{"a", "\"1\""}})).value(), (Metadata{{"a", "\"1\""}}));
}

TEST(JournalRows, KeepTagsAndTiers) {
  Blob blob{.access_tier = "Archive"};
  blob.tier_changed_at = Seconds(std::chrono::seconds(7));
  blob.rehydration =
      Rehydration{.tier = "Cool", .is_high = true, .done_at = Seconds(std::chrono::seconds(9))};
  blob.tags = {{"a", ""}, {"b c", "d=e"}};
  Blob decoded;
  ASSERT_TRUE(decode_attributes(encode_attributes(blob), decoded).has_value());
  EXPECT_EQ(decoded.access_tier, "Archive");
  EXPECT_EQ(decoded.tier_changed_at, blob.tier_changed_at);
  EXPECT_EQ(decoded.rehydration->tier, "Cool");
  EXPECT_TRUE(decoded.rehydration->is_high);
  EXPECT_EQ(decoded.rehydration->done_at, blob.rehydration->done_at);
  EXPECT_EQ(decoded.tags, blob.tags);
}

TEST(JournalRows, SayThatAPendingCopyFailed) {
  Blob blob;
  blob.copy = CopyState{.id = "1",
                        .status = CopyState::Status::pending,
                        .begun_at = Seconds(std::chrono::seconds(7)),
                        .completed_at = Seconds(std::chrono::seconds(9)),
                        .size_bytes = 5};
  Blob decoded;
  ASSERT_TRUE(decode_attributes(encode_attributes(blob), decoded).has_value());
  EXPECT_EQ(decoded.copy->status, CopyState::Status::failed);
  EXPECT_EQ(decoded.copy->completed_at, blob.copy->begun_at);
  EXPECT_EQ(decoded.copy->size_bytes, 5u);
}

class FakeContent final : public Content {
 public:
  FakeContent() : Content(1, 4) {}
  Result<void> read(std::uint64_t, std::span<std::byte>) const override { return {}; }
};

TEST(JournalRows, RefuseWhatIsDamaged) {
  const auto none = [](std::uint64_t, std::uint64_t) -> std::shared_ptr<const Content> {
    return nullptr;
  };
  const Block block{.id = "abc", .slices = {}, .size_bytes = 0};
  auto bytes = encode_blocks({&block, 1});
  EXPECT_EQ(decode_blocks(bytes, none)->at(0).id, "abc");
  bytes.pop_back();
  EXPECT_EQ(decode_blocks(bytes, none).error().code, ErrorCode::corrupt);
  Blob blob;
  EXPECT_EQ(decode_attributes("{\"content_type\":1}", blob).error().code, ErrorCode::corrupt);
  EXPECT_EQ(decode_metadata("[1]").error().code, ErrorCode::corrupt);
  Container container;
  EXPECT_EQ(decode_container_attributes("{\"public_access\":7}", container).error().code,
            ErrorCode::corrupt);
}

TEST(JournalRows, RefusePlacesThatDoNotFitTogether) {
  const auto content = std::make_shared<const FakeContent>();
  const auto find = [&](std::uint64_t, std::uint64_t size_bytes) -> std::shared_ptr<const Content> {
    return size_bytes <= content->size_bytes() ? content : nullptr;
  };
  const auto slice = [&](std::uint64_t offset, std::uint64_t length_bytes) {
    return Slice{.content = content, .offset = offset, .length_bytes = length_bytes};
  };
  // 2^64 - 1 and 2 are 1.
  const Block wraps{.id = "a", .slices = {slice(~std::uint64_t{0}, 2)}};
  EXPECT_EQ(decode_blocks(encode_blocks({&wraps, 1}), find).error().code, ErrorCode::corrupt);
  const SliceMap::Extent overlapping[] = {{.offset = 0, .slice = slice(0, 4)},
                                          {.offset = 3, .slice = slice(0, 4)}};
  EXPECT_EQ(decode_extents(encode_extents(overlapping), find).error().code, ErrorCode::corrupt);
  EXPECT_EQ(decode_extents(encode_extents({overlapping, 1}), find)->size(), 1u);
}

}  // namespace
}  // namespace aloft::emulator::blob
