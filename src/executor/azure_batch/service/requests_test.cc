// SPDX-License-Identifier: Apache-2.0
// Every request that can be made is one that the published schema allows.
#include "executor/azure_batch/service/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "azure/encoding.h"
#include "executor/azure_batch/service/testing/schema.h"

namespace aloft::batch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Json = nlohmann::json;

NewPool full_pool() {
  return {.id = "pool-1",
          .vm_size = "Standard_D4s_v3",
          .image = {.publisher = "canonical",
                    .offer = "ubuntu-24_04-lts",
                    .sku = "server",
                    .node_agent = "batch.node.ubuntu 24.04"},
          .nodes = {.dedicated = 2, .spot = 1},
          .slots_per_node = 4,
          .labels = {{"aloft-cores", "4"}}};
}

StartTask full_start_task() {
  return {.command_line = "/bin/sh -c 'true'",
          .files = {{.url = "https://a.blob.core.windows.net/c/b", .path = "f", .identity = "/i"}}};
}

NewTask full_task() {
  return {.id = "17",
          .display_name = "align_3",
          .command_line = "/bin/sh -c 'exit 0'",
          .files = {{.url = "https://a.blob.core.windows.net/c/b", .path = "f", .identity = "/i"}},
          .slots = 2,
          .wall_time_max = std::chrono::hours(2),
          .waits_for_ids = {"15"},
          .waits_for_ranges = {{.first = 1, .last = 10}}};
}

std::vector<Request> every_request() {
  const std::vector<NewTask> tasks{full_task(), {.id = "18", .command_line = "true"}};
  const Request list = list_tasks("job-1", Which::all);
  return {create_pool(full_pool()),
          get_pool("pool-1"),
          list_pools(),
          set_up_pool("pool-1", full_start_task(), {{"a", "b"}}),
          resize_pool("pool-1", {.dedicated = 3, .spot = 0}),
          stop_resize("pool-1"),
          delete_pool("pool-1"),
          list_nodes("pool-1"),
          create_job({.id = "job-1", .pool = "pool-1", .labels = {{"aloft-home", "az://a/c"}}}),
          get_job("job-1"),
          count_tasks("job-1"),
          add_tasks("job-1", tasks),
          get_task("job-1", "17"),
          list,
          list_tasks("job-1", Which::unfinished),
          terminate_task("job-1", "17"),
          next_page(list, list.path, list.query + "&$skiptoken=x")};
}

std::vector<std::pair<std::string, std::string>> queries_of(const Request& request) {
  std::vector<std::pair<std::string, std::string>> queries;
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    const std::size_t equals = part.find('=');
    queries.emplace_back(azure::decode_percent(part.substr(0, equals)),
                         azure::decode_percent(part.substr(equals + 1)));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  return queries;
}

TEST(Requests, AreOperationsOfTheService) {
  for (const Request& request : every_request()) {
    const auto* operation = testing::find_operation(http::name_of(request.method), request.path);
    ASSERT_NE(operation, nullptr) << request.doing << ": " << request.path;
    EXPECT_EQ(request.success, operation->success) << request.doing;
    EXPECT_EQ(request.body.empty(), operation->body.empty()) << request.doing;
  }
}

TEST(Requests, AskOnlyWhatTheOperationKnows) {
  for (const Request& request : every_request()) {
    const auto* operation = testing::find_operation(http::name_of(request.method), request.path);
    ASSERT_NE(operation, nullptr);
    const auto queries = queries_of(request);
    ASSERT_EQ(queries.front(), std::pair(std::string("api-version"), std::string("2025-06-01")));
    for (std::size_t i = 1; i < queries.size(); ++i) {
      if (queries[i].first == "$skiptoken") continue;  // The service's own.
      EXPECT_EQ(std::ranges::count(operation->queries, queries[i].first), 1)
          << request.doing << ": " << queries[i].first;
    }
  }
}

