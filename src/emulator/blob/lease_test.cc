// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/lease.h"

#include <gtest/gtest.h>

#include "emulator/blob/service_fixture_fake.h"

namespace aloft::emulator::blob {
namespace {

const std::string kA = "aaaaaaaa-0000-0000-0000-000000000000";
const std::string kB = "bbbbbbbb-0000-0000-0000-000000000000";

class LeaseTest : public testing::Test, protected ServiceInMemory {
 protected:
  LeaseTest() {
    EXPECT_EQ(client_.request("PUT", "box?restype=container").status, 201);
    EXPECT_EQ(put({}).status, 201);
  }
  FakeAnswer put(const std::string& lease) {
    if (lease.empty()) return client_.request("PUT", "box/a", {{"x-ms-blob-type", "BlockBlob"}});
    return client_.request("PUT", "box/a",
                           {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-lease-id", lease}});
  }
  FakeAnswer get(const std::string& lease) {
    return client_.request("GET", "box/a", {{"x-ms-lease-id", lease}});
  }
  FakeAnswer acquire(const std::string& id, const char* duration = "15",
                     const std::string& path = "box/a?comp=lease") {
    return client_.request("PUT", path,
                           {{"x-ms-lease-action", "acquire"},
                            {"x-ms-lease-duration", duration},
                            {"x-ms-proposed-lease-id", id}});
  }
  FakeAnswer act(const char* action, const std::string& id, const std::string& proposed = kB) {
    return client_.request("PUT", "box/a?comp=lease",
                           {{"x-ms-lease-action", action},
                            {"x-ms-lease-id", id},
                            {"x-ms-proposed-lease-id", proposed}});
  }
  FakeAnswer break_after(const char* seconds) {
    return client_.request("PUT", "box/a?comp=lease",
                           {{"x-ms-lease-action", "break"}, {"x-ms-lease-break-period", seconds}});
  }
  std::string state() {
    return std::string(client_.request("HEAD", "box/a").headers.get("x-ms-lease-state"));
  }
  void pass(int seconds) { clock_.advance(std::chrono::seconds(seconds)); }
};

TEST_F(LeaseTest, OnlyTheHolderWrites) {
  EXPECT_EQ(put(kA).code, "LeaseNotPresentWithBlobOperation");
  EXPECT_EQ(get(kA).code, "LeaseNotPresentWithBlobOperation");
  const FakeAnswer acquired = acquire(kA);
  EXPECT_EQ(acquired.status, 201);
  EXPECT_EQ(acquired.headers.get("x-ms-lease-id"), kA);
  EXPECT_EQ(state(), "leased");
  EXPECT_EQ(put("").code, "LeaseIdMissing");
  EXPECT_EQ(put(kB).code, "LeaseIdMismatchWithBlobOperation");
  EXPECT_EQ(put("AAAAAAAA-0000-0000-0000-000000000000").status, 201) << "letters of any case";
  EXPECT_EQ(state(), "leased") << "a write of the holder keeps the lease";
  EXPECT_EQ(get(kA).status, 200);
  EXPECT_EQ(get(kB).code, "LeaseIdMismatchWithBlobOperation");
  EXPECT_EQ(client_.request("GET", "box/a").status, 200) << "anybody reads";
  EXPECT_EQ(client_.request("DELETE", "box/a").code, "LeaseIdMissing");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=metadata").code, "LeaseIdMissing");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=block&blockid=YQ==", {}, "x").code,
            "LeaseIdMissing");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=blocklist", {}, "<BlockList/>").code,
            "LeaseIdMissing");
  EXPECT_EQ(
      client_.request("PUT", "box/a", {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/a"}})
          .code,
      "LeaseIdMissing");
}

TEST_F(LeaseTest, ExpiresAndIsRenewedUnlessSomebodyWrote) {
  acquire(kA);
  const std::string etag(client_.request("HEAD", "box/a").headers.get("ETag"));
  pass(14);
  EXPECT_EQ(act("renew", kA).status, 200);
  EXPECT_EQ(client_.request("HEAD", "box/a").headers.get("ETag"), etag) << "no write";
  pass(15);
  EXPECT_EQ(state(), "leased");
  pass(1);
  EXPECT_EQ(state(), "expired");
  EXPECT_EQ(put(kA).code, "LeaseLost");
  EXPECT_EQ(act("renew", kA).status, 200);
  pass(16);
  EXPECT_EQ(put("").status, 201);
  EXPECT_EQ(act("renew", kA).code, "LeaseIdMismatchWithLeaseOperation");
  EXPECT_EQ(state(), "available");
}

TEST_F(LeaseTest, IsAcquiredChangedAndReleased) {
  EXPECT_EQ(act("change", kA).code, "LeaseNotPresentWithLeaseOperation");
  EXPECT_EQ(act("release", kA).code, "LeaseIdMismatchWithLeaseOperation");
  acquire(kA, "-1");
  EXPECT_EQ(acquire(kA, "30").status, 201) << "its holder may ask again";
  EXPECT_EQ(acquire(kB).code, "LeaseAlreadyPresent");
  EXPECT_EQ(act("change", kB, kA).status, 200) << "it is kA's already";
  EXPECT_EQ(act("change", kA, kB).headers.get("x-ms-lease-id"), kB);
  EXPECT_EQ(act("release", kA).code, "LeaseIdMismatchWithLeaseOperation");
  EXPECT_EQ(act("release", kB).status, 200);
  EXPECT_EQ(state(), "available");
}

TEST_F(LeaseTest, BreaksAfterItsPeriodOrWhatIsLeft) {
  EXPECT_EQ(break_after("10").code, "LeaseNotPresentWithLeaseOperation");
  acquire(kA, "20");
  EXPECT_EQ(break_after("60").headers.get("x-ms-lease-time"), "20");
  EXPECT_EQ(state(), "breaking");
  EXPECT_EQ(put("").code, "LeaseIdMissing");
  EXPECT_EQ(put(kA).status, 201);
  EXPECT_EQ(act("renew", kA).code, "LeaseIsBrokenAndCannotBeRenewed");
  EXPECT_EQ(act("change", kA).code, "LeaseIsBreakingAndCannotBeChanged");
  EXPECT_EQ(acquire(kA).code, "LeaseIsBreakingAndCannotBeAcquired");
  EXPECT_EQ(acquire(kB).code, "LeaseAlreadyPresent");
  EXPECT_EQ(break_after("5").headers.get("x-ms-lease-time"), "5");
  pass(5);
  EXPECT_EQ(state(), "broken");
  EXPECT_EQ(acquire(kB, "-1").status, 201);
  EXPECT_EQ(act("break", kB).headers.get("x-ms-lease-time"), "0") << "at once where it is endless";
  EXPECT_EQ(state(), "broken");
  EXPECT_EQ(put("").status, 201);
  EXPECT_EQ(state(), "available");
}

TEST_F(LeaseTest, OfAContainerKeepsItFromBeingDeleted) {
  const std::string path = "box?restype=container&comp=lease";
  EXPECT_EQ(acquire(kA, "-1", path).status, 201);
  EXPECT_EQ(client_.request("DELETE", "box?restype=container").code, "LeaseIdMissing");
  EXPECT_EQ(client_.request("DELETE", "box?restype=container", {{"x-ms-lease-id", kB}}).code,
            "LeaseIdMismatchWithContainerOperation");
  EXPECT_EQ(client_.request("PUT", "box?restype=container&comp=metadata").status, 200);
  EXPECT_EQ(put("").status, 201) << "blobs are not the container's";
  EXPECT_EQ(client_.request("GET", "?comp=list").body.find("<LeaseState>available"),
            std::string::npos);
  EXPECT_EQ(client_.request("DELETE", "box?restype=container", {{"x-ms-lease-id", kA}}).status,
            202);
}

TEST_F(LeaseTest, WhoMayDeleteMayBreakItAndNoMore) {
  for (const std::string path : {"box/a?comp=lease", "box?restype=container&comp=lease"}) {
    const auto act_by_sas = [&](const char* permissions, const char* action) {
      return client_
          .request_by_sas("PUT", path, permissions, "2021-12-02",
                          {{"x-ms-lease-action", action},
                           {"x-ms-lease-duration", "15"},
                           {"x-ms-lease-break-period", "0"},
                           {"x-ms-lease-id", kA},
                           {"x-ms-proposed-lease-id", kA}})
          .code;
    };
    EXPECT_EQ(act_by_sas("d", "acquire"), "AuthorizationPermissionMismatch");
    EXPECT_EQ(act_by_sas("w", "acquire"), "");
    EXPECT_EQ(act_by_sas("d", "release"), "AuthorizationPermissionMismatch");
    EXPECT_EQ(act_by_sas("r", "break"), "AuthorizationPermissionMismatch");
    EXPECT_EQ(act_by_sas("d", "break"), "");
  }
}

TEST_F(LeaseTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(acquire("not a uuid").code, "InvalidHeaderValue");
  for (const char* duration : {"14", "61", "0", "-2", "x", ""}) {
    EXPECT_EQ(acquire(kA, duration).code, "InvalidHeaderValue") << duration;
  }
  EXPECT_EQ(client_.request("PUT", "box/a?comp=lease").code, "MissingRequiredHeader");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=lease", {{"x-ms-lease-action", "renew"}}).code,
            "MissingRequiredHeader");
  EXPECT_EQ(act("steal", kA).code, "InvalidHeaderValue");
  EXPECT_EQ(break_after("61").code, "InvalidHeaderValue");
  EXPECT_EQ(acquire(kA, "15", "box/absent?comp=lease").code, "BlobNotFound");
}

}  // namespace
}  // namespace aloft::emulator::blob
