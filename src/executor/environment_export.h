// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workload/job.h"

namespace aloft::executor {

/// What a job carries of its submitter's environment.
struct CarriedEnvironment {
  std::map<std::string, std::string> variables{};
  /// HOME, XDG_… and ALOFT_LOCAL_DIR: where accounts are found, whatever the rule of export.
  std::map<std::string, std::string> for_accounts{};
  /// Names of variables that the rule chose but that look like secrets, and of those that are no
  /// text: not carried. Jobs are recorded, so nothing secret may get into them.
  std::vector<std::string> secrets{};
  std::vector<std::string> not_text{};
};

/// `environment` is "NAME=VALUE" each, as environ(7) has it. Variables of an allocation that the
/// submitter itself runs in (SLURM_…) are not carried.
CarriedEnvironment choose_environment(const workload::EnvironmentExport& rule,
                                      const std::vector<std::string>& environment);

/// Takes values that look secret out of the rule itself, which is recorded too.
void strip_secrets(workload::EnvironmentExport& rule);

/// Keys, tokens, passwords and connection strings, by name or by what the value holds.
bool looks_secret(const std::string& name, const std::string& value);

/// Whether it can be kept in a record as it is.
bool is_utf8(std::string_view text);

}  // namespace aloft::executor
