// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "azure/names/blob_uri.h"
#include "cli/command.h"
#include "object/object_account.h"
#include "transfer/placement.h"

namespace aloft::cli {

/// What the arguments of file commands name. Finds credentials when an account is named first.
class Places {
 public:
  explicit Places(const Context& context);

  Result<std::shared_ptr<ObjectAccount>> account(std::string_view name);
  /// az://… or a path of this machine; invalid_argument for az:// without a container.
  Result<transfer::Place> place(const std::string& text);
  Result<std::vector<transfer::Place>> places(const std::vector<std::string>& texts);
  Result<transfer::Place> place(const azure::BlobUri& uri);

 private:
  AccountOpener open_account_;
};

/// For commands that only know containers; invalid_argument for a path of this machine, saying what
/// to use instead.
Result<azure::BlobUri> require_uri(const std::string& text, std::string_view instead);

}  // namespace aloft::cli
