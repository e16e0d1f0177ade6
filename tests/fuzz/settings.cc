// SPDX-License-Identifier: Apache-2.0
// What users configure: connection strings, and the accounts file.
#include <fstream>
#include <string>

#include "azure/accounts_file.h"
#include "azure/configuration_fake.h"
#include "azure/connection_string.h"
#include "azure/internal/accounts_text.h"
#include "target.h"

using namespace aloft;
using namespace aloft::azure;

namespace {

/// Changing one table leaves a file that can be changed again, and the second time is the first.
void check_replace(const std::string& text) {
  const azure::internal::TableName table{.kind = "account", .name = "mylab"};
  const std::string replacement = azure::internal::table_text(table, {{"key", "c2VjcmV0"}});
  const auto once = azure::internal::replace_table(text, "accounts.toml", table, replacement);
  if (!once) return;
  const auto twice = azure::internal::replace_table(*once, "accounts.toml", table, replacement);
  CHECK(twice.has_value() && *twice == *once);
}

FakeConfiguration& configuration() {
  static FakeConfiguration only;
  static const bool made = (only.write("accounts.toml", ""), true);
  (void)made;
  return only;
}

void check_known_accounts(const std::string& text) {
  const EnvironmentLookup environment = configuration().environment();
  // In place: nothing is to last.
  std::ofstream(config_directory(environment) + "/accounts.toml", std::ios::binary) << text;
  (void)known_accounts(environment, {.asset_tag_file = "/dev/null"});
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  (void)parse_connection_string(text, "the test");
  check_replace(text);
  check_known_accounts(text);
  return 0;
}
