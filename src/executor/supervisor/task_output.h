// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "executor/supervisor/blob_log.h"
#include "executor/supervisor/slurm_environment.h"
#include "executor/task_directory.h"
#include "object/object_account.h"

namespace aloft::executor {

/// Where one stream of a task goes.
struct OutputPlace {
  std::string path{};       ///< The local file that the task writes.
  std::string container{};  ///< "az://ACCOUNT/CONTAINER" if it is captured for a blob.
  std::string key{};        ///< Of that blob.
};

/// Finds the place of a stream from the job alone. A relative name is below the job's directory;
/// az:// and /aloft/az/ name blobs; what goes to blobs is captured in `capture`.
Result<OutputPlace> place_output(const workload::OutputPattern& pattern, const TaskSpec& spec,
                                 const NodeInfo& node, const std::string& capture);

/// The streams of one running task: local files that the task writes itself, and blobs that follow
/// a captured file. Directories above local files are made where they are missing (Slurm fails
/// there, silently).
class TaskOutput {
 public:
  /// Opens all streams; makes blobs. Fails naming the file or blob that cannot be written.
  static Result<TaskOutput> open(const TaskSpec& spec, const TaskDirectory& directory,
                                 const NodeInfo& node, const AccountOpener& open_account,
                                 const Limits& limits);

  int input_fd() const { return input_ ? input_.get() : -1; }
  int output_fd() const { return output_.get(); }
  int error_fd() const { return error_ ? error_.get() : output_.get(); }
  bool has_blobs() const { return !logs_.empty(); }
  /// Brings blobs up to date; tries all, and gives the first failure.
  Result<void> commit(const Limits& limits);
  /// A line in the task's error stream, as Slurm leaves one when a script cannot start.
  void note(const std::string& message) const;

 private:
  Result<UniqueFd> open_stream(const OutputPlace& place, const TaskSpec& spec,
                               const AccountOpener& open_account, const Limits& limits);

  UniqueFd input_, output_, error_;
  std::vector<std::unique_ptr<BlobLog>> logs_;
};

}  // namespace aloft::executor
