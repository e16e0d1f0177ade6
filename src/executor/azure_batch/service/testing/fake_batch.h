// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "azure/batch_account.h"
#include "azure/encoding.h"
#include "base/guarded.h"
#include "executor/azure_batch/service/testing/schema.h"
#include "http/fake_server.h"

namespace aloft::batch::testing {

/// One request as the fake service received it.
struct Asked {
  std::string method{};
  std::string path{};   ///< Decoded.
  std::string query{};  ///< Decoded.
  nlohmann::json body{};
  std::string head{};

  bool is(std::string_view wanted_method, std::string_view pattern) const {
    return method == wanted_method && matches(pattern, path);
  }
};

enum class Trouble {
  none,
  lost_request,  ///< The connection breaks before anything was done.
  lost_answer,   ///< Everything was done, then the connection breaks.
  busy,          ///< 503.
  broken,        ///< 500.
};

/// For tests: a Batch service over HTTP, written from the published reference, which runs nothing:
/// tests say what becomes of tasks and nodes. Refuses what the schema does not allow. Members may
/// be set before the first request.
class FakeBatch {
 public:
  using Json = nlohmann::json;
  struct Job {
    Json json{};
    std::map<std::string, Json> tasks{};
  };
  struct State {
    std::map<std::string, Json> pools{};
    std::map<std::string, Job> jobs{};
    std::map<std::string, Json> nodes{};  ///< Lists, by pool.
    std::vector<Asked> asked{};
  };

  /// May be changed at any time; each request goes by what they are when it comes.
  struct Settings {
    /// Asked before each request is answered, with the number of those before it. May be called
    /// still when the client has given up: it refers to nothing that is gone by then.
    std::function<Trouble(const Asked& asked, std::size_t number)> trouble{};
    /// What a task of a collection fails with instead of being added: "servererror", "clienterror".
    std::function<std::string(const Json& task)> refuse_task{};
    std::size_t body_bytes_max = 1u << 20;
    std::size_t page_size = 1000;
    std::string identity = "/subscriptions/s/resourceGroups/g/identity";  ///< Of new pools.
  };

  azure::BatchAccount account() const {
    return {.name = "lab",
            .endpoint = {.server = server_.endpoint(), .base_path = ""},
            .credential = azure::SharedKey{.key = "secret"}};
  }
  Guarded<State>& state() { return state_; }
  Guarded<Settings>& settings() { return settings_; }

  std::size_t count_asked(std::string_view method, std::string_view pattern) {
    const auto state = state_.lock();
    return static_cast<std::size_t>(std::ranges::count_if(
        state->asked, [&](const Asked& asked) { return asked.is(method, pattern); }));
  }
  void set_task(const std::string& job, const std::string& task, const Json& changes) {
    state_.lock()->jobs.at(job).tasks.at(task).merge_patch(changes);
  }
  void set_pool(const std::string& pool, const Json& changes) {
    state_.lock()->pools.at(pool).merge_patch(changes);
  }

 private:
  struct Answer {
    int status = 200;
    Json body{};
  };

  static Answer fault(int status, const std::string& code, const std::string& words = "words") {
    return {status,
            {{"odata.metadata", "x"},
             {"code", code},
             {"message", {{"lang", "en-US"}, {"value", words + "\nRequestId:r\nTime:t"}}}}};
  }

  void serve(http::FakeConnection& connection) {
    for (std::string text; !(text = connection.read_request()).empty();) {
      const Asked asked = parse(text);
      const Settings settings = *settings_.lock();
      const std::size_t number = note(asked);
      const Trouble now = settings.trouble ? settings.trouble(asked, number) : Trouble::none;
      if (now == Trouble::lost_request) return;
      const Answer answer = now == Trouble::busy     ? fault(503, "ServerBusy")
                            : now == Trouble::broken ? fault(500, "InternalError")
                                                     : answer_to(asked, text, settings);
      if (now == Trouble::lost_answer) return;
      if (!connection.send(encode(answer))) return;
    }
  }

  /// How many came before it.
  std::size_t note(const Asked& asked) {
    auto state = state_.lock();
    state->asked.push_back(asked);
    return state->asked.size() - 1;
  }

