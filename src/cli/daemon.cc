// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <thread>

#include "base/file.h"
#include "base/log/log.h"
#include "cli/command.h"
#include "cli/output.h"
#include "daemon/protocol.h"
#include "daemon/server.h"
#include "enter/daemon_client.h"
#include "enter/daemon_start.h"
#include "executor/supervisor/supervisor.h"
#include "object/azure/open_accounts.h"

namespace aloft::cli {
namespace {

static_assert(daemon::kProtocolVersion == enter::kProtocolVersion);
static_assert(daemon::kMessageBytesMax == enter::kMessageBytesMax);

struct DaemonArguments {
  int ready_fd = -1;
  bool status = false;
  bool stop = false;
};

/// Each mount and each client takes descriptors; the soft limit is low for the sake of select(2).
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    log(LogLevel::warning, "cannot raise the limit of descriptors: {}", std::strerror(errno));
  }
}

/// Tells who started us how it went, and hangs up.
void tell(UniqueFd& ready, std::string_view verdict) {
  if (!ready) return;
  const auto told = write_all(ready.get(), verdict, "ready descriptor");
  if (!told) log(LogLevel::info, "nobody waits for this daemon: {}", told.error().message);
  ready.reset();
}

std::chrono::milliseconds idle_time_max(const EnvironmentLookup& environment) {
  constexpr std::chrono::milliseconds kUsual{300'000};
  const char* text = environment("ALOFT_DAEMON_IDLE_SECONDS");
  if (text == nullptr) return kUsual;
  int seconds = 0;
  const auto parsed = std::from_chars(text, text + std::strlen(text), seconds);
  if (parsed.ec != std::errc() || *parsed.ptr != '\0' || seconds < 1) return kUsual;
  return std::chrono::seconds(seconds);
}

/// Ends the server on the first of these signals; runs in a thread that has them to itself.
void stop_on_signal(const sigset_t& signals, std::stop_source stop) {
  int signal = 0;
  while (::sigwait(&signals, &signal) != 0) {
  }
  log(LogLevel::info, "signal {}: ending", signal);
  stop.request_stop();
}

Result<void> serve(const Context& context, UniqueFd& ready) {
  const enter::DaemonPlaces places = enter::daemon_places(context.environment);
  TRY(make_private_directory(places.runtime_directory));
  daemon::Server server(
      {.socket = places.socket,
       .lock = places.lock,
       .version = kVersion,
       .idle_time_max = idle_time_max(context.environment)},
      [](const EnvironmentLookup& of_caller) { return open_azure_accounts(of_caller); });
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const std::stop_source stop;
  // It waits for as long as the process lives, and touches nothing that ends before.
  std::thread([signals, stop] { stop_on_signal(signals, stop); }).detach();
  return server.run(
      [&] {
        log(LogLevel::info, "listening at {}", places.socket);
        tell(ready, "ready");
      },
      stop.get_token());
}

int run_daemon(Context& context, int ready_fd) {
  ::prctl(PR_SET_NAME, executor::kFileDaemonName);
  set_up_log({.level = LogLevel::info});
  raise_descriptor_limit();
  UniqueFd ready(ready_fd);
  const auto served = serve(context, ready);
  if (served) return kSuccess;
  tell(ready, served.error().message);
  log(LogLevel::error, "{}", served.error().message);
  return kFailed;
}

Result<void> print_status(const Context& context) {
  auto client = TRY(enter::DaemonClient::connect(enter::daemon_places(context.environment)));
  const enter::DaemonStatus status = TRY(client.status());
  Output output;
  output.line(fmt::format("daemon: pid {}, version {}", status.pid, status.version));
  for (const enter::MountStatus& mount : status.mounts) {
    output.line(output.name(fmt::format("mount {}: az://{} at {}{}{}", mount.id, mount.root,
                                        mount.directory, mount.in_namespace ? " (private)" : "",
                                        mount.read_only ? " (read-only)" : "")));
  }
  return {};
}

Result<void> stop_daemon(const Context& context) {
  auto client = TRY(enter::DaemonClient::connect(enter::daemon_places(context.environment)));
  return client.stop();
}

}  // namespace

void add_daemon_command(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "daemon",
      "Serve the files of aloft run and aloft mount. It is started when it is needed and ends when "
      "it is idle.");
  const auto arguments = std::make_shared<DaemonArguments>();
  command->add_option("--ready-fd", arguments->ready_fd, "Write \"ready\" there, or why not")
      ->group("");
  command->add_flag("--status", arguments->status, "Show the running daemon and its mounts");
  command->add_flag("--stop", arguments->stop, "Store everything and end the running daemon");
  command->callback([&context, arguments] {
    if (!arguments->status && !arguments->stop) {
      context.exit_code = run_daemon(context, arguments->ready_fd);
      return;
    }
    const auto done = arguments->stop ? stop_daemon(context) : print_status(context);
    if (!done) report(context, done.error());
  });
}

}  // namespace aloft::cli
