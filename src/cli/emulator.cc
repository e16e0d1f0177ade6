// SPDX-License-Identifier: Apache-2.0
#include "emulator/emulator.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <optional>

#include "base/file.h"
#include "base/log/log.h"
#include "cli/command.h"
#include "emulator/faults/plan.h"
#include "emulator/record.h"

namespace aloft::cli {

namespace {

struct EmulatorArguments {
  std::string data_directory;
  bool in_memory = false;
  std::uint16_t blob_port = 0;
  std::uint16_t batch_port = 0;
  bool well_known_key = false;
  std::string ready_file;
  bool versioning = false;
  bool hierarchical_namespace = false;
  std::uint16_t dfs_port = 0;
  std::optional<std::uint32_t> container_retention_days;
  std::string faults_file;
  std::string certificate_file;
  std::string key_file;
};

/// The signals that ask us to stop; blocked from before the first thread is made, so that only
/// wait() takes them.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    for (const int one : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, one);
    CHECK(::pthread_sigmask(SIG_BLOCK, &signals_, nullptr) == 0);
  }
  void wait() {
    int received = 0;
    while (::sigwait(&signals_, &received) != 0) {
    }
  }

 private:
  sigset_t signals_{};
};

/// Each connection and each file being written takes a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string data_directory(const EmulatorArguments& arguments, const Context& context) {
  if (arguments.in_memory) return {};
  if (!arguments.data_directory.empty()) return arguments.data_directory;
  return local_directory(context.environment) + "/emulator";
}

std::string how_to_use(const emulator::EmulatorRecord& record, const EmulatorArguments& arguments,
                       const std::string& directory) {
  std::string key = "of this run alone; in the record for this user's programs";
  if (!directory.empty()) key = directory + "/account.key";
  if (arguments.well_known_key) {
    key = "Azure's published development key: any program of this machine may use the service";
  }
  return fmt::format(
      "Blob service:  {}\n"
      "{dfs}"
      "Batch service: {}\n"
      "Data:          {}\n"
      "Key:           {}\n"
      "Try:           aloft mkdir az://{account}/first\n"
      "               aloft cp FILE az://{account}/first/\n"
      "Ctrl-C stops it.\n",
      record.blob_endpoint, record.batch_endpoint,
      directory.empty() ? "in memory; gone when this ends" : directory, key,
      fmt::arg("account", record.account),
      fmt::arg("dfs", record.dfs_endpoint.empty()
                          ? ""
                          : fmt::format("DFS endpoint:  {}\n", record.dfs_endpoint)));
}

Result<emulator::faults::Plan> load_faults(const EmulatorArguments& arguments) {
  if (arguments.faults_file.empty()) return {};
  auto plan = TRY(emulator::faults::load_plan(arguments.faults_file));
  // In the log, so that the seed of a run that went wrong is found later.
  log(LogLevel::warning, "faults on purpose, of {}: seed = {} repeats them", arguments.faults_file,
      plan.seed);
  return plan;
}

Result<void> run_emulator(const EmulatorArguments& arguments, const Context& context) {
  StopSignals signals;
  raise_descriptor_limit();
  const std::string directory = data_directory(arguments, context);
  const auto faults = TRY(load_faults(arguments));
  const auto emulator =
      TRY(emulator::Emulator::start({.data_directory = directory,
                                     .blob_port = arguments.blob_port,
                                     .batch_port = arguments.batch_port,
                                     .well_known_key = arguments.well_known_key,
                                     .blob_versioning = arguments.versioning,
                                     .hierarchical_namespace = arguments.hierarchical_namespace,
                                     .dfs_port = arguments.dfs_port,
                                     .container_retention_days = arguments.container_retention_days,
                                     .faults = faults,
                                     .certificate_file = arguments.certificate_file,
                                     .key_file = arguments.key_file}));
  const auto published = TRY(emulator::PublishedRecord::publish(
      runtime_directory(context.environment), emulator->record()));
  if (!arguments.ready_file.empty()) {
    TRY(replace_file(arguments.ready_file, emulator::record_document(emulator->record()), 0600));
  }
  // Not by Output, which would end this process with its record still published.
  TRY(write_all(STDOUT_FILENO,
                context.json ? emulator::record_document(emulator->record())
                             : how_to_use(emulator->record(), arguments, directory),
                "standard output"));
  signals.wait();
  emulator->stop();
  return {};
}

