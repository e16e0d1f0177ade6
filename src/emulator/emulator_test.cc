// SPDX-License-Identifier: Apache-2.0
#include "emulator/emulator.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "base/temporary_directory.h"
#include "emulator/account_key.h"
#include "emulator/record.h"

namespace aloft::emulator {
namespace {

TEST(Emulator, ListensOnAFreePortWithAKeyOfItsOwn) {
  const auto first = Emulator::start({}).value();
  const auto second = Emulator::start({}).value();
  EXPECT_EQ(first->record().account, "devstoreaccount1");
  EXPECT_NE(first->record().blob_endpoint, second->record().blob_endpoint);
  EXPECT_NE(first->record().batch_endpoint, second->record().batch_endpoint);
  EXPECT_NE(first->record().key, second->record().key);
  EXPECT_EQ(Emulator::start({.well_known_key = true}).value()->record().key, kWellKnownKey);
}

TEST(Emulator, NamesAPortThatIsTaken) {
  const auto first = Emulator::start({}).value();
  const std::string endpoint = first->record().blob_endpoint;
  const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  const auto second = Emulator::start({.blob_port = port});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
}

TEST(AccountKey, StaysWithItsDataDirectory) {
  const TemporaryDirectory directory;
  const std::string key = load_account_key(directory.path()).value();
  EXPECT_EQ(load_account_key(directory.path()).value(), key);
  const std::string path = directory.path() + "/account.key";
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(load_account_key(directory.path()).error().code, ErrorCode::permission_denied);
  ASSERT_TRUE(replace_file(path, "no key", 0600).has_value());
  EXPECT_EQ(load_account_key(directory.path()).error().code, ErrorCode::corrupt);
}

TEST(RecordDocument, SaysHowTheManagedIdentityIsFound) {
  const auto emulator = Emulator::start({}).value();
  EXPECT_NE(record_document(emulator->record()).find("AZURE_POD_IDENTITY_AUTHORITY_HOST"),
            std::string::npos);
}

TEST(RecordDocument, NamesTheBatchEndpointWhereThereIsOne) {
  EmulatorRecord record{.account = "a", .key = "k", .blob_endpoint = "http://127.0.0.1:1/a"};
  EXPECT_EQ(record_document(record).find("batch_endpoint"), std::string::npos);
  record.batch_endpoint = "http://127.0.0.1:2";
  EXPECT_NE(record_document(record).find("\"batch_endpoint\": \"http://127.0.0.1:2\""),
            std::string::npos);
}

TEST(PublishedRecord, GoesWithItsEmulatorUnlessAnotherTookItsPlace) {
  const TemporaryDirectory directory;
  const std::string runtime = directory.path() + "/run";
  const std::string path = runtime + "/emulator.json";
  const EmulatorRecord one{.account = "a", .key = "k", .blob_endpoint = "http://127.0.0.1:1/a"};
  const EmulatorRecord two{.account = "a", .key = "k", .blob_endpoint = "http://127.0.0.1:2/a"};
  {
    const auto published = PublishedRecord::publish(runtime, one).value();
    EXPECT_EQ(read_file(path).value(), record_document(one));
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  {
    const auto first = PublishedRecord::publish(runtime, one).value();
    ASSERT_TRUE(replace_file(path, record_document(two), 0600).has_value());
  }
  EXPECT_EQ(read_file(path).value(), record_document(two));
}

}  // namespace
}  // namespace aloft::emulator
