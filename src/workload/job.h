// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "workload/array_spec.h"
#include "workload/output_pattern.h"
#include "workload/task_name.h"

namespace aloft::workload {

/// What each task of a job needs while it runs.
struct Resources {
  std::uint32_t nodes = 1;
  std::uint32_t tasks = 1;  ///< Ranks that the script may start; they share what is allocated.
  std::uint32_t cpus_per_task = 1;
  std::uint32_t gpus = 0;
  bool exclusive = false;  ///< The node is not shared with other tasks.
  std::optional<std::uint64_t> memory_per_node_bytes{};
  std::optional<std::uint64_t> memory_per_cpu_bytes{};
  std::optional<std::chrono::seconds> wall_time{};  ///< None: no limit.
  // Dialects set some variables only where the script asked.
  bool nodes_asked = false;
  bool tasks_asked = false;
  bool cpus_per_task_asked = false;

  std::uint32_t cpus() const { return tasks * cpus_per_task; }
  /// 0 where nothing was asked.
  std::uint64_t memory_bytes() const {
    if (memory_per_cpu_bytes) return *memory_per_cpu_bytes * cpus();
    return memory_per_node_bytes.value_or(0);
  }
  bool operator==(const Resources&) const = default;
};

/// One condition on other jobs.
struct Dependency {
  enum class Kind {
    after_ok,             ///< It, or every element of it, succeeded.
    after_any,            ///< It ended, however.
    after_not_ok,         ///< It ended and not every element succeeded; a cancelled one did not.
    after,                ///< It started (or ended without), `delay` ago or longer.
    after_corresponding,  ///< Its element with our own index succeeded.
    singleton,            ///< No earlier job of the same name is unfinished; `on` is not used.
  };
  Kind kind = Kind::after_ok;
  TaskName on{};
  std::chrono::minutes delay{0};
  bool operator==(const Dependency&) const = default;
};

std::string_view name_of(Dependency::Kind kind);

/// All of a job's conditions: everyone must hold, or one of them is enough.
struct Dependencies {
  enum class Need { all, any };
  Need need = Need::all;
  std::vector<Dependency> terms{};
  bool operator==(const Dependencies&) const = default;
};

/// Which of the submitter's variables a task sees.
struct EnvironmentExport {
  enum class Inherit {
    all,    ///< Everything, then `assignments`.
    named,  ///< Only `names` and `assignments`.
    login,  ///< What a login has (HOME, USER, PATH, …), then `names` and `assignments`.
    none,   ///< Only what the executor sets.
  };
  Inherit inherit = Inherit::all;
  std::vector<std::string> names{};
  std::vector<std::pair<std::string, std::string>> assignments{};
  std::string written{};  ///< As the dialect wrote it; empty where it said nothing.
  bool operator==(const EnvironmentExport&) const = default;
};

enum class OpenMode { truncate, append };

/// A job as every dialect gives it and every executor takes it. It holds no credentials.
struct Job {
  std::string dialect = "slurm";
  std::string name{};
  std::vector<std::string> arguments{};  ///< Of the script.
  std::optional<ArraySpec> array{};
  Resources resources{};
  Dependencies dependencies{};
  /// Where tasks start: an absolute path, or az://ACCOUNT/CONTAINER[/PATH].
  std::string directory{};
  std::string submit_directory{};        ///< Absolute path.
  OutputPattern output{};                ///< Relative names are taken from `directory`.
  std::optional<OutputPattern> error{};  ///< None: standard error goes where output goes.
  std::string input{};                   ///< Empty: nothing to read.
  OpenMode open_mode = OpenMode::truncate;
  EnvironmentExport environment_export{};
  /// What the tasks see, chosen by the rule above when the job was submitted, without secrets.
  std::map<std::string, std::string> environment{};
  /// HOME, XDG_… and ALOFT_LOCAL_DIR of the submitter: where the supervisor finds the accounts,
  /// whatever the task itself may see.
  std::map<std::string, std::string> account_environment{};
  /// Whether a lost attempt may be repeated; none: as the place that runs the job usually does.
  std::optional<bool> requeue{};
  std::chrono::seconds grace{30};  ///< Between SIGTERM and SIGKILL.
  std::string comment{};
  /// Asked for, recorded, without effect here: partition, account, qos, …
  std::map<std::string, std::string> hints{};
  bool operator==(const Job&) const = default;

  /// How many tasks it has.
  std::size_t task_count() const { return array ? array->indices.size() : 1; }
};

}  // namespace aloft::workload
