// SPDX-License-Identifier: Apache-2.0
#include "azure/accounts_file.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "azure/account_resolver.h"
#include "azure/batch_account.h"
#include "azure/connection_string.h"
#include "azure/emulator_record.h"
#include "azure/internal/account_table.h"
#include "azure/internal/accounts_text.h"
#include "azure/internal/identity_settings.h"
#include "azure/internal/settings.h"
#include "azure/names/blob_names.h"
#include "azure/private_file.h"
#include "base/file.h"
#include "base/file_lock.h"

namespace aloft::azure {
namespace {

using internal::value_of;

const char* kind_of(AccountService service) {
  return service == AccountService::storage ? "account" : "batch";
}

/// Gathers each account once: the first is the one that is used.
class Known {
 public:
  template <class Account>
  void add(AccountService service, std::string_view name, std::string origin,
           const Result<Account>& account) {
    const bool known = std::ranges::any_of(accounts_, [&](const KnownAccount& other) {
      return other.service == service && other.name == name;
    });
    if (known) return;
    KnownAccount entry{.name = std::string(name), .service = service, .origin = std::move(origin)};
    if (account) {
      entry.credential = azure::kind_of(account->credential);
      entry.endpoint = to_string(account->endpoint);
    } else {
      entry.problem = account.error().message;
    }
    accounts_.push_back(std::move(entry));
  }
  std::vector<KnownAccount> take() { return std::move(accounts_); }

 private:
  std::vector<KnownAccount> accounts_;
};

void add_environment(Known& known, const EnvironmentLookup& environment, const Machine& machine) {
  constexpr const char* kOrigin = "environment";
  const auto connection = value_of(environment, "AZURE_STORAGE_CONNECTION_STRING");
  if (!connection.empty()) {
    const auto account = parse_connection_string(connection, "AZURE_STORAGE_CONNECTION_STRING");
    known.add(AccountService::storage, account ? account->name : "?", kOrigin, account);
  }
  const auto storage = value_of(environment, "AZURE_STORAGE_ACCOUNT");
  const bool has_secret = !value_of(environment, "AZURE_STORAGE_KEY").empty() ||
                          !value_of(environment, "AZURE_STORAGE_SAS_TOKEN").empty();
  if (!storage.empty() && has_secret) {
    known.add(AccountService::storage, storage, kOrigin,
              resolve_account(storage, environment, machine));
  }
  const auto batch = value_of(environment, "AZURE_BATCH_ACCOUNT");
  if (!batch.empty() && !value_of(environment, "AZURE_BATCH_ACCESS_KEY").empty()) {
    known.add(AccountService::batch, batch, kOrigin,
              resolve_batch_account(environment, batch, machine));
  }
}

template <class Read>
void add_tables(Known& known, AccountService service, const toml::table& file,
                const std::string& path, Read read) {
  const toml::table* const tables = file[kind_of(service)].as_table();
  if (tables == nullptr) return;
  for (const auto& [name, value] : *tables) {
    if (const toml::table* const table = value.as_table()) {
      known.add(service, name.str(), path, read(*table, name.str()));
    }
  }
}

void add_file(Known& known, const toml::table& file, const std::string& path,
              const EnvironmentLookup& environment, const Machine& machine) {
  const auto table_of = [&](const toml::table& table, std::string_view name) {
    return internal::AccountTable{
        .table = table, .name = name, .path = path, .environment = environment, .machine = machine};
  };
  add_tables(known, AccountService::storage, file, path,
             [&](const toml::table& table, std::string_view name) {
               return internal::storage_account_of(table_of(table, name));
             });
  add_tables(known, AccountService::batch, file, path,
             [&](const toml::table& table, std::string_view name) {
               return internal::batch_account_of(table_of(table, name));
             });
}

/// A symlink stays one: what it leads to is replaced.
std::string target_of(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr),
                                                           std::free);
  return target == nullptr ? path : std::string(target.get());
}

/// Changes the text of the accounts file, alone.
template <class Change>
Result<void> change_file(const EnvironmentLookup& environment, Change change) {
  const std::string directory = config_directory(environment);
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) TRY(make_private_directory(directory));
  const UniqueFd lock = TRY(lock_file(directory + "/.accounts.lock"));
  const std::string path = accounts_file_path(environment);
  const std::optional<std::string> text = TRY(read_private_file(path));
  const std::string changed = TRY(change(text.value_or(""), path));
  return replace_file(target_of(path), changed, 0600);
}

bool has_table(const toml::table& file, const internal::TableName& table) {
  return file[table.kind][table.name].is_table();
}

/// Whether the table, when it is written, makes an account.
Result<void> check_table(const std::string& text, const std::string& path,
                         const internal::TableName& name, const EnvironmentLookup& environment,
                         const Machine& machine) {
  const toml::table file = TRY(internal::parse_accounts(text, path));
  const internal::AccountTable table{.table = *file[name.kind][name.name].as_table(),
                                     .name = name.name,
                                     .path = path,
                                     .environment = environment,
                                     .machine = machine};
  if (name.kind == kind_of(AccountService::storage)) {
    TRY(internal::storage_account_of(table));
  } else {
    TRY(internal::batch_account_of(table));
  }
  return {};
}

}  // namespace

Result<std::vector<KnownAccount>> known_accounts(const EnvironmentLookup& environment,
                                                 const Machine& machine) {
  Known known;
  add_environment(known, environment, machine);
  const std::string path = accounts_file_path(environment);
  const std::optional<toml::table> file = TRY(internal::read_accounts_file(path));
  if (file) add_file(known, *file, path, environment, machine);
  if (const auto emulator = TRY(read_emulator_record(environment))) {
    known.add(AccountService::storage, emulator->storage.name, "emulator",
              Result<Account>(emulator->storage));
    if (emulator->batch) {
      known.add(AccountService::batch, emulator->batch->name, "emulator",
                Result<BatchAccount>(*emulator->batch));
    }
  }
  return known.take();
}

std::string identity_around(const EnvironmentLookup& environment, const Machine& machine) {
  return azure::kind_of(internal::identities_around(environment, machine));
}

Result<void> add_account(const NewAccount& account, const EnvironmentLookup& environment,
                         const Machine& machine) {
  TRY(check_account_name(account.name));
  const internal::TableName name{.kind = kind_of(account.service), .name = account.name};
  const std::string table = internal::table_text(name, account.settings);
  return change_file(environment,
                     [&](const std::string& text, const std::string& path) -> Result<std::string> {
                       TRY(check_table(table, path, name, environment, machine));
                       const toml::table file = TRY(internal::parse_accounts(text, path));
                       if (has_table(file, name) && !account.replace) {
                         return fail(ErrorCode::already_exists,
                                     fmt::format("{} has [{}.{}] already; --replace writes it anew",
                                                 path, name.kind, name.name));
                       }
                       return internal::replace_table(text, path, name, table);
                     });
}

Result<void> remove_account(const std::string& account, AccountService service,
                            const EnvironmentLookup& environment) {
  const internal::TableName name{.kind = kind_of(service), .name = account};
  return change_file(
      environment, [&](const std::string& text, const std::string& path) -> Result<std::string> {
        const toml::table file = TRY(internal::parse_accounts(text, path));
        if (!has_table(file, name)) {
          return fail(ErrorCode::not_found, fmt::format("{} has no [{}.{}]; `aloft account list` "
                                                        "shows what is known",
                                                        path, name.kind, name.name));
        }
        return internal::replace_table(text, path, name, "");
      });
}

}  // namespace aloft::azure
