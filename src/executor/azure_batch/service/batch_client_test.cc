// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/service/batch_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "base/seeded_random.h"
#include "executor/azure_batch/service/testing/fake_batch.h"

namespace aloft::batch {
namespace {

using testing::Asked;
using testing::FakeBatch;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::Trouble;
using Json = nlohmann::json;

class BatchClientTest : public ::testing::Test {
 protected:
  BatchClient client() {
    return BatchClient(service_.account(), std::make_shared<http::Client>(),
                       {.clock = &clock_, .random = &random_});
  }
  /// Each operation fails so once, at its first request.
  void give_once(Trouble trouble, std::string_view method, std::string_view pattern) {
    service_.settings().lock()->trouble = [=, done = std::make_shared<std::atomic<bool>>(false)](
                                              const Asked& asked, std::size_t) {
      return asked.is(method, pattern) && !done->exchange(true) ? trouble : Trouble::none;
    };
  }
  static NewPool small_pool(const std::string& id = "p") {
    return {.id = id, .vm_size = "Standard_D2s_v3", .slots_per_node = 2};
  }
  void have_pool() { ASSERT_TRUE(client().create_pool(small_pool(), limits_)); }
  void have_job_with(std::size_t count) {
    ASSERT_TRUE(client().have_job({.id = "j", .pool = "p"}, limits_));
    for (std::size_t i = 1; i <= count; ++i) {
      const std::vector<NewTask> tasks{{.id = std::to_string(i), .command_line = "true"}};
      ASSERT_TRUE(client().add_tasks("j", tasks, limits_));
    }
  }

