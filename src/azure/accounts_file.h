// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "azure/machine.h"
#include "base/directories.h"
#include "base/result.h"

namespace aloft::azure {

/// What an account is of.
enum class AccountService { storage, batch };

/// An account that this user can name without saying more. Holds no secret.
struct KnownAccount {
  std::string name{};
  AccountService service{};
  std::string credential{};  ///< Its kind, as kind_of() says it.
  std::string endpoint{};    ///< A URL.
  std::string origin{};      ///< Where it is configured: "environment", "emulator", or the file.
  std::string problem{};     ///< Why it cannot be used; empty where nothing speaks against it.
};

/// Those of the environment, of the accounts file in its order of names, and the running emulator,
/// each once: as which it would be used. Makes no request. Fails as resolve_account() does for a
/// file that cannot be read as a whole; what is wrong with one account is its `problem`.
Result<std::vector<KnownAccount>> known_accounts(const EnvironmentLookup& environment,
                                                 const Machine& machine = {});

/// As whom accounts are used that are not configured: kinds, or empty for as nobody.
std::string identity_around(const EnvironmentLookup& environment, const Machine& machine = {});

/// A table for the accounts file.
struct NewAccount {
  std::string name;
  AccountService service = AccountService::storage;
  /// Names and values of its settings, as docs/guide/credentials.md says.
  std::vector<std::pair<std::string, std::string>> settings{};
  bool replace = false;  ///< Whether one of that name may be there.
};

/// Writes it to the accounts file, which is made (mode 0600) where it is missing. Everything else
/// in the file stays, comments included, and so does a symlink to it; whoever reads it, or a
/// machine that stops at any moment, sees it as it was or as it will be. Fails with already_exists,
/// with invalid_argument for settings that do not make an account or a file that must be changed by
/// hand, with permission_denied for a file that is open to others.
Result<void> add_account(const NewAccount& account, const EnvironmentLookup& environment,
                         const Machine& machine = {});

/// Removes its table; fails with not_found, and otherwise as add_account().
Result<void> remove_account(const std::string& name, AccountService service,
                            const EnvironmentLookup& environment);

}  // namespace aloft::azure
