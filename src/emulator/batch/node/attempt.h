// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aloft::emulator::batch {

/// One file, or all files of a container, to be there before the command starts.
struct ResourceFile {
  enum class Source {
    file,          ///< `url` is that of one file, for anybody or with its SAS.
    container,     ///< `url` is that of a container, for anybody or with its SAS.
    auto_storage,  ///< `url` is the name of a container in the account that belongs to Batch.
  };
  Source source = Source::file;
  std::string url{};
  std::string blob_prefix{};  ///< Of containers: only blobs whose names begin with it.
  /// Relative to the working directory, which it cannot leave: the file, or the directory that gets
  /// a container's blobs below their whole names.
  std::string file_path{};
  mode_t file_mode = 0770;
  bool uses_identity = false;  ///< With a token of the pool's identity instead of a SAS.
};

/// Files to be uploaded when the command has ended.
struct OutputFile {
  enum class Condition { task_success, task_failure, task_completion };
  /// Relative to the working directory, or absolute within the node's root; with * ? ** and [a-c],
  /// and $NAME of the task's environment.
  std::string pattern{};
  std::string container_url{};
  /// The blob's name where the pattern names one file, else the directory that gets them; may be
  /// empty.
  std::string path{};
  Condition condition = Condition::task_completion;
  bool uses_identity = false;
  std::vector<std::pair<std::string, std::string>> upload_headers{};
};

/// All that one run of a task needs to know; a retry is another one.
struct Attempt {
  std::string job{};   ///< Both empty: the start task of the node.
  std::string task{};  ///< Ids may be names of directories: no "/", not "." or "..".
  std::string command_line{};
  /// Variables that Batch itself sets win over these.
  std::vector<std::pair<std::string, std::string>> environment{};
  std::vector<ResourceFile> resource_files{};
  std::vector<OutputFile> output_files{};
  /// Of the whole attempt, downloads included.
  std::optional<std::chrono::milliseconds> wall_time{};
  /// Leaves what earlier attempts wrote in place instead of starting with an empty directory.
  bool keep_directory = false;
};

/// Why a task failed, as Batch's failureInfo says it. Holds no secrets: URLs are without query.
struct FailureInfo {
  enum class Category { user, server };
  Category category = Category::user;
  std::string code{};     ///< "CommandProgramNotFound".
  std::string message{};  ///< Batch's words for the code.
  std::vector<std::pair<std::string, std::string>> details{};
};

/// How an attempt came out.
struct AttemptEnd {
  using Time = std::chrono::system_clock::time_point;
  /// How far it came; where `failure` is set, what failed.
  enum class Phase {
    preparing,  ///< All before the command runs: exitConditions.preProcessingError.
    running,    ///< The command.
    uploading,  ///< Output files: exitConditions.fileUploadError. exit_code is the command's.
  };
  Time started{};
  Time ended{};
  Phase phase = Phase::preparing;
  /// The command's own, or 128 + the signal that ended it; none where no command was started.
  std::optional<int> exit_code{};
  /// None after success. For a command that failed by itself FailureExitCode, for one that was
  /// ended TaskEnded: category user on request, category server at its wall time, also where its
  /// files cannot be uploaded either.
  std::optional<FailureInfo> failure{};
};

}  // namespace aloft::emulator::batch