  // Deadlines are of the machine's clock below this one.
  const Limits limits_ = Limits::within(std::chrono::hours(24));
  FakeClock clock_;
  SeededRandom random_{1};
  FakeBatch service_;
};

constexpr Trouble kPassing[] = {Trouble::lost_request, Trouble::lost_answer, Trouble::busy,
                                Trouble::broken};

TEST_F(BatchClientTest, MakesAndShowsAPool) {
  have_pool();
  const auto pool = client().pool("p", limits_);
  ASSERT_TRUE(pool) << pool.error().message;
  EXPECT_EQ(pool->vm_size, "Standard_D2s_v3");
  EXPECT_EQ(pool->slots_per_node, 2u);
  EXPECT_THAT(pool->identities, SizeIs(1));
  EXPECT_THAT(client().pools(limits_).value(), SizeIs(1));
}

TEST_F(BatchClientTest, SignsItsRequests) {
  have_pool();
  const auto state = service_.state().lock();
  EXPECT_THAT(state->asked.at(0).head, HasSubstr("Authorization: SharedKey lab:"));
  EXPECT_THAT(state->asked.at(0).head, HasSubstr("ocp-date: "));
  EXPECT_THAT(state->asked.at(0).query, HasSubstr("api-version=2025-06-01"));
}

TEST_F(BatchClientTest, SaysThatAPoolExists) {
  have_pool();
  const auto again = client().create_pool(small_pool(), limits_);
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  EXPECT_THAT(again.error().message, HasSubstr("creating the pool p"));
  EXPECT_EQ(again.error().request_id, "id-1");
}

TEST_F(BatchClientTest, SaysWhatIsNotThere) {
  EXPECT_EQ(client().pool("p", limits_).error().code, ErrorCode::not_found);
  EXPECT_THAT(client().pool("p", limits_).error().message, HasSubstr("aloft pool create"));
  EXPECT_EQ(client().job("j", limits_).error().code, ErrorCode::not_found);
  EXPECT_EQ(client().task("j", "1", limits_).error().code, ErrorCode::not_found);
}

TEST_F(BatchClientTest, RepeatsEveryOperationWithoutHarm) {
  // Its requests go over a connection that has served others, as most do.
  BatchClient same = client();
  ASSERT_TRUE(same.pools(limits_));
  for (const Trouble trouble : kPassing) {
    const std::string id = "p" + std::to_string(static_cast<int>(trouble));
    give_once(trouble, "POST", "/pools");
    EXPECT_TRUE(same.create_pool(small_pool(id), limits_));
    give_once(trouble, "POST", "/pools/{}/resize");
    EXPECT_TRUE(same.resize_pool(id, {.dedicated = 3, .spot = 0}, limits_));
    EXPECT_EQ(same.pool(id, limits_)->target.dedicated, 3u);
    give_once(trouble, "POST", "/pools/{}/stopresize");
    EXPECT_TRUE(same.stop_resize(id, limits_));
    give_once(trouble, "PATCH", "/pools/{}");
    EXPECT_TRUE(same.set_up_pool(id, {.command_line = "true"}, {{"a", "b"}}, limits_));
    EXPECT_EQ(same.pool(id, limits_)->labels, (Labels{{"a", "b"}}));
    give_once(trouble, "POST", "/jobs");
    EXPECT_TRUE(same.have_job({.id = "j" + id, .pool = id}, limits_));
    give_once(trouble, "DELETE", "/pools/{}");
    EXPECT_TRUE(same.delete_pool(id, limits_));
    EXPECT_EQ(same.pool(id, limits_)->state, Pool::State::deleting);
  }
}

TEST_F(BatchClientTest, TellsAnothersPoolFromItsOwnAfterALostRequest) {
  have_pool();
  give_once(Trouble::lost_request, "POST", "/pools");
  EXPECT_EQ(client().create_pool(small_pool(), limits_).error().code, ErrorCode::already_exists);
}

TEST_F(BatchClientTest, DoesNotTakeAnothersResizeForItsOwn) {
  have_pool();
  ASSERT_TRUE(client().resize_pool("p", {.dedicated = 1, .spot = 0}, limits_));
  give_once(Trouble::lost_request, "POST", "/pools/{}/resize");
  EXPECT_EQ(client().resize_pool("p", {.dedicated = 2, .spot = 0}, limits_).error().code,
            ErrorCode::precondition_failed);
}

TEST_F(BatchClientTest, GivesUpOnAServiceThatStaysBusy) {
  service_.settings().lock()->trouble = [](const Asked&, std::size_t) { return Trouble::busy; };
  const auto pool = client().pool("p", limits_);
  EXPECT_EQ(pool.error().code, ErrorCode::throttled);
  EXPECT_THAT(pool.error().message, HasSubstr("gave up after 10 attempts"));
}

TEST_F(BatchClientTest, MakesAJobOnceAndOnOnePool) {
  EXPECT_TRUE(client().have_job({.id = "j", .pool = "p"}, limits_));
  EXPECT_TRUE(client().have_job({.id = "j", .pool = "p"}, limits_));
  const auto elsewhere = client().have_job({.id = "j", .pool = "q"}, limits_);
  EXPECT_EQ(elsewhere.error().code, ErrorCode::already_exists);
  EXPECT_THAT(elsewhere.error().message, HasSubstr("on the pool p instead of q"));
}

TEST_F(BatchClientTest, SaysWhatToDoAboutAJobThatTakesNoTasks) {
  ASSERT_TRUE(client().have_job({.id = "j", .pool = "p"}, limits_));
  const auto refusal = [this](const char* state) {
    service_.state().lock()->jobs.at("j").json["state"] = state;
    const auto had = client().have_job({.id = "j", .pool = "p"}, limits_);
    EXPECT_FALSE(had) << state;
    return had ? "" : had.error().message;
  };
  EXPECT_THAT(refusal("disabled"), HasSubstr("j is disabled and takes no tasks; enable it"));
  EXPECT_THAT(refusal("completed"), HasSubstr("delete it"));
  EXPECT_THAT(refusal("terminating"), HasSubstr("when it has ended"));
  EXPECT_THAT(refusal("deleting"), HasSubstr("when it is gone"));
}

TEST_F(BatchClientTest, FollowsTheParts) {
  have_job_with(7);
  service_.settings().lock()->page_size = 3;
  EXPECT_THAT(client().tasks("j", Which::all, limits_).value(), SizeIs(7));
  service_.set_task("j", "2", {{"state", "completed"}});
  EXPECT_THAT(client().tasks("j", Which::unfinished, limits_).value(), SizeIs(6));
}

TEST_F(BatchClientTest, SignsNothingForAnotherServer) {
  FakeBatch other;
  http::FakeServer liar([&](http::FakeConnection& connection, int) {
    while (!connection.read_request().empty()) {
      connection.answer(R"({"value": [], "odata.nextLink": ")" +
                        http::to_string(other.account().endpoint.server) + R"(/pools?x"})");
    }
  });
  azure::BatchAccount account = service_.account();
  account.endpoint.server = liar.endpoint();
  BatchClient client(account, std::make_shared<http::Client>(), {.clock = &clock_});
  EXPECT_EQ(client.pools(limits_).error().code, ErrorCode::corrupt);
  EXPECT_EQ(other.count_asked("GET", "/pools"), 0u);
}

