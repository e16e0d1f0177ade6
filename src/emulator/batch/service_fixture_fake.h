// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <stdexcept>

#include "base/fake_clock.h"
#include "emulator/batch/scheduling.h"
#include "emulator/batch/service.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::batch {

/// Machines that are ready at once and run nothing: the test says how attempts end.
class FakeFleet final : public Fleet {
 public:
  struct Started {
    std::string node;
    Attempt attempt;
  };

  Result<void> open(const NodeName& name, std::optional<Attempt> start_task) override {
    if (refuses) return fail(ErrorCode::unavailable, "no machine");
    opened.push_back({name.node, std::move(start_task)});
    return {};
  }
  void close(const std::string& node, bool) override {
    closed.push_back(node);
    std::erase_if(running, [&](const auto& run) { return run.second.node == node; });
  }
  void start(const std::string& node, std::uint64_t run, Attempt attempt, std::uint64_t) override {
    running[run] = {.node = node, .attempt = std::move(attempt)};
  }
  void stop(std::uint64_t run) override { stopped.push_back(run); }
  void remove_task(const std::string&, std::string job, std::string task) override {
    removed.push_back(job + "/" + task);
  }
  void remove_job(const std::string& job) override { removed.push_back(job); }
  std::shared_ptr<const Node> find(const std::string&) const override {
    if (throws) throw std::runtime_error("this fleet is broken");
    return nullptr;
  }

  std::deque<std::pair<std::string, std::optional<Attempt>>> opened;  ///< Not told of yet.
  std::vector<std::string> closed;
  std::map<std::uint64_t, Started> running;
  std::vector<std::uint64_t> stopped;
  std::vector<std::string> removed;
  bool refuses = false;  ///< To open any node.
  bool throws = false;   ///< When it is asked for a node.
};

struct FakeAnswer {
  int status = 0;
  Json body{};
  http::Headers headers{};
  std::string code() const { return body.value("code", ""); }
  /// Of the values of an error.
  std::string value(std::string_view key) const {
    for (const Json& one : body.value("values", Json::array())) {
      if (one["key"] == key) return one["value"];
    }
    return "";
  }
};