TEST(Requests, SelectPropertiesThatExist) {
  for (const Request& request : every_request()) {
    const auto* operation = testing::find_operation(http::name_of(request.method), request.path);
    ASSERT_NE(operation, nullptr);
    for (const auto& [name, value] : queries_of(request)) {
      if (name != "$select") continue;
      const auto& known = testing::selectable().at(operation->path);
      std::istringstream fields(value);
      for (std::string field; std::getline(fields, field, ',');) {
        EXPECT_EQ(std::ranges::count(known, field), 1) << request.doing << ": " << field;
      }
    }
  }
}

TEST(Requests, HaveBodiesOfTheSchema) {
  for (const Request& request : every_request()) {
    const auto* operation = testing::find_operation(http::name_of(request.method), request.path);
    ASSERT_NE(operation, nullptr);
    if (operation->body.empty()) continue;
    EXPECT_THAT(testing::SchemaCheck::run(Json::parse(request.body), operation->body), IsEmpty())
        << request.body;
  }
}

TEST(Requests, ComeFromEveryOperationInTheTable) {
  for (const auto& operation : testing::operations()) {
    const auto requests = every_request();
    EXPECT_TRUE(std::ranges::any_of(requests,
                                    [&](const Request& request) {
                                      return testing::find_operation(http::name_of(request.method),
                                                                     request.path) == &operation;
                                    }))
        << operation.method << " " << operation.path;
  }
}

// The check must be able to fail.
TEST(Schema, FindsWhatIsWrong) {
  const auto findings = testing::SchemaCheck::run(
      Json::parse(R"({"id": 7, "nodes": 1, "exitConditions": {"default": {"jobAction": "stop"}}})"),
      "BatchTaskCreateOptions");
  EXPECT_THAT(findings,
              ::testing::UnorderedElementsAre("BatchTaskCreateOptions.id is no text",
                                              "BatchTaskCreateOptions.nodes is unknown",
                                              "ExitOptions.jobAction cannot be stop",
                                              "BatchTaskCreateOptions.commandLine is missing"));
  EXPECT_EQ(testing::find_operation("PUT", "/pools/p"), nullptr);
  EXPECT_EQ(testing::find_operation("GET", "/pools/"), nullptr);
}

TEST(Requests, EscapeNamesInPaths) {
  EXPECT_EQ(get_task("a/b", "c?d").path, "/jobs/a%2Fb/tasks/c%3Fd");
}

TEST(Requests, SayWhatATaskWaitsFor) {
  const Json body = Json::parse(add_tasks("j", std::vector{full_task()}).body)["value"][0];
  EXPECT_EQ(body["dependsOn"],
            Json::parse(R"({"taskIds": ["15"], "taskIdRanges": [{"start": 1, "end": 10}]})"));
  EXPECT_EQ(body["constraints"],
            Json::parse(R"({"maxTaskRetryCount": 0, "maxWallClockTime": "PT7200S"})"));
  for (const char* condition : {"default", "preProcessingError", "fileUploadError"}) {
    EXPECT_EQ(body["exitConditions"][condition]["dependencyAction"], "satisfy") << condition;
  }
}

TEST(Requests, LeaveOutWhatATaskDoesNotNeed) {
  const std::vector<NewTask> tasks{{.id = "1", .command_line = "true"}};
  const Json body = Json::parse(add_tasks("j", tasks).body)["value"][0];
  for (const char* name : {"dependsOn", "resourceFiles", "displayName"}) {
    EXPECT_FALSE(body.contains(name)) << name;
  }
  EXPECT_FALSE(body["constraints"].contains("maxWallClockTime"));
}

TEST(Requests, RunAsUsersOfThePool) {
  const Json task = Json::parse(add_tasks("j", std::vector{full_task()}).body)["value"][0];
  EXPECT_EQ(task["userIdentity"]["autoUser"]["elevationLevel"], "nonadmin");
  const Json pool = Json::parse(set_up_pool("p", full_start_task(), {}).body);
  EXPECT_EQ(pool["startTask"]["userIdentity"]["autoUser"]["elevationLevel"], "admin");
  EXPECT_EQ(pool["startTask"]["waitForSuccess"], true);
}

}  // namespace
}  // namespace aloft::batch