TEST_F(BatchClientTest, TakesAnEndedTaskAsTerminated) {
  have_job_with(2);
  EXPECT_TRUE(client().terminate_task("j", "1", limits_).value());
  EXPECT_FALSE(client().terminate_task("j", "1", limits_).value());
  EXPECT_FALSE(client().terminate_task("j", "99", limits_).value());
  give_once(Trouble::lost_answer, "POST", "/jobs/{}/tasks/{}/terminate");
  EXPECT_TRUE(client().terminate_task("j", "2", limits_));
  EXPECT_EQ(client().task("j", "2", limits_)->failure->code, "TaskEnded");
  EXPECT_EQ(client().task_counts("j", limits_)->completed, 2u);
}

TEST_F(BatchClientTest, ShowsNodes) {
  have_pool();
  service_.state().lock()->nodes["p"] = Json::parse(R"([{"id": "n", "state": "idle"}])");
  EXPECT_EQ(client().nodes("p", limits_)->at(0).state, "idle");
}

TEST_F(BatchClientTest, KnowsThatARequestIsTooLarge) {
  have_job_with(0);
  service_.settings().lock()->body_bytes_max = 100;
  const std::vector<NewTask> tasks{{.id = "1", .command_line = "true"}};
  EXPECT_EQ(client().add_tasks("j", tasks, limits_).value(), std::nullopt);
}

TEST_F(BatchClientTest, RefusesAnAnswerAboutOtherTasks) {
  http::FakeServer server([&](http::FakeConnection& connection, int) {
    while (!connection.read_request().empty()) connection.answer(R"({"value": []})");
  });
  azure::BatchAccount account = service_.account();
  account.endpoint.server = server.endpoint();
  BatchClient client(account, std::make_shared<http::Client>(), {.clock = &clock_});
  const std::vector<NewTask> tasks{{.id = "1", .command_line = "true"}};
  EXPECT_EQ(client.add_tasks("j", tasks, limits_).error().code, ErrorCode::corrupt);
}

class RefusedKeyTest : public BatchClientTest {
 protected:
  std::string message_with_date(const std::string& date) {
    http::FakeServer server([&](http::FakeConnection& connection, int) {
      while (!connection.read_request().empty()) {
        const std::string body = R"({"code": "AuthenticationFailed"})";
        connection.send(fmt::format("HTTP/1.1 403 No\r\nDate: {}\r\nContent-Length: {}\r\n\r\n{}",
                                    date, body.size(), body));
      }
    });
    azure::BatchAccount account = service_.account();
    account.endpoint.server = server.endpoint();
    BatchClient client(account, std::make_shared<http::Client>(), {.clock = &clock_});
    const auto pool = client.pool("p", limits_);
    EXPECT_EQ(pool.error().code, ErrorCode::permission_denied);
    return pool.error().message;
  }
};

// The fake clock stands at Sun, 15 Jun 2025 15:06:40 GMT.
TEST_F(RefusedKeyTest, IsTheKeyWhileTheClocksAgree) {
  EXPECT_THAT(message_with_date("Sun, 15 Jun 2025 15:07:00 GMT"), HasSubstr("key is refused"));
}

TEST_F(RefusedKeyTest, IsTheClockOtherwise) {
  EXPECT_THAT(message_with_date("Sun, 15 Jun 2025 16:06:40 GMT"),
              HasSubstr("clock is 60 minutes behind"));
  EXPECT_THAT(message_with_date("Sun, 15 Jun 2025 14:36:40 GMT"),
              HasSubstr("clock is 30 minutes ahead of"));
}

}  // namespace
}  // namespace aloft::batch
