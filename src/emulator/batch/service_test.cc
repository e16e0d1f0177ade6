// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/service.h"

#include "emulator/batch/service_fixture_fake.h"

namespace aloft::emulator::batch {
namespace {

TEST_F(ServiceTest, RefusesAWrongKeyAndAnExpiredClock) {
  client_key = "other";
  EXPECT_EQ(request("GET", "/jobs").status, 403);
  EXPECT_EQ(request("GET", "/jobs").code(), "AuthenticationFailed");
  client_key = "secret";
  for (const int minutes : {-16, 16}) {
    client_clock_ahead = std::chrono::minutes(minutes);
    EXPECT_EQ(request("GET", "/jobs").code(), "AuthenticationFailed");
  }
  client_clock_ahead = std::chrono::minutes(14);
  EXPECT_EQ(request("GET", "/jobs").status, 200);
}

TEST_F(ServiceTest, NamesWhatIsWrongWithARequest) {
  EXPECT_EQ(request("GET", "/nothing").code(), "InvalidUri");
  EXPECT_EQ(request("PUT", "/jobs").code(), "UnsupportedHttpVerb");
  EXPECT_EQ(request("GET", "/jobs/absent").code(), "JobNotFound");
  EXPECT_EQ(request("GET", "/pools/absent").code(), "PoolNotFound");
  EXPECT_EQ(raw("POST", "/jobs", "{").code(), "InvalidRequestBody");
  EXPECT_EQ(raw("POST", "/jobs", std::string(2 << 20, ' ')).code(), "RequestBodyTooLarge");
  EXPECT_EQ(request("GET", "/jobs?maxresults=0").code(), "OutOfRangeQueryParameterValue");
  api_version = "soon";
  EXPECT_EQ(request("GET", "/jobs").code(), "UnsupportedRequestVersion");
}

TEST_F(ServiceTest, TakesABodyThatBreaksOffForTheClientsMistake) {
  broken = Error{.code = ErrorCode::corrupt, .message = "the chunks are malformed"};
  EXPECT_EQ(raw("POST", "/jobs", "{}").code(), "InvalidRequestBody");
  broken->code = ErrorCode::deadline_exceeded;
  EXPECT_EQ(raw("POST", "/jobs", "{}").code(), "ServerBusy");
}

TEST_F(ServiceTest, RefusesBodiesThatAreNestedTooDeeply) {
  const auto pool = [](std::size_t depth) {
    const std::string lists = std::string(depth, '[') + std::string(depth, ']');
    std::string text = text_of(pool_body("p", 1));
    text.back() = ',';
    return text + R"("networkConfiguration":)" + lists + "}";
  };
  EXPECT_EQ(raw("POST", "/pools", pool(64)).code(), "InvalidRequestBody");
  EXPECT_EQ(raw("POST", "/pools", pool(400'000)).code(), "InvalidRequestBody");
  EXPECT_EQ(raw("POST", "/pools", pool(63)).status, 201);
  make_job();
  EXPECT_EQ(add("t", {{"displayName", "\"" + std::string(100, '[')}}).status, 201);
}

TEST_F(ServiceTest, SaysWhatWasAskedAndWhen) {
  const FakeAnswer answer =
      request("GET", "/jobs/absent", {},
              {{"client-request-id", "abc"}, {"return-client-request-id", "true"}});
  const std::string id(answer.headers.get("request-id"));
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(answer.headers.get("client-request-id"), "abc");
  const std::string words = answer.body["message"]["value"];
  EXPECT_NE(words.find("\nRequestId:" + id + "\nTime:"), std::string::npos);
  EXPECT_EQ(answer.body["message"]["lang"], "en-US");
}

TEST_F(ServiceTest, AnswersInJsonWhateverBytesItGets) {
  make_pool(1);
  make_job();
  for (const char* id : {"t", "u"}) add(id);
  // Only what is JSON can be read here.
  EXPECT_TRUE(request("GET", "/jobs/j/tasks?maxresults=1&%FF=x").body.contains("odata.nextLink"));
  EXPECT_EQ(request("GET", "/jobs?$select=%FF").code(), "InvalidQueryParameterValue");
  AttemptEnd end = end_with(1);
  end.failure->details.emplace_back("FilePath", "\xff.txt");
  end_task("t", std::move(end));
  EXPECT_EQ(task("t")["executionInfo"]["failureInfo"]["details"][0]["value"], "\uFFFD.txt");
  client_key = "other";
  EXPECT_EQ(request("GET", "/jobs?x=%FF").code(), "AuthenticationFailed");
}

TEST_F(ServiceTest, AnswersWhereSomethingThrows) {
  make_pool(1);
  make_job();
  add("t");
  fleet.throws = true;
  const FakeAnswer answer = request("GET", "/jobs/j/tasks/t/files");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.code(), "InternalError");
  EXPECT_EQ(answer.headers.get("request-id").size(), 36u);
  fleet.throws = false;
  EXPECT_EQ(state_of("t"), "running");
}

TEST_F(ServiceTest, NamesThePropertyThatIsWrong) {
  make_job();
  const auto refused = [&](Json more, const char* code, const char* property) {
    const FakeAnswer answer = add("t", std::move(more));
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_EQ(answer.code(), code) << answer.body;
    EXPECT_EQ(answer.value("PropertyName"), property) << answer.body;
  };
  refused({{"comandLine", "x"}}, "InvalidPropertyValue", "comandLine");
  refused({{"commandLine", nullptr}}, "MissingRequiredProperty", "commandLine");
  refused({{"commandLine", 1}}, "InvalidPropertyValue", "commandLine");
  refused({{"id", "a b"}}, "InvalidPropertyValue", "id");
  refused({{"id", std::string(65, 'a')}}, "InvalidPropertyValue", "id");
  refused({{"requiredSlots", 0}}, "InvalidPropertyValue", "requiredSlots");
  refused({{"constraints", {{"maxWallClockTime", "5 minutes"}}}}, "InvalidPropertyValue",
          "constraints.maxWallClockTime");
  refused({{"environmentSettings", {{{"value", "x"}}}}}, "MissingRequiredProperty",
          "environmentSettings[0].name");
  for (const std::uint64_t number : {std::uint64_t{1} << 31, ~std::uint64_t{0}}) {
    refused({{"constraints", {{"maxTaskRetryCount", number}}}}, "InvalidPropertyValue",
            "constraints.maxTaskRetryCount");
  }
  refused({{"multiInstanceSettings", {{"coordinationCommandLine", "x"}}}}, "UnsupportedProperty",
          "multiInstanceSettings");
  refused({{"outputFiles",
            {{{"filePattern", "*"},
              {"destination", {{"container", {{"containerUrl", "u"}}}}},
              {"uploadOptions", {{"uploadCondition", "always"}}}}}}},
          "InvalidPropertyValue", "outputFiles[0].uploadOptions.uploadCondition");
  EXPECT_EQ(request("GET", "/jobs/j/tasks").body["value"].size(), 0u);
}

TEST_F(ServiceTest, KnowsThePropertiesOfEachVersion) {
  Json pool = pool_body("old", 0);
  pool["targetNodeCommunicationMode"] = "simplified";
  EXPECT_EQ(request("POST", "/pools", pool).value("PropertyName"), "targetNodeCommunicationMode");
  api_version = "2022-10-01.16.0";
  EXPECT_EQ(request("POST", "/pools", pool).status, 201);
  EXPECT_TRUE(request("GET", "/pools/old").body.contains("currentNodeCommunicationMode"));
  pool = pool_body("new", 0);
  pool["upgradePolicy"] = {{"mode", "automatic"}};
  EXPECT_EQ(request("POST", "/pools", pool).value("PropertyName"), "upgradePolicy");
  api_version = "2025-06-01";
  EXPECT_EQ(request("POST", "/pools", pool).status, 201);
  EXPECT_FALSE(request("GET", "/pools/new").body.contains("currentNodeCommunicationMode"));
}

TEST_F(ServiceTest, KeepsWhatAPropertyThatAsksForNothingWouldReplace) {
  make_pool(1, 4);
  const Json before = request("GET", "/pools/p").body;
  EXPECT_EQ(request("PATCH", "/pools/p",
                    {{"virtualMachineConfiguration", Json::object()},
                     {"taskSlotsPerNode", 0},
                     {"vmSize", ""}})
                .status,
            200);
  const Json after = request("GET", "/pools/p").body;
  for (const char* name : {"virtualMachineConfiguration", "taskSlotsPerNode", "vmSize"}) {
    EXPECT_EQ(after[name], before[name]) << name;
  }
}

TEST_F(ServiceTest, ShowsATaskAsItWasMadeWithDefaults) {
  make_job();
  const FakeAnswer made = add("t", {{"displayName", "A \"task\"\n"}});
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.headers.get("Location"), "http://here/jobs/j/tasks/t");
  const Json shown = task("t");
  EXPECT_EQ(shown["id"], "t");
  EXPECT_EQ(shown["displayName"], "A \"task\"\n");
  EXPECT_EQ(shown["commandLine"], "/bin/true");
  EXPECT_EQ(shown["state"], "active");
  EXPECT_EQ(shown["eTag"], made.headers.get("ETag"));
  EXPECT_EQ(shown["requiredSlots"], 1);
  EXPECT_EQ(shown["constraints"]["maxTaskRetryCount"], 0);
  EXPECT_EQ(shown["constraints"]["maxWallClockTime"], "P10675199DT2H48M5.4775807S");
  EXPECT_EQ(shown["constraints"]["retentionTime"], "P7D");
  EXPECT_EQ(shown["executionInfo"]["retryCount"], 0);
  EXPECT_FALSE(shown.contains("nodeInfo"));
  EXPECT_EQ(task("T")["id"], "t") << "ids differ by more than case";
  EXPECT_EQ(add("T").code(), "TaskExists");
}

TEST_F(ServiceTest, AnswersForEachTaskOfACollection) {
  make_job();
  add("b");
  const Json items = {{{"id", "a"}, {"commandLine", "x"}},
                      {{"id", "b"}, {"commandLine", "x"}},
                      {{"id", "c"}},
                      {{"id", "a"}, {"commandLine", "x"}}};
  const FakeAnswer answer = request("POST", "/jobs/j/addtaskcollection", {{"value", items}});
  ASSERT_EQ(answer.status, 200);
  const Json& results = answer.body["value"];
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0]["status"], "success");
  EXPECT_EQ(results[0]["location"], "http://here/jobs/j/tasks/a");
  EXPECT_EQ(results[1]["status"], "clienterror");
  EXPECT_EQ(results[1]["error"]["code"], "TaskExists");
  EXPECT_EQ(results[2]["taskId"], "c");
  EXPECT_EQ(results[2]["error"]["code"], "MissingRequiredProperty");
  EXPECT_EQ(results[3]["error"]["code"], "TaskExists");
  const FakeAnswer counts = request("GET", "/jobs/j/taskcounts");
  EXPECT_EQ(counts.body["taskCounts"]["active"], 2);
  Json many = Json::array();
  for (int i = 0; i <= 100; ++i) many.push_back({{"id", std::to_string(i)}, {"commandLine", "x"}});
  EXPECT_EQ(request("POST", "/jobs/j/addtaskcollection", {{"value", many}}).code(),
            "InvalidPropertyValue");
}

class ListTest : public ServiceTest {
 protected:
  /// Of all pages, none of which may have more than `page_items_max`.
  std::vector<Json> items(std::string path, std::size_t page_items_max) {
    std::vector<Json> all;
    path += (path.find('?') == std::string::npos ? "?" : "&") + std::string("maxresults=") +
            std::to_string(page_items_max);
    for (;;) {
      const FakeAnswer page = request("GET", path);
      EXPECT_LE(page.body["value"].size(), page_items_max);
      for (const Json& one : page.body["value"]) all.push_back(one);
      if (!page.body.contains("odata.nextLink")) return all;
      path = page.body["odata.nextLink"];
      path = path.substr(std::string("http://here").size());
      const std::size_t version = path.find("api-version=");
      path.erase(version, path.find('&', version) + 1 - version);
    }
  }
};

TEST_F(ListTest, GoesThroughAnythingInPages) {
  make_pool(5);
  request("POST", "/pools", pool_body("q", 0));
  request("POST", "/pools", pool_body("r", 0));
  EXPECT_EQ(items("/pools", 2).size(), 3u);
  EXPECT_EQ(items("/nodecounts", 2).size(), 3u);
  EXPECT_EQ(items("/pools/p/nodes", 2).size(), 5u);
  make_job();
  EXPECT_EQ(items("/jobs", 1).size(), 1u);
  EXPECT_EQ(items("/supportedimages", 4), items("/supportedimages", 1000));
}

TEST_F(ListTest, HasFilteredAndSelectedTasks) {
  make_job();
  for (int i = 0; i < 5; ++i) add(std::to_string(i));
  std::vector<std::string> ids;
  for (const Json& one : items("/jobs/j/tasks?$select=id,state", 2)) {
    EXPECT_EQ(one.size(), 2u);
    ids.push_back(one["id"]);
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(request("GET", "/jobs/j/tasks?$filter=id%20eq%20'3'").body["value"].size(), 1u);
  EXPECT_EQ(request("GET", "/jobs/j/tasks?$filter=state%20eq%20'completed'").body["value"].size(),
            0u);
  EXPECT_EQ(request("GET", "/jobs/j/tasks?$filter=colour%20eq%20'red'").code(),
            "InvalidQueryParameterValue");
}

TEST_F(ServiceTest, SelectsPropertiesWithDigitsInTheirNames) {
  make_pool(1);
  const auto nodes = request("GET", "/pools/p/nodes?$select=id,ipv6Address");
  ASSERT_EQ(nodes.status, 200) << nodes.body;
  EXPECT_EQ(nodes.body["value"][0]["ipv6Address"], "::1");
  EXPECT_EQ(request("GET", "/pools/p/nodes?$select=id;state").code(), "InvalidQueryParameterValue");
}

TEST_F(ServiceTest, ChecksConditions) {
  make_job();
  const std::string etag(request("GET", "/jobs/j").headers.get("ETag"));
  EXPECT_EQ(request("GET", "/jobs/j", {}, {{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(request("PATCH", "/jobs/j", {{"priority", 5}}, {{"If-Match", etag}}).status, 200);
  EXPECT_EQ(request("PATCH", "/jobs/j", {{"priority", 6}}, {{"If-Match", etag}}).status, 412);
  EXPECT_EQ(request("GET", "/jobs/j").body["priority"], 5);
}

TEST_F(ServiceTest, PatchKeepsWhatPutClears) {
  make_job({{"metadata", {{{"name", "a"}, {"value", "b"}}}}, {"priority", 3}});
  EXPECT_EQ(request("PATCH", "/jobs/j", {{"maxParallelTasks", 2}}).status, 200);
  Json job = request("GET", "/jobs/j").body;
  EXPECT_EQ(job["priority"], 3);
  EXPECT_EQ(job["metadata"].size(), 1u);
  EXPECT_EQ(request("PUT", "/jobs/j", {{"poolInfo", {{"poolId", "p"}}}}).status, 200);
  job = request("GET", "/jobs/j").body;
  EXPECT_EQ(job["priority"], 0);
  EXPECT_EQ(job["maxParallelTasks"], -1);
  EXPECT_FALSE(job.contains("metadata"));
}

TEST_F(ServiceTest, TakesBackWhatItShows) {
  make_job({{"displayName", "A job"},
            {"metadata", {{{"name", "a"}, {"value", "b"}}}},
            {"commonEnvironmentSettings", {{{"name", "A"}, {"value", "b"}}}},
            {"constraints", {{"maxTaskRetryCount", 2}}}});
  add("t", {{"environmentSettings", {{{"name", "A"}, {"value", "b"}}}}});
  for (const char* path : {"/jobs/j", "/jobs/j/tasks/t"}) {
    Json shown = request("GET", path).body;
    ASSERT_TRUE(shown.contains("odata.metadata"));
    const FakeAnswer answer = request("PUT", path, shown);
    EXPECT_EQ(answer.status, 200) << answer.body;
    Json then = request("GET", path).body;
    for (const char* name : {"eTag", "lastModified"}) {
      EXPECT_NE(shown[name], then[name]);
      shown.erase(name);
      then.erase(name);
    }
    EXPECT_EQ(shown, then);
  }
}

TEST_F(ServiceTest, RefusesPoolsThatAzureWouldRefuse) {
  const auto refused = [&](const char* name, const Json& value, const char* property) {
    Json body = pool_body("q", 1);
    body[name] = value;
    const FakeAnswer answer = request("POST", "/pools", body);
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_EQ(answer.value("PropertyName"), property) << answer.body;
  };
  refused("vmSize", "huge", "vmSize");
  refused("taskSlotsPerNode", 17, "taskSlotsPerNode");
  refused("resizeTimeout", "PT1M", "resizeTimeout");
  refused("enableAutoScale", true, "enableAutoScale");
  refused("targetDedicatedNodes", -1, "targetDedicatedNodes");
  Json body = pool_body("q", 1);
  body["virtualMachineConfiguration"]["imageReference"]["sku"] = "13";
  EXPECT_EQ(request("POST", "/pools", body).value("PropertyName"),
            "virtualMachineConfiguration.imageReference");
  body = pool_body("q", 1);
  body["virtualMachineConfiguration"]["nodeAgentSKUId"] = "batch.node.ubuntu 22.04";
  EXPECT_EQ(request("POST", "/pools", body).value("PropertyName"),
            "virtualMachineConfiguration.nodeAgentSKUId");
  EXPECT_EQ(request("POST", "/pools", pool_body("q", 1)).status, 201);
  EXPECT_EQ(request("POST", "/pools", pool_body("Q", 1)).code(), "PoolExists");
}

}  // namespace
}  // namespace aloft::emulator::batch
