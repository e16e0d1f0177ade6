// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backend.h"
#include "base/random.h"

namespace aloft::conformance {

inline std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The metadata without what RetryingStore adds.
inline Metadata without_commit(Metadata metadata) {
  if (const auto found = metadata.find(kCommitKey); found != metadata.end()) metadata.erase(found);
  return metadata;
}

/// A fresh container of the backend; removed at the end.
class StoreTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    Result<Backend> opened = open_backend(GetParam());
    if (!opened && opened.error().code == ErrorCode::unsupported) {
      GTEST_SKIP() << opened.error().message;
    }
    ASSERT_TRUE(opened) << opened.error().message;
    backend_ = *opened;
    container_ = "conformance-" + system_random().hex(8);
    const auto created = backend_.account->create_container(container_, limits());
    ASSERT_TRUE(created) << created.error().message;
    store_ = backend_.account->container(container_);
  }
  void TearDown() override {
    if (store_ == nullptr) return;
    const auto removed = backend_.account->remove_container(container_, limits());
    EXPECT_TRUE(removed || removed.error().code == ErrorCode::not_found);
  }

  static Limits limits() { return Limits::within(std::chrono::seconds(60)); }

  Result<PutResult> put(std::string_view key, std::string_view content,
                        const Metadata& metadata = {}, const Conditions& conditions = {}) {
    return store_->put(
        {.key = key, .content = bytes(content), .metadata = metadata, .conditions = conditions},
        limits());
  }
  Result<void> stage(std::string_view key, std::string_view id, std::string_view content) {
    return store_->stage_block({.key = key, .block_id = id, .content = bytes(content)}, limits());
  }
  Result<PutResult> commit(std::string_view key, const std::vector<BlockRef>& blocks,
                           const Conditions& conditions = {}, const Metadata& metadata = {}) {
    return store_->commit_blocks(
        {.key = key, .blocks = blocks, .metadata = metadata, .conditions = conditions}, limits());
  }
  /// What a read of the range brings, or the name of the error.
  std::string read(std::string_view key, ByteRange range = {0, 1'000'000},
                   std::string_view if_match = {}) {
    std::string buffer(range.length_bytes, '.');
    const auto result = store_->read({.key = key, .range = range, .if_match = if_match},
                                     std::as_writable_bytes(std::span(buffer)), limits());
    if (!result) return "error: " + std::string(name_of(result.error().code));
    return buffer.substr(0, result->size_bytes);
  }
  template <class T>
  static std::string outcome(const Result<T>& result) {
    return result ? "success" : std::string(name_of(result.error().code));
  }

  Backend backend_;
  std::string container_;
  std::shared_ptr<ObjectStore> store_;
};

}  // namespace aloft::conformance
