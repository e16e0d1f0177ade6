// SPDX-License-Identifier: Apache-2.0
#include "enter/daemon_client.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/local_socket.h"

extern char** environ;

namespace aloft::enter {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// For what the daemon answers from memory. Requests that talk to the network have no deadline
/// here: the daemon bounds them and says what it was waiting for.
constexpr auto kAnswerTimeMax = 30s;
constexpr auto kNever = Clock::time_point::max();

Clock::time_point soon() {
  return std::chrono::steady_clock::now() + kAnswerTimeMax;
}

ErrorCode code_of_name(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::corrupt); ++i) {
    if (name_of(static_cast<ErrorCode>(i)) == name) return static_cast<ErrorCode>(i);
  }
  return ErrorCode::unavailable;
}

Error error_of(const json& answer) {
  return {.code = code_of_name(answer.value("code", "")),
          .message = answer.value("message", "the daemon failed without a reason"),
          .request_id = answer.value("request_id", ""),
          .os_errno = answer.value("errno", 0)};
}

bool names_accounts(std::string_view variable) {
  return variable.starts_with("AZURE_") || variable.starts_with("ALOFT_") ||
         variable.starts_with("XDG_") || variable.starts_with("HOME=") ||
         variable.starts_with("PATH=");  // az gives tokens.
}

json account_environment() {
  json variables = json::object();
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos || !names_accounts(variable)) continue;
    variables[std::string(variable.substr(0, equals))] = variable.substr(equals + 1);
  }
  return variables;
}

/// The daemon ended while it was asked: by an administrator, or for lack of mounts.
bool is_lost(const Error& error) {
  return error.os_errno == ENOTCONN || error.os_errno == EPIPE || error.os_errno == ECONNRESET;
}

Error lost_daemon() {
  return os_error(ENOTCONN,
                  "the daemon that served the files ended before it had stored everything; see "
                  "'aloft doctor' for its log");
}

MountStatus mount_status_of(const json& entry) {
  return {.id = entry.value("mount", std::uint64_t{0}),
          .root = entry.value("root", ""),
          .directory = entry.value("directory", ""),
          .in_namespace = entry.value("in_namespace", false),
          .read_only = entry.value("read_only", false)};
}

}  // namespace

Result<DaemonClient> DaemonClient::greet(UniqueFd socket) {
  DaemonClient client(std::move(socket));
  TRY(client.ask({{"op", "hello"}, {"protocol", kProtocolVersion}, {"version", ALOFT_VERSION}}, -1,
                 soon()));
  return client;
}

Result<DaemonClient> DaemonClient::connect(const DaemonPlaces& places) {
  auto socket = connect_local(places.socket);
  if (!socket) {
    if (socket.error().os_errno != ENOENT && socket.error().os_errno != ECONNREFUSED) {
      return fail(std::move(socket).error());
    }
    return fail(ErrorCode::not_found, "no daemon runs (it would listen at " + places.socket + ")");
  }
  return greet(std::move(*socket));
}

Result<DaemonClient> DaemonClient::connect_or_start(const DaemonPlaces& places,
                                                    const MainProgram& main_program) {
  // A daemon without mounts may end in the moment in which we connect; the next one will not.
  constexpr int kAttemptsMax = 3;
  for (int attempt = 1;; ++attempt) {
    UniqueFd socket = TRY(connect_to_daemon(places, main_program));
    auto client = greet(std::move(socket));
    if (client || !is_lost(client.error()) || attempt == kAttemptsMax) return client;
  }
}

Result<json> DaemonClient::ask(const json& request, int fd, Clock::time_point deadline) {
  // Variables need not be UTF-8; such a byte is replaced rather than thrown on.
  const std::string text = request.dump(-1, ' ', false, json::error_handler_t::replace);
  TRY(send_message(socket_.get(), text, fd));
  const SocketMessage message = TRY(receive_message(socket_.get(), kMessageBytesMax, deadline));
  json answer = json::parse(message.text, nullptr, false);
  try {
    if (answer.is_object() && answer.value("ok", false)) return answer;
    if (answer.is_object()) return fail(error_of(answer));
  } catch (const json::exception&) {
    // Falls through: a field of another type is as senseless as no object.
  }
  return fail(ErrorCode::corrupt, "the daemon's answer makes no sense");
}

Result<std::uint64_t> DaemonClient::mount(const MountRequest& request, int fuse_fd) {
  const json answer = TRY(ask({{"op", "mount"},
                               {"root", request.root},
                               {"directory", request.directory},
                               {"in_namespace", request.in_namespace},
                               {"read_only", request.read_only},
                               {"squash_ids", request.squash_ids},
                               {"environment", account_environment()}},
                              fuse_fd, kNever));
  const auto id = answer.find("mount");
  if (id == answer.end() || !id->is_number_unsigned()) {
    return fail(ErrorCode::corrupt, "the daemon's answer names no mount");
  }
  return id->get<std::uint64_t>();
}

Result<std::vector<std::string>> DaemonClient::drain(std::uint64_t mount) {
  const auto answer = ask({{"op", "drain"}, {"mount", mount}}, -1, kNever);
  if (!answer) return fail(is_lost(answer.error()) ? lost_daemon() : answer.error());
  std::vector<std::string> problems;
  for (const json& problem : answer->value("problems", json::array())) {
    if (problem.is_string()) problems.push_back(problem.get<std::string>());
  }
  return problems;
}

Result<void> DaemonClient::wait_unmounted(std::uint64_t mount, Clock::time_point deadline) {
  const auto answer = ask({{"op", "wait_unmounted"}, {"mount", mount}}, -1, deadline);
  if (answer) return {};
  return fail(is_lost(answer.error()) ? lost_daemon() : answer.error());
}

Result<DaemonStatus> DaemonClient::status() {
  const json answer = TRY(ask({{"op", "status"}}, -1, soon()));
  try {
    DaemonStatus status{.pid = answer.value("pid", 0), .version = answer.value("version", "")};
    for (const json& entry : answer.at("mounts")) status.mounts.push_back(mount_status_of(entry));
    return status;
  } catch (const json::exception&) {
    return fail(ErrorCode::corrupt, "the daemon's status makes no sense");
  }
}

Result<void> DaemonClient::stop() {
  const auto answer = ask({{"op", "stop"}}, -1, kNever);
  if (answer) return {};
  return fail(answer.error());
}

}  // namespace aloft::enter
