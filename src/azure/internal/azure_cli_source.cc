// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/azure_cli_source.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <vector>

#include "azure/internal/token_answer.h"
#include "base/file.h"
#include "http/message.h"

namespace aloft::azure::internal {
namespace {

/// az is a program of Python, which asks the network in its turn.
constexpr std::chrono::seconds kTimeMax{60};
constexpr std::chrono::seconds kGrace{2};
constexpr std::size_t kOutputBytesMax = 256u << 10;

/// A file in memory for what az writes: unlike a pipe, it needs no reader while az runs, and a
/// child that az leaves behind cannot keep anybody waiting.
Result<UniqueFd> make_output() {
  UniqueFd file(::memfd_create("az", MFD_CLOEXEC));
  if (!file) return fail_os(errno, "cannot make a file in memory");
  return file;
}

Result<std::string> content_of(const UniqueFd& file) {
  std::string text(kOutputBytesMax, '\0');
  const std::size_t size =
      TRY(read_at(file.get(), 0, std::as_writable_bytes(std::span(text)), "az's output"));
  text.resize(size);
  return text;
}

/// The first line that says something, without az's own mark.
std::string first_line(std::string_view messages) {
  constexpr std::string_view kMark = "ERROR: ";
  const std::size_t at = messages.find(kMark);
  if (at != std::string_view::npos) messages.remove_prefix(at + kMark.size());
  const std::size_t start = std::min(messages.find_first_not_of(" \r\n\t"), messages.size());
  messages.remove_prefix(start);
  return for_people(messages.substr(0, messages.find_first_of("\r\n")));
}

/// What Python's HTTP library (urllib3, below requests) says of a host that it did not reach.
bool is_of_network(std::string_view messages) {
  constexpr std::array<std::string_view, 4> kSigns{"Max retries exceeded", "Connection aborted",
                                                   "Read timed out", "Connection broken"};
  return std::ranges::any_of(
      kSigns, [&](std::string_view sign) { return messages.find(sign) != std::string_view::npos; });
}

/// This process's, but with these variables.
std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& variables) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::ranges::any_of(
        variables, [&](const auto& variable) { return variable.first == name; });
    if (!replaced) environment.emplace_back(text);
  }
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  return environment;
}

}  // namespace

AzureCliSource::AzureCliSource(AzureCli cli, std::string_view resource,
                               const TokenSourceOptions& options)
    : cli_(std::move(cli)), resource_(resource), processes_(*options.processes) {}

Result<AzureCliSource::Outcome> AzureCliSource::run(const Limits& limits) const {
  const UniqueFd output = TRY(make_output());
  const UniqueFd messages = TRY(make_output());
  ProcessOptions options{.command = {cli_.program, "account", "get-access-token", "--output",
                                     "json", "--resource", resource_},
                         .environment = environment_with(cli_.variables),
                         .stdout_fd = output.get(),
                         .stderr_fd = messages.get(),
                         .parent_death_signal = SIGTERM};
  if (!cli_.tenant.empty()) {
    options.command.insert(options.command.end(), {"--tenant", cli_.tenant});
  }
  auto process = processes_.start(options);
  if (!process) {
    Error error = std::move(process).error();
    error.code = ErrorCode::not_found;
    error.message = fmt::format("cannot start {}: {}; install the Azure CLI and sign in: az login",
                                cli_.program, error.message);
    return fail(std::move(error));
  }
  const Limits soon = Limits::within(kTimeMax, limits.stop);
  const auto end =
      (*process)->wait({.deadline = std::min(soon.deadline, limits.deadline), .stop = limits.stop});
  if (!end) {
    // Its end does not matter any more: the caller learns why it had to end.
    (void)end_process(**process, kGrace);
    return fail(end.error().code, fmt::format("az gave no token: {}", end.error().message));
  }
  Outcome outcome{.code = shell_code(*end)};
  outcome.output = TRY(content_of(output));
  outcome.messages = TRY(content_of(messages));
  return outcome;
}

Result<AccessToken> AzureCliSource::request(const Limits& limits) {
  const Outcome outcome = TRY(run(limits));
  if (outcome.code != 0 && is_of_network(outcome.messages)) {
    return fail(ErrorCode::unavailable, fmt::format("az gives no token for {} ({})", resource_,
                                                    first_line(outcome.messages)));
  }
  if (outcome.code != 0) {
    return fail(ErrorCode::permission_denied,
                fmt::format("az gives no token for {} ({}); sign in: az login{}{}", resource_,
                            first_line(outcome.messages), cli_.tenant.empty() ? "" : " --tenant ",
                            cli_.tenant));
  }
  std::string text = member_text(outcome.output, "accessToken");
  const auto expires = azure_cli_expiry(outcome.output);
  if (text.empty() || !http::is_field_value(text) || !expires) {
    return fail(ErrorCode::corrupt,
                fmt::format("what {} account get-access-token prints is no token; is it the Azure "
                            "CLI?",
                            cli_.program));
  }
  return AccessToken{.text = std::move(text), .expires = *expires};
}

std::optional<std::chrono::system_clock::time_point> azure_cli_expiry(std::string_view document) {
  const std::string seconds = member_text(document, "expires_on");
  std::time_t time = 0;
  if (!seconds.empty()) {
    const char* const end = seconds.data() + seconds.size();
    if (std::from_chars(seconds.data(), end, time).ptr != end) return std::nullopt;
    return std::chrono::system_clock::from_time_t(time);
  }
  std::tm parts{};
  parts.tm_isdst = -1;
  const std::string local = member_text(document, "expiresOn");
  if (::strptime(local.c_str(), "%Y-%m-%d %H:%M:%S", &parts) == nullptr) return std::nullopt;
  time = std::mktime(&parts);
  if (time == -1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(time);
}

}  // namespace aloft::azure::internal
