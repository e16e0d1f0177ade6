// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "azure/account_resolver.h"
#include "azure/accounts_file.h"
#include "azure/connection.h"
#include "cli/batch_jobs.h"
#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/secret_input.h"
#include "object/azure/account_probe.h"

namespace aloft::cli {
namespace {

using azure::AccountService;
using nlohmann::json;

/// Trying an account takes seconds; a metadata service or az may take longer.
constexpr std::chrono::seconds kTestTimeMax{90};

struct AddOptions {
  std::string name{};
  bool batch = false;
  std::string credential = "key";
  std::string secret_file{};
  std::string tenant{};
  std::string client_id{};
  std::string certificate{};
  bool encrypted = false;
  std::string token_file{};
  std::string authority{};
  std::string endpoint{};
  std::string dfs_endpoint{};
  std::string authorities{};
  bool no_proxy = false;
  bool replace = false;
};

struct NameOptions {
  std::string name{};
  bool batch = false;
  std::string container{};
};

AccountService service_of(bool batch) {
  return batch ? AccountService::batch : AccountService::storage;
}

const char* word_of(AccountService service) {
  return service == AccountService::batch ? "batch" : "storage";
}

/// Files are found from any directory.
std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

/// The setting that holds the secret of this kind of credential, and what it is called; nothing
/// for kinds that have none.
std::optional<std::pair<std::string, std::string>> secret_of(const AddOptions& options) {
  if (options.credential == "key") return {{"key", "Key of " + options.name}};
  if (options.credential == "sas") return {{"sas", "SAS of " + options.name}};
  if (options.credential == "connection-string") {
    return {{"connection_string", "Connection string of " + options.name}};
  }
  if (options.credential != "service-principal") return std::nullopt;
  if (options.certificate.empty()) return {{"client_secret", "Secret of the service principal"}};
  if (options.encrypted) return {{"certificate_password", "Password of the certificate's key"}};
  return std::nullopt;
}

bool is_identity(const std::string& credential) {
  return credential != "key" && credential != "sas" && credential != "connection-string" &&
         credential != "none";
}

Result<azure::NewAccount> new_account(const AddOptions& options) {
  azure::NewAccount account{
      .name = options.name, .service = service_of(options.batch), .replace = options.replace};
  const auto set = [&](const char* name, const std::string& value) {
    if (!value.empty()) account.settings.emplace_back(name, value);
  };
  set("endpoint", options.endpoint);
  set("dfs_endpoint", options.dfs_endpoint);
  if (is_identity(options.credential)) set("credential", options.credential);
  set("tenant", options.tenant);
  set("client_id", options.client_id);
  set("certificate", absolute(options.certificate));
  set("token_file", absolute(options.token_file));
  set("authority", options.authority);
  set("authorities_file", absolute(options.authorities));
  if (options.no_proxy) set("proxy", "none");
  if (const auto secret = secret_of(options)) {
    const std::string text = TRY(read_secret(options.secret_file, secret->second));
    set(secret->first.c_str(), text);
  }
  return account;
}

Result<void> add(const AddOptions& options, Context& context) {
  const azure::NewAccount account = TRY(new_account(options));
  TRY(azure::add_account(account, context.environment));
  const std::string path = azure::accounts_file_path(context.environment);
  Output output;
  if (context.json) {
    output.json({{"account", options.name}, {"service", word_of(account.service)}, {"file", path}});
  } else {
    output.line(fmt::format("{} is in {}; `aloft account test {}{}` tries it", options.name, path,
                            options.batch ? "--batch " : "", options.name));
  }
  return {};
}

json to_json(const azure::KnownAccount& account) {
  json entry{{"account", account.name},
             {"service", word_of(account.service)},
             {"credential", account.credential},
             {"endpoint", account.endpoint},
             {"origin", account.origin}};
  if (!account.problem.empty()) entry["problem"] = account.problem;
  return entry;
}

constexpr const char* kColumns = "{:<24} {:<8} {:<28} {:<11} {}";

Result<void> list(Context& context) {
  const auto accounts = TRY(azure::known_accounts(context.environment));
  const std::string around = azure::identity_around(context.environment);
  Output output;
  if (context.json) {
    auto entries = json::array();
    for (const auto& account : accounts) entries.push_back(to_json(account));
    output.json({{"accounts", entries}, {"others", around}});
    return {};
  }
  output.line(fmt::format(kColumns, "ACCOUNT", "SERVICE", "CREDENTIAL", "FROM", "ENDPOINT"));
  for (const auto& account : accounts) {
    const bool from_file = account.origin.starts_with('/');
    output.line(output.name(
        fmt::format(kColumns, account.name, word_of(account.service), account.credential,
                    from_file ? "file" : account.origin,
                    account.problem.empty() ? account.endpoint : "unusable: " + account.problem)));
  }
  if (!around.empty()) {
    output.line(fmt::format(kColumns, "(any other)", "storage", around, "environment",
                            "https://NAME.blob.core.windows.net"));
  }
  return {};
}

struct Check {
  std::string name;
  Result<void> outcome;
};

std::string failed(const Error& error) {
  const std::string request = error.request_id.empty() ? "" : " (request " + error.request_id + ")";
  return "FAILED: " + error.message + request;
}

void print_checks(Context& context, const std::string& name, const std::string& endpoint,
                  const std::string& credential, const std::vector<Check>& checks) {
  Output output;
  auto entries = json::array();
  for (const auto& [what, outcome] : checks) {
    json entry{{"name", what}, {"ok", outcome.has_value()}};
    if (!outcome) {
      context.exit_code = kFailed;
      entry["code"] = name_of(outcome.error().code);
      entry["message"] = outcome.error().message;
      if (!outcome.error().request_id.empty()) entry["request_id"] = outcome.error().request_id;
    }
    entries.push_back(std::move(entry));
  }
  if (context.json) {
    output.json({{"account", name},
                 {"endpoint", endpoint},
                 {"credential", credential},
                 {"checks", entries}});
    return;
  }
  output.line(fmt::format("{} at {}, by {}", name, endpoint, credential));
  for (const auto& [what, outcome] : checks) {
    output.line(
        output.name(fmt::format("  {:<22} {}", what, outcome ? "ok" : failed(outcome.error()))));
  }
}

Result<void> test_storage(const NameOptions& options, const Limits& limits, Context& context) {
  const azure::Account account = TRY(azure::resolve_account(options.name, context.environment));
  const AccountProbe probe = probe_account(
      account, azure::ConnectedClients().of(account.connection), options.container, limits);
  std::vector<Check> checks{{"list containers", probe.containers}};
  if (probe.blobs) checks.push_back({"list " + options.container, *probe.blobs});
  if (probe.data_lake) checks.push_back({"hierarchical namespace", *probe.data_lake});
  print_checks(context, options.name, to_string(account.endpoint), probe.credential, checks);
  return {};
}

Result<void> test_batch(const NameOptions& options, const Limits& limits, Context& context) {
  const auto client = TRY(open_batch_accounts(context.environment)(options.name));
  const auto pools = client->pools(limits);
  const Result<void> outcome =
      pools ? Result<void>() : Result<void>(tl::unexpected<Error>(pools.error()));
  print_checks(context, options.name, client->endpoint(), client->credential_name(),
               {{"list pools", outcome}});
  return {};
}

void test(const NameOptions& options, Context& context) {
  const Interruption interruption;
  const Limits limits = Limits::within(kTestTimeMax, interruption.limits().stop);
  const auto tested =
      options.batch ? test_batch(options, limits, context) : test_storage(options, limits, context);
  if (!tested) report(context, tested.error(), interruption);
}

Result<void> remove(const NameOptions& options, Context& context) {
  TRY(azure::remove_account(options.name, service_of(options.batch), context.environment));
  Output output;
  if (context.json) output.json({{"removed", options.name}});
  return {};
}

void add_name(CLI::App& command, std::string& name, bool& batch) {
  command.add_option("NAME", name, "The account's name")->required();
  command.add_flag("--batch", batch, "A Batch account, not one of storage");
}

void add_credential_options(CLI::App& command, const std::shared_ptr<AddOptions>& options) {
  command
      .add_option("--credential", options->credential,
                  "What it is used by: key (where not said), sas, connection-string, "
                  "service-principal, workload-identity, managed-identity, azure-cli, default (the "
                  "identity around), none")
      ->check(
          CLI::IsMember({"key", "sas", "connection-string", "service-principal",
                         "workload-identity", "managed-identity", "azure-cli", "default", "none"}))
      ->option_text("KIND");
  command
      .add_option("--secret-file", options->secret_file,
                  "Where the key, SAS, connection string, client secret or password stands; "
                  "standard input where not said")
      ->option_text("FILE");
  command.add_option("--tenant", options->tenant, "Of an identity: its id or domain")
      ->option_text("TENANT");
  command.add_option("--client-id", options->client_id, "Of an identity: the application's id")
      ->option_text("ID");
  command
      .add_option("--certificate", options->certificate,
                  "A service principal's certificate with its key (PEM), instead of a secret")
      ->check(CLI::ExistingFile)
      ->option_text("FILE");
  command.add_flag("--encrypted", options->encrypted,
                   "The certificate's key has a password, which is read as secrets are");
  command.add_option("--token-file", options->token_file, "A workload identity's federated token")
      ->option_text("FILE");
}

void add_connection_options(CLI::App& command, const std::shared_ptr<AddOptions>& options) {
  command
      .add_option("--endpoint", options->endpoint,
                  "The service's URL, where it is not https://NAME.blob.core.windows.net")
      ->option_text("URL");
  command
      .add_option("--dfs-endpoint", options->dfs_endpoint,
                  "The Data Lake service's URL, which renames directories in accounts with a "
                  "hierarchical namespace; where it is not https://NAME.dfs.core.windows.net")
      ->option_text("URL");
  command
      .add_option("--authority", options->authority,
                  "Entra ID's URL, where it is not https://login.microsoftonline.com")
      ->option_text("URL");
  command
      .add_option("--authorities", options->authorities,
                  "Certificate authorities (PEM) to trust there instead of the system's")
      ->check(CLI::ExistingFile)
      ->option_text("FILE");
  command.add_flag("--no-proxy", options->no_proxy,
                   "Reach it directly, also where https_proxy is set");
}

void add_add(CLI::App& account, Context& context) {
  auto options = std::make_shared<AddOptions>();
  auto* command = account.add_subcommand("add", "Write an account to the accounts file");
  command->footer(
      "Secrets are read from standard input or a file, because everyone on this machine sees "
      "arguments.");
  add_name(*command, options->name, options->batch);
  add_credential_options(*command, options);
  add_connection_options(*command, options);
  command->add_flag("--replace", options->replace, "Also where it is there already");
  add_json_option(*command, context, "what was written where");
  command->callback([options, &context] {
    if (const auto done = add(*options, context); !done) report(context, done.error());
  });
}

void add_list(CLI::App& account, Context& context) {
  auto* command = account.add_subcommand(
      "list", "List the accounts that are known, and by what each is used; no secrets");
  add_json_option(*command, context, "the list");
  command->callback([&context] {
    if (const auto done = list(context); !done) report(context, done.error());
  });
}

void add_test(CLI::App& account, Context& context) {
  auto options = std::make_shared<NameOptions>();
  auto* command =
      account.add_subcommand("test", "Try an account by real requests, and say what works");
  add_name(*command, options->name, options->batch);
  command
      ->add_option("--container", options->container,
                   "Also list this one; a SAS or a role may be for it alone")
      ->option_text("CONTAINER");
  add_json_option(*command, context, "what was tried");
  command->callback([options, &context] { test(*options, context); });
}

void add_remove(CLI::App& account, Context& context) {
  auto options = std::make_shared<NameOptions>();
  auto* command = account.add_subcommand("remove", "Remove an account from the accounts file");
  add_name(*command, options->name, options->batch);
  add_json_option(*command, context, "what was removed");
  command->callback([options, &context] {
    if (const auto done = remove(*options, context); !done) report(context, done.error());
  });
}

}  // namespace

void add_account_command(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("account", "Accounts of Azure and how they are used");
  command->require_subcommand(1);
  add_add(*command, context);
  add_list(*command, context);
  add_test(*command, context);
  add_remove(*command, context);
}

}  // namespace aloft::cli
