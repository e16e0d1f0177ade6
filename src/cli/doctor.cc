// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <vector>

#include "azure/accounts_file.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/output.h"
#include "enter/host_check.h"

namespace aloft::cli {
namespace {

using enter::Finding;
using nlohmann::json;
using State = Finding::State;

Finding check_versions() {
  utsname system{};
  ::uname(&system);
  return {.name = "versions",
          .detail = std::string("aloft ") + kVersion + ", " + system.sysname + " " +
                    system.release + " " + system.machine};
}

/// HOST:PORT of a plain http endpoint, as the emulator has.
std::optional<std::pair<std::string, std::string>> host_and_port(const std::string& endpoint) {
  constexpr std::string_view kScheme = "http://";
  if (!endpoint.starts_with(kScheme)) return std::nullopt;
  const std::string rest = endpoint.substr(kScheme.size());
  const std::string authority = rest.substr(0, rest.find('/'));
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::pair(authority.substr(0, colon), authority.substr(colon + 1));
}

bool accepts_connections(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address(found, ::freeaddrinfo);
  const UniqueFd socket(
      ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return false;
  if (::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  constexpr int kTimeMaxMs = 2000;
  pollfd wanted{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  if (::poll(&wanted, 1, kTimeMaxMs) != 1) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

/// The emulator that this user runs, if any.
Finding check_emulator(const EnvironmentLookup& environment) {
  const std::string path = runtime_directory(environment) + "/emulator.json";
  const auto text = read_file(path, 64u << 10);
  if (!text) return {.name = "emulator", .detail = "none runs; 'aloft emulator' starts one"};
  const json record = json::parse(*text, nullptr, false);
  std::string endpoint;
  if (record.is_object() && record.contains("blob_endpoint") &&
      record["blob_endpoint"].is_string()) {
    endpoint = record["blob_endpoint"].get<std::string>();
  }
  const auto address = host_and_port(endpoint);
  if (address && accepts_connections(address->first, address->second)) {
    return {.name = "emulator", .detail = endpoint + " answers"};
  }
  return {.name = "emulator",
          .state = State::limited,
          .detail = "recorded in " + path + ", but it does not answer",
          .remedy = "start it again: aloft emulator"};
}

Finding check_accounts(const EnvironmentLookup& environment) {
  std::vector<std::string> sources;
  for (const char* name : {"AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT"}) {
    if (environment(name) != nullptr) sources.emplace_back(name);
  }
  const std::string file = config_directory(environment) + "/accounts.toml";
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) {
    if ((status.st_mode & 077) != 0) {
      return {.name = "accounts",
              .state = State::bad,
              .detail = file + " holds keys and is open to other users",
              .remedy = "chmod 600 " + file};
    }
    sources.push_back(file);
  }
  const std::string record = runtime_directory(environment) + "/emulator.json";
  if (::access(record.c_str(), R_OK) == 0) sources.emplace_back("the emulator's record");
  const std::string identity = azure::identity_around(environment);
  if (!identity.empty()) sources.push_back("the identity around (" + identity + ")");
  if (sources.empty()) {
    return {.name = "accounts",
            .state = State::limited,
            .detail = "no account is configured",
            .remedy =
                "add one: aloft account add NAME, or sign in: az login, or start 'aloft "
                "emulator'"};
  }
  std::string detail = "configured by ";
  for (std::size_t i = 0; i < sources.size(); ++i) detail += (i > 0 ? ", " : "") + sources[i];
  return {.name = "accounts", .detail = detail};
}

/// Of a node that runs tasks: each brings its own accounts and directories.
std::vector<Finding> examine_node() {
  std::vector<Finding> findings = enter::check_entering();
  findings.insert(findings.begin(), check_versions());
  return findings;
}

std::vector<Finding> examine(const EnvironmentLookup& environment) {
  std::vector<Finding> findings{check_versions()};
  const auto append = [&](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings));
  };
  append(enter::check_entering());
  append({enter::check_fusermount()});
  append(enter::check_directories(environment));
  append(
      {enter::check_daemon(environment), check_accounts(environment), check_emulator(environment)});
  return findings;
}

const char* word_of(State state) {
  switch (state) {
    case State::good:
      return "ok";
    case State::limited:
      return "limited";
    case State::bad:
      return "MISSING";
  }
  return "";
}

void print_table(Output& output, const std::vector<Finding>& findings) {
  constexpr int kStateColumns = 9;
  constexpr int kNameColumns = 19;
  const std::string indent(kStateColumns + kNameColumns, ' ');
  for (const Finding& finding : findings) {
    std::string margin = fmt::format("{:<{}}{:<{}}", word_of(finding.state), kStateColumns,
                                     finding.name, kNameColumns);
    std::string text = finding.detail;
    if (!finding.remedy.empty()) text += "\n-> " + finding.remedy;
    std::istringstream lines(wrap(text, kHelpColumns - indent.size()));
    for (std::string line; std::getline(lines, line); margin = indent) output.line(margin + line);
  }
}

json document(const std::vector<Finding>& findings, bool is_fit) {
  json checks = json::array();
  for (const Finding& finding : findings) {
    const char* state = finding.state == State::good      ? "good"
                        : finding.state == State::limited ? "limited"
                                                          : "bad";
    checks.push_back({{"name", finding.name},
                      {"state", state},
                      {"detail", finding.detail},
                      {"remedy", finding.remedy}});
  }
  return {{"ok", is_fit}, {"version", kVersion}, {"checks", checks}};
}

}  // namespace

void add_doctor_command(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "doctor", "Say what this host lacks for aloft run and aloft mount, and what to do about it");
  add_json_option(*command, context, "the checks with their remedies");
  const auto node = std::make_shared<bool>(false);
  command->add_flag("--node", *node, "Check only what a node of Azure Batch needs to run tasks");
  command->callback([&context, node] {
    const std::vector<Finding> findings = *node ? examine_node() : examine(context.environment);
    const bool is_fit = std::ranges::none_of(
        findings, [](const Finding& finding) { return finding.state == State::bad; });
    Output output;
    if (context.json) {
      output.json(document(findings, is_fit));
    } else {
      print_table(output, findings);
    }
    context.exit_code = is_fit ? kSuccess : kFailed;
  });
}

}  // namespace aloft::cli
