// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "azure/names/blob_uri.h"
#include "base/file.h"
#include "cli/batch_jobs.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/interruption.h"
#include "cli/job_home.h"
#include "cli/output.h"
#include "executor/environment_export.h"
#include "object/azure/open_accounts.h"
#include "object/object_account.h"
#include "script/slurm/slurm_script.h"
#include "transfer/object_tree.h"

namespace aloft::cli {
namespace {

namespace fs = std::filesystem;
using script::slurm::Parsed;
using workload::Diagnostic;

struct SubmitArguments {
  std::string to = "local";
  std::string pool{};
  std::vector<script::slurm::Override> overrides{};
  std::optional<unsigned> grace_s{};
  bool requeue = false;
  bool wait = false;
  std::vector<std::string> words{};  ///< FILE and ARGS.
};

Result<std::string> read_script(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return fail_os(errno, "cannot read the script " + file);
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::invalid_argument, file + " is a directory; submit needs a job script");
  }
  return read_file(file, 16u << 20);
}

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Takes the environment along as the job's rule says; warns about what stays behind.
void carry_environment(Parsed& parsed) {
  workload::Job& job = parsed.job;
  auto carried = executor::choose_environment(job.environment_export, own_environment());
  executor::strip_secrets(job.environment_export);
  job.environment = std::move(carried.variables);
  job.account_environment = std::move(carried.for_accounts);
  const auto warn = [&](const std::vector<std::string>& names, const char* why) {
    if (names.empty()) return;
    parsed.diagnostics.push_back(
        {.severity = Diagnostic::Severity::warning,
         .message = fmt::format("not exported to tasks because {}: {}", why, joined(names))});
  };
  warn(carried.secrets, "they look like secrets, which jobs do not keep");
  warn(carried.not_text, "they are not UTF-8 text");
}

/// The account of a task's files. A task on this machine finds it as this command would without
/// secret variables, so that is tried; one on a node has an identity of its own.
Result<std::shared_ptr<ObjectAccount>> open_task_account(const workload::Job& job,
                                                         const SubmitArguments& arguments,
                                                         const Context& context,
                                                         const std::string& name) {
  if (arguments.to == "batch") return open_azure_accounts(context.environment)(name);
  const auto opener = open_azure_accounts([&job](const char* variable) -> const char* {
    const auto found = job.account_environment.find(variable);
    return found == job.account_environment.end() ? nullptr : found->second.c_str();
  });
  auto account = opener(name);
  if (account) return account;
  Error error = account.error();
  error.message +=
      "; tasks do not see credentials in this command's environment, they need accounts.toml or a "
      "running emulator";
  return fail(std::move(error));
}

Result<void> check_directory(const workload::Job& job, const SubmitArguments& arguments,
                             const Context& context, const Limits& limits) {
  if (!azure::looks_like_blob_uri(job.directory)) return {};
  const azure::BlobUri uri = TRY(azure::parse_blob_uri(job.directory));
  if (uri.container.empty()) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{} is no directory for a job: name a container, as in {}/CONTAINER/PATH",
                    job.directory, azure::to_string({.account = uri.account})));
  }
  TRY(launcher_path());
  const auto account = TRY(open_task_account(job, arguments, context, uri.account));
  const Limits soon = Limits::within(std::chrono::seconds(30), limits.stop);
  if (!TRY(account->container_exists(uri.container, soon))) {
    return fail(ErrorCode::not_found,
                fmt::format("the container az://{}/{} does not exist; `aloft mkdir` makes one",
                            uri.account, uri.container));
  }
  if (uri.key.empty()) return {};
  transfer::ObjectTree tree(account->container(uri.container));
  const std::string path = TRY(transfer::normalized(uri.key));
  const auto entry = transfer::follow(tree, path, soon);
  if (!entry && entry.error().code == ErrorCode::not_found) {
    return fail(ErrorCode::not_found,
                fmt::format("the working directory {} does not exist; `aloft mkdir` makes one",
                            job.directory));
  }
  if (!entry) return fail(entry.error());
  if (entry->kind() != transfer::FileKind::directory) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the working directory {} is not a directory", job.directory));
  }
  return {};
}