/// A service with its account and a fleet that the test drives; requests are signed.
class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() { service.set_base_url("http://here"); }

  FakeAnswer request(std::string_view method, const std::string& path, const Json& content = {},
                     std::initializer_list<http::Headers::Field> headers = {}) {
    return raw(method, path, content.is_null() ? "" : text_of(content), headers);
  }

  FakeAnswer raw(std::string_view method, const std::string& path, const std::string& content,
                 std::initializer_list<http::Headers::Field> headers = {}) {
    TextBody body(content, broken);
    http::Request request{.body = body};
    request.method = http::parse_method(method);
    request.target =
        path + (path.find('?') == std::string::npos ? "?" : "&") + "api-version=" + api_version;
    request.headers = headers;
    if (!content.empty()) {
      request.headers.add("Content-Type", "application/json; odata=minimalmetadata");
      request.headers.add("Content-Length", std::to_string(content.size()));
    }
    request.headers.add("ocp-date", format_http_date(std::chrono::floor<std::chrono::seconds>(
                                        clock.wall_now() + client_clock_ahead)));
    const std::string to_sign =
        shared_key_string(credentials, request, parse_target(request.target).value());
    request.headers.add("Authorization",
                        "SharedKey acc:" + base64_encode(hmac_sha256(client_key, to_sign)));
    return read(service.handle(request));
  }

  /// What the fleet and time would do by themselves.
  void settle() {
    for (int turn = 0; turn < 3; ++turn) {
      clock.advance(std::chrono::seconds(1));
      schedule(*account.lock());
      while (!fleet.opened.empty()) {
        const auto [node, start_task] = std::move(fleet.opened.front());
        fleet.opened.pop_front();
        std::optional<AttemptEnd> end;
        if (start_task) end = end_with(start_task_exit_code);
        account.on_opened(node, {}, end);
      }
    }
  }

  static AttemptEnd end_with(int exit_code) {
    AttemptEnd end{.phase = AttemptEnd::Phase::running, .exit_code = exit_code};
    if (exit_code != 0) {
      end.failure = FailureInfo{.code = "FailureExitCode", .message = "It failed."};
    }
    return end;
  }
  static AttemptEnd ended_by_request() {
    AttemptEnd end{.phase = AttemptEnd::Phase::running, .exit_code = 143};
    end.failure = FailureInfo{.code = "TaskEnded", .message = "It was ended."};
    return end;
  }

  /// Ids of the tasks that run, in the order of their starts.
  std::vector<std::string> running() const {
    std::vector<std::string> ids;
    for (const auto& [run, started] : fleet.running) ids.push_back(started.attempt.task);
    return ids;
  }
  /// The task that runs ends so.
  void end_task(const std::string& id, AttemptEnd end) {
    for (const auto& [run, started] : fleet.running) {
      if (started.attempt.task != id) continue;
      const std::uint64_t number = run;
      fleet.running.erase(number);
      account.on_ended(number, std::move(end));
      return;
    }
    FAIL() << id << " does not run";
  }

  static Json pool_body(const std::string& id, int nodes, int slots = 1) {
    return {{"id", id},
            {"vmSize", "Standard_D4s_v5"},
            {"targetDedicatedNodes", nodes},
            {"taskSlotsPerNode", slots},
            {"virtualMachineConfiguration",
             {{"imageReference", {{"publisher", "debian"}, {"offer", "debian-12"}, {"sku", "12"}}},
              {"nodeAgentSKUId", "batch.node.debian 12"}}}};
  }
  void make_pool(int nodes, int slots = 1) {
    ASSERT_EQ(request("POST", "/pools", pool_body("p", nodes, slots)).status, 201);
    settle();
  }
  void make_job(Json more = Json::object()) {
    Json body{{"id", "j"}, {"poolInfo", {{"poolId", "p"}}}, {"usesTaskDependencies", true}};
    body.update(more);
    ASSERT_EQ(request("POST", "/jobs", body).status, 201);
  }
  FakeAnswer add(const std::string& id, Json more = Json::object()) {
    Json body{{"id", id}, {"commandLine", "/bin/true"}};
    body.update(more);
    return request("POST", "/jobs/j/tasks", body);
  }
  Json task(const std::string& id) { return request("GET", "/jobs/j/tasks/" + id).body; }
  std::string state_of(const std::string& id) { return task(id).value("state", ""); }

  FakeClock clock;
  NoLedger ledger;
  FakeFleet fleet;
  faults::NodeFaults node_faults;
  Account account{clock, ledger, fleet, {.node_faults = &node_faults}};
  Credentials credentials{.account = "acc", .key = "secret"};
  Service service{credentials, account};
  std::string api_version = "2025-06-01";
  std::string client_key = "secret";
  std::chrono::minutes client_clock_ahead{0};
  std::optional<Error> broken{};  ///< Why the bodies of requests cannot be read.
  int start_task_exit_code = 0;

 private:
  class TextBody final : public http::RequestBody {
   public:
    TextBody(std::string text, std::optional<Error> broken)
        : text_(std::move(text)), broken_(std::move(broken)) {}
    std::optional<std::uint64_t> length_bytes() const override { return text_.size(); }
    Result<std::size_t> read(std::span<std::byte> buffer) override {
      if (broken_) return tl::unexpected(*broken_);
      const std::size_t got = std::min(buffer.size(), text_.size() - done_);
      text_.copy(reinterpret_cast<char*>(buffer.data()), got, done_);
      done_ += got;
      return got;
    }

   private:
    std::string text_;
    std::optional<Error> broken_;
    std::size_t done_ = 0;
  };

  static FakeAnswer read(http::Response response) {
    FakeAnswer answer{.status = response.status};
    std::string text;
    for (const auto& part : response.body) {
      text.append(reinterpret_cast<const char*>(part.data()), part.size());
    }
    if (!text.empty()) answer.body = Json::parse(text);
    answer.headers = std::move(response.headers);
    return answer;
  }
};

}  // namespace aloft::emulator::batch