  static Asked parse(const std::string& text) {
    Asked asked;
    const std::size_t method_end = text.find(' ');
    const std::string target =
        text.substr(method_end + 1, text.find(' ', method_end + 1) - method_end - 1);
    const std::size_t head_end = text.find("\r\n\r\n");
    asked.method = text.substr(0, method_end);
    asked.path = azure::decode_percent(target.substr(0, target.find('?')));
    asked.query = azure::decode_percent(target.substr(target.find('?') + 1));
    asked.head = text.substr(0, head_end);
    const std::string body = text.substr(head_end + 4);
    if (!body.empty()) asked.body = Json::parse(body);
    return asked;
  }

  static std::string encode(const Answer& answer) {
    const std::string body = answer.body.is_null() ? "" : answer.body.dump();
    return fmt::format("HTTP/1.1 {} X\r\nrequest-id: id-1\r\nContent-Length: {}\r\n\r\n{}",
                       answer.status, body.size(), body);
  }

  Answer answer_to(const Asked& asked, const std::string& text, const Settings& settings) {
    const Operation* operation = find_operation(asked.method, asked.path);
    if (operation == nullptr) return fault(404, "ResourceNotFound");
    if (text.size() > settings.body_bytes_max) return fault(413, "RequestBodyTooLarge");
    if (!operation->body.empty()) {
      const auto findings = SchemaCheck::run(asked.body, operation->body);
      if (!findings.empty()) return fault(400, "InvalidPropertyValue", findings.front());
    }
    auto state = state_.lock();
    Answer answer = asked.path.starts_with("/pools") ? answer_pools(asked, settings, *state)
                                                     : answer_jobs(asked, settings, *state);
    if (answer.status == 0) answer.status = operation->success;
    return answer;
  }

  static std::string segment(const std::string& path, int index) {
    std::size_t begin = 0;
    for (int i = 0; i < index; ++i) begin = path.find('/', begin + 1);
    return path.substr(begin + 1, path.find('/', begin + 1) - begin - 1);
  }

  Answer answer_pools(const Asked& asked, const Settings& settings, State& state) {
    if (asked.is("POST", "/pools")) return create_pool(asked.body, settings, state);
    if (asked.is("GET", "/pools")) return list(asked, settings, values_of(state.pools));
    const auto found = state.pools.find(segment(asked.path, 1));
    if (found == state.pools.end()) return fault(404, "PoolNotFound");
    Json& pool = found->second;
    if (asked.is("GET", "/pools/{}")) return {0, pool};
    if (asked.is("GET", "/pools/{}/nodes")) {
      return list(asked, settings,
                  state.nodes.try_emplace(found->first, Json::array()).first->second);
    }
    if (pool["state"] == "deleting") return fault(409, "PoolBeingDeleted");
    if (asked.method == "PATCH") pool.update(asked.body);
    if (asked.method == "DELETE") pool["state"] = "deleting";
    if (asked.is("POST", "/pools/{}/resize")) return resize(asked.body, pool);
    if (asked.is("POST", "/pools/{}/stopresize")) {
      if (pool["allocationState"] != "resizing") return fault(409, "OperationInvalid");
      pool["allocationState"] = "stopping";
    }
    return {0, {}};
  }

  static Answer create_pool(const Json& body, const Settings& settings, State& state) {
    const std::string id = body["id"];
    if (state.pools.contains(id)) return fault(409, "PoolExists");
    Json& pool = state.pools[id] = body;
    pool["state"] = "active";
    pool["allocationState"] = "steady";
    pool["currentDedicatedNodes"] = body["targetDedicatedNodes"];
    pool["currentLowPriorityNodes"] = body["targetLowPriorityNodes"];
    if (!settings.identity.empty()) {
      pool["identity"] = {
          {"type", "UserAssigned"},
          {"userAssignedIdentities", {{{"resourceId", settings.identity}, {"clientId", "c1"}}}}};
    }
    return {0, {}};
  }

  static Answer resize(const Json& body, Json& pool) {
    if (pool["allocationState"] != "steady") return fault(409, "PoolBeingResized");
    pool.update(body);
    pool["allocationState"] = "resizing";
    return {0, {}};
  }