Result<Parsed> make_job(const SubmitArguments& arguments, const std::string& script) {
  const std::string& file = arguments.words.front();
  std::error_code failed;
  const std::string directory = fs::current_path(failed).string();
  if (failed) return fail_os(failed.value(), "cannot find the present directory");
  Parsed parsed = script::slurm::parse_script(script, {.file = file, .submit_directory = directory},
                                              arguments.overrides);
  workload::Job& job = parsed.job;
  job.arguments.assign(arguments.words.begin() + 1, arguments.words.end());
  if (arguments.grace_s) job.grace = std::chrono::seconds(*arguments.grace_s);
  if (arguments.requeue) job.requeue = true;
  carry_environment(parsed);
  std::vector<std::string> texts = job.arguments;
  texts.insert(texts.end(), {job.directory, job.submit_directory, job.name, job.output.to_text(),
                             job.comment, job.input});
  for (const std::string& text : texts) {
    if (!executor::is_utf8(text)) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("\"{}\" is not UTF-8 text, which a job's names and arguments must be",
                              without_controls(text)));
    }
  }
  return parsed;
}

void print(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    std::cerr << (diagnostic.file.empty() ? "aloft: " : "")
              << without_controls(workload::to_text(diagnostic)) << "\n";
  }
}

Result<void> check_usage(const SubmitArguments& arguments) {
  const auto wrong = [](std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message));
  };
  if (arguments.words.empty()) return wrong("submit needs the FILE of a job script");
  const std::string& file = arguments.words.front();
  if (file.starts_with("-")) {
    return wrong(
        fmt::format("submit has no option {}; options stand before FILE, what follows FILE "
                    "reaches the script (for a file of that name write ./{})",
                    file, file));
  }
  if (arguments.to == "slurm") {
    return wrong("--to slurm is not in this release; what exists: --to local, --to batch");
  }
  if (arguments.to != "local" && arguments.to != "batch") {
    return wrong(fmt::format(
        "--to {} names nothing that runs jobs; what exists: --to local, --to batch", arguments.to));
  }
  if (arguments.to == "batch" && arguments.pool.empty()) {
    return wrong("--to batch needs --pool POOL; `aloft pool list` shows what there is");
  }
  if (arguments.to == "local" && !arguments.pool.empty()) {
    return wrong("--pool is of Azure Batch: add --to batch");
  }
  return {};
}

/// `code` says why; the diagnostics that are printed say it in words.
tl::unexpected<Error> not_submitted(const SubmitArguments& arguments, ErrorCode code) {
  return fail(code, fmt::format("{} was not submitted", arguments.words.front()));
}

/// Prints what speaks against the job.
Result<void> check_job(executor::Executor& executor, Parsed& parsed,
                       const SubmitArguments& arguments) {
  if (!workload::has_error(parsed.diagnostics)) {
    for (auto& diagnostic : TRY(executor.validate(parsed.job)))
      parsed.diagnostics.push_back(std::move(diagnostic));
  }
  print(parsed.diagnostics);
  if (!workload::has_error(parsed.diagnostics)) return {};
  return not_submitted(arguments, ErrorCode::invalid_argument);
}

Result<workload::JobId> queue_job(executor::Executor& executor, const Parsed& parsed,
                                  const std::string& script, const SubmitArguments& arguments) {
  auto queued = executor.submit({.job = parsed.job, .script = script});
  if (queued) return queued;
  const ErrorCode code = queued.error().code;
  if (code != ErrorCode::not_found && code != ErrorCode::invalid_argument) return queued;
  Diagnostic wrong = parsed.at_dependency;
  wrong.message = "--dependency: " + queued.error().message;
  print({wrong});
  return not_submitted(arguments, code);
}

/// The home of a job on Batch: what was chosen, else the container that the job runs in.
Result<std::string> batch_home(const workload::Job& job, const Context& context) {
  const std::string home = chosen_home(context);
  if (!home.empty()) return home;
  if (!azure::looks_like_blob_uri(job.directory)) {
    return fail(ErrorCode::invalid_argument,
                "jobs on Azure Batch run in a container: give --chdir az://ACCOUNT/CONTAINER/PATH");
  }
  const azure::BlobUri uri = TRY(azure::parse_blob_uri(job.directory));
  return azure::to_string({.account = uri.account, .container = uri.container});
}

Result<std::unique_ptr<executor::Executor>> open_executor(const SubmitArguments& arguments,
                                                          const workload::Job& job,
                                                          const Context& context,
                                                          std::stop_token stop) {
  if (arguments.to == "local") return open_local_jobs(context.environment);
  const std::string home = TRY(batch_home(job, context));
  return open_batch_jobs(context.environment, home, arguments.pool, std::move(stop));
}

