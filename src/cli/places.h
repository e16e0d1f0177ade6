// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "azure/names/blob_uri.h"
#include "base/token_bucket.h"
#include "cli/command.h"
#include "cli/interruption.h"
#include "object/object_account.h"
#include "transfer/placement.h"

namespace aloft::cli {

/// What the arguments of file commands name. Finds credentials when an account is named first.
class Places {
 public:
  /// Content of containers moves at `bytes_per_second` at most, all together; 0: any rate.
  explicit Places(const Context& context, std::uint64_t bytes_per_second = 0);

  Result<std::shared_ptr<ObjectAccount>> account(std::string_view name);
  /// az://… or a path of this machine; invalid_argument for az:// without a container.
  Result<transfer::Place> place(const std::string& text);
  Result<std::vector<transfer::Place>> places(const std::vector<std::string>& texts);
  Result<transfer::Place> place(const azure::BlobUri& uri);
  /// What a URI with wildcards matches, in byte order, as URIs that are meant literally; any other
  /// text, one that matches nothing, and one that is the name of something, as it is. Local paths
  /// stay: the shell has expanded them.
  Result<std::vector<std::string>> expand(const std::string& text, const Limits& limits);
  /// As above, for several, as one thing: where each goes may depend on how many there are.
  Result<std::vector<std::string>> expand(const std::vector<std::string>& texts,
                                          const Limits& limits);

 private:
  AccountOpener open_account_;
  std::shared_ptr<TokenBucket> bandwidth_;  // Null: not limited.
};

/// For commands that only know containers; invalid_argument for a path of this machine, saying what
/// to use instead.
Result<azure::BlobUri> require_uri(const std::string& text, std::string_view instead);

/// Calls `perform` with each thing that the texts name, once wildcards are expanded. What fails is
/// reported and in the exit code, and the rest goes on; false where a signal ends the command.
bool for_each_named(Context& context, Places& places, const std::vector<std::string>& texts,
                    const Interruption& interruption,
                    const std::function<Result<void>(const std::string& text)>& perform);

}  // namespace aloft::cli