  Answer answer_jobs(const Asked& asked, const Settings& settings, State& state) {
    if (asked.is("POST", "/jobs")) {
      const std::string id = asked.body["id"];
      if (state.jobs.contains(id)) return fault(409, "JobExists");
      state.jobs[id].json = asked.body;
      state.jobs[id].json["state"] = "active";
      return {0, {}};
    }
    const auto found = state.jobs.find(segment(asked.path, 1));
    if (found == state.jobs.end()) return fault(404, "JobNotFound");
    Job& job = found->second;
    if (asked.is("GET", "/jobs/{}")) return {0, job.json};
    if (asked.is("GET", "/jobs/{}/taskcounts")) return {0, counts(job)};
    if (asked.is("GET", "/jobs/{}/tasks")) return list(asked, settings, values_of(job.tasks));
    if (asked.is("POST", "/jobs/{}/addtaskcollection")) return {0, add(asked.body, settings, job)};
    const auto task = job.tasks.find(segment(asked.path, 3));
    if (task == job.tasks.end()) return fault(404, "TaskNotFound");
    if (asked.method == "GET") return {0, selected(asked, task->second)};
    if (task->second["state"] == "completed") return fault(409, "TaskCompleted");
    task->second["state"] = "completed";
    task->second["executionInfo"]["failureInfo"] = {
        {"category", "usererror"}, {"code", "TaskEnded"}, {"message", "ended by request"}};
    return {0, {}};
  }

  static Json add(const Json& body, const Settings& settings, Job& job) {
    Json results = Json::array();
    // The service answers in any order.
    for (auto task = body["value"].rbegin(); task != body["value"].rend(); ++task) {
      const std::string id = (*task)["id"];
      const std::string refused = settings.refuse_task ? settings.refuse_task(*task) : "";
      Json result{{"taskId", id}, {"status", "success"}};
      if (!refused.empty()) {
        result["status"] = refused;
        result["error"] = fault(500, "InternalError").body;
      } else if (job.tasks.contains(id)) {
        result["status"] = "clienterror";
        result["error"] = fault(409, "TaskExists").body;
      } else {
        Json& added = job.tasks[id] = *task;
        added["state"] = "active";
        added["executionInfo"] = {{"retryCount", 0}, {"requeueCount", 0}};
      }
      results.push_back(result);
    }
    return {{"value", results}};
  }

  static Json counts(const Job& job) {
    std::map<std::string, int> by_state;
    for (const auto& [id, task] : job.tasks) ++by_state[task["state"]];
    return {{"taskCounts",
             {{"active", by_state["active"]},
              {"running", by_state["running"] + by_state["preparing"]},
              {"completed", by_state["completed"]},
              {"succeeded", by_state["completed"]},
              {"failed", 0}}}};
  }

  static Json values_of(const std::map<std::string, Json>& map) {
    Json list = Json::array();
    for (const auto& [id, value] : map) list.push_back(value);
    return list;
  }

  static Json selected(const Asked& asked, const Json& whole) {
    const std::size_t at = asked.query.find("$select=");
    if (at == std::string::npos) return whole;
    const std::string fields = "," + asked.query.substr(at + 8) + ",";
    Json part = Json::object();
    for (const auto& [name, value] : whole.items()) {
      if (fields.find("," + name + ",") != std::string::npos) part[name] = value;
    }
    return part;
  }

  Answer list(const Asked& asked, const Settings& settings, const Json& all) const {
    const bool unfinished = asked.query.find("$filter=") != std::string::npos;
    Json wanted = Json::array();
    for (const Json& entry : all) {
      if (!unfinished || entry["state"] != "completed") wanted.push_back(selected(asked, entry));
    }
    const std::size_t token = asked.query.find("skiptoken=");
    const std::size_t begin =
        token == std::string::npos ? 0 : std::stoul(asked.query.substr(token + 10));
    Json page = Json::array();
    for (std::size_t i = begin; i < std::min(begin + settings.page_size, wanted.size()); ++i) {
      page.push_back(wanted[i]);
    }
    Json body{{"value", page}};
    if (begin + settings.page_size < wanted.size()) {
      body["odata.nextLink"] = fmt::format(
          "{}{}?api-version=2025-06-01{}&skiptoken={}", http::to_string(server_.endpoint()),
          asked.path, unfinished ? "&$filter=unfinished" : "", begin + settings.page_size);
    }
    return {0, body};
  }

  Guarded<State> state_;
  Guarded<Settings> settings_;
  http::FakeServer server_{[this](http::FakeConnection& connection, int) { serve(connection); }};
};

}  // namespace aloft::batch::testing