Result<int> submit(const SubmitArguments& arguments, Context& context) {
  TRY(check_usage(arguments));
  const Interruption interruption;
  const std::string script = TRY(read_script(arguments.words.front()));
  Parsed parsed = TRY(make_job(arguments, script));
  auto executor = TRY(open_executor(arguments, parsed.job, context, interruption.limits().stop));
  TRY(check_job(*executor, parsed, arguments));
  TRY(check_directory(parsed.job, arguments, context, interruption.limits()));
  const workload::JobId id = TRY(queue_job(*executor, parsed, script, arguments));
  Output output;
  if (context.json) {
    output.json({{"job", id}});
  } else {
    output.line(std::to_string(id));
  }
  output.flush();
  if (!arguments.wait) return kSuccess;
  return wait_for_job(*executor, id, interruption.limits());
}

}  // namespace

void add_submit_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<SubmitArguments>();
  auto* command = app.add_subcommand("submit", "Queue a job script");
  command->formatter(std::make_shared<HelpFormatter>("FILE [ARGS...]"));
  command->footer(
      "FILE is a Slurm batch script; it is copied and runs unchanged. Options win over its #SBATCH "
      "lines. ARGS reach the script. The job's id is printed alone.\n\n"
      "Jobs keep no secrets: variables that look like keys or tokens are not exported. Tasks in "
      "az:// directories find their account in accounts.toml or a running emulator; on Azure Batch "
      "they use the identity of their node.");
  command->prefix_command();
  command->add_option("--to", arguments->to, "Where it runs: local (this machine) or batch")
      ->option_text("PLACE");
  command->add_option("--pool", arguments->pool, "On Azure Batch: the pool whose nodes run it")
      ->option_text("POOL");
  add_home_option(*command, context,
                  "On Azure Batch: the container that holds the job, az://ACCOUNT/CONTAINER "
                  "(ALOFT_JOB_HOME); without it, that of --chdir");
  struct OfSbatch {
    std::string names;
    const char* value;
    const char* description;
  };
  const OfSbatch options[] = {
      {"-D,--chdir", "DIR", "Directory or az://ACCOUNT/CONTAINER[/PATH] to run in"},
      {"-d,--dependency", "LIST", "As sbatch: afterok:ID, afterany:ID, singleton, ..."},
      {"-a,--array", "LIST", "As sbatch: 1-10, 1,3,5, 0-99:10%4"},
      {"--export", "LIST", "As sbatch: ALL, NONE, NAME, NAME=VALUE"},
      {"-J,--name,--job-name", "NAME", "Name of the job"},
      {"-c,--cpus-per-task", "N", "Cores of each task"},
      {"--mem", "SIZE", "Memory of each task, in megabytes or with K, M, G, T"},
      {"-t,--time", "TIME", "Longest time of a task, as sbatch"},
      {"-o,--output", "FILE", "Standard output; %A, %a, %j, %x and so on as sbatch"},
      {"-e,--error", "FILE", "Standard error; without it, where output goes"}};
  for (const auto& option : options) {
    const std::string name = option.names.substr(option.names.rfind("--") + 2);
    command
        ->add_option_function<std::string>(
            option.names,
            [arguments, name](const std::string& value) {
              arguments->overrides.emplace_back(name, value);
            },
            option.description)
        ->option_text(option.value);
  }
  command
      ->add_option("--grace", arguments->grace_s,
                   "Seconds between SIGTERM and SIGKILL when a task is ended (30)")
      ->check(CLI::Range(0, 86'400))
      ->option_text("N");
  command->add_flag("--requeue", arguments->requeue,
                    "Repeat a task whose supervisor vanished (a machine that stopped)");
  command->add_flag("--wait", arguments->wait, "Wait for the end; exit with the job's code");
  add_json_option(*command, context, "the job's id");
  command->callback([command, arguments, &context] {
    arguments->words = command->remaining();
    if (!arguments->words.empty() && arguments->words.front() == "--") {
      arguments->words.erase(arguments->words.begin());
    }
    const auto code = submit(*arguments, context);
    if (code) {
      context.exit_code = *code;
      return;
    }
    report(context, code.error());
    if (arguments->wait && context.exit_code == kFailed) context.exit_code = kOwnFailure;
  });
}

}  // namespace aloft::cli