CLI::Option* add_port_option(CLI::App& command, const char* name, std::uint16_t& port,
                             const std::string& what) {
  return command.add_option(name, port, "Port of the " + what + " (default: a free one)")
      ->check(CLI::Range(0, 65'535))
      ->option_text("N");
}

void add_place_options(CLI::App& command, EmulatorArguments& arguments) {
  CLI::Option* data = command.add_option("--data", arguments.data_directory,
                                         "Keep everything in this directory (default: a directory "
                                         "of this user below /var/tmp)");
  data->option_text("DIR");
  command.add_flag("--in-memory", arguments.in_memory, "Keep nothing on disk")->excludes(data);
  add_port_option(command, "--blob-port", arguments.blob_port, "Blob service");
  add_port_option(command, "--batch-port", arguments.batch_port, "Batch service");
}

void add_account_options(CLI::App& command, EmulatorArguments& arguments) {
  command.add_flag("--well-known-key", arguments.well_known_key,
                   "Accept Azure's published development key instead of one made at random");
  CLI::Option* versioning = command.add_flag(
      "--versioning", arguments.versioning,
      "Keep what is overwritten or deleted as versions, as an account with blob versioning does");
  CLI::Option* hierarchical =
      command
          .add_flag("--hierarchical-namespace", arguments.hierarchical_namespace,
                    "Serve an account with a hierarchical namespace: real directories, owners and "
                    "permissions, and the DFS endpoint. A data directory keeps its kind of account")
          ->excludes(versioning);
  add_port_option(command, "--dfs-port", arguments.dfs_port, "DFS endpoint")->needs(hierarchical);
  command
      .add_option("--container-retention", arguments.container_retention_days,
                  "For so many days a deleted container can be restored (default: not at all; for "
                  "blobs, Set Blob Service Properties sets it)")
      ->check(CLI::Range(1, 365))
      ->option_text("DAYS");
}

void add_tls_options(CLI::App& command, EmulatorArguments& arguments) {
  CLI::Option* certificate =
      command.add_option("--tls-certificate", arguments.certificate_file,
                         "Serve Blob over TLS alone, with this certificate for 127.0.0.1 (PEM); "
                         "SSL_CERT_FILE has clients trust it");
  CLI::Option* key =
      command.add_option("--tls-key", arguments.key_file, "The key of the certificate (PEM)");
  certificate->option_text("FILE")->needs(key);
  key->option_text("FILE")->needs(certificate);
}

}  // namespace

void add_emulator_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<EmulatorArguments>();
  CLI::App* command = app.add_subcommand(
      "emulator",
      "Serve Azure Blob storage and Azure Batch on this machine, for a first try and for tests");
  add_place_options(*command, *arguments);
  add_account_options(*command, *arguments);
  command
      ->add_option("--ready-file", arguments->ready_file,
                   "Write account, key and endpoint to this file once it listens")
      ->option_text("FILE");
  command
      ->add_option("--faults", arguments->faults_file,
                   "Have requests and nodes fail as this file says, to test what then happens (see "
                   "docs/guide/faults.md)")
      ->option_text("FILE");
  add_tls_options(*command, *arguments);
  add_json_option(*command, context, "account, key and endpoint");
  command->callback([arguments, &context] {
    const auto ran = run_emulator(*arguments, context);
    if (!ran) report(context, ran.error());
  });
}

}  // namespace aloft::cli
