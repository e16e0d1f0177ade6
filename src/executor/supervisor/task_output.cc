// SPDX-License-Identifier: Apache-2.0
#include "executor/supervisor/task_output.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>

#include "azure/names/blob_uri.h"
#include "format/names.h"

namespace aloft::executor {
namespace {

namespace fs = std::filesystem;

bool is_absolute(const std::string& name) {
  return name.starts_with('/') || azure::looks_like_blob_uri(name);
}

/// A name of the job as an absolute path or URI.
std::string absolute_name(const std::string& name, const TaskSpec& spec) {
  std::string directory = spec.job.directory;
  while (directory.ends_with('/')) directory.pop_back();
  return stored_name(is_absolute(name) ? name : directory + "/" + name);
}

}  // namespace

Result<OutputPlace> place_output(const workload::OutputPattern& pattern, const TaskSpec& spec,
                                 const NodeInfo& node, const std::string& capture) {
  const std::string name = absolute_name(expand(pattern, spec, node), spec);
  if (!azure::looks_like_blob_uri(name)) return OutputPlace{.path = name};
  const azure::BlobUri uri = TRY(azure::parse_blob_uri(name));
  const std::string path = fs::path(uri.key).lexically_normal().string();
  if (uri.container.empty() || path.empty() || path.starts_with("..") || path.ends_with('/')) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{} is no place for a task's output: it names no file in a container", name));
  }
  return OutputPlace{
      .path = capture,
      .container = azure::to_string({.account = uri.account, .container = uri.container}),
      .key = format::key_of_path(path)};
}

Result<TaskOutput> TaskOutput::open(const TaskSpec& spec, const TaskDirectory& directory,
                                    const NodeInfo& node, const AccountOpener& open_account,
                                    const Limits& limits) {
  TaskOutput output;
  const workload::Job& job = spec.job;
  if (!job.input.empty()) {
    const auto place =
        TRY(place_output(workload::OutputPattern::literal(job.input), spec, node, ""));
    if (!place.container.empty()) {
      return fail(
          ErrorCode::unsupported,
          fmt::format("--input={} is in a container; read it in the script with <", job.input));
    }
    output.input_ = TRY(open_file(place.path, O_RDONLY));
  }
  const auto out = TRY(place_output(job.output, spec, node, directory.file("stdout")));
  output.output_ = TRY(output.open_stream(out, spec, open_account, limits));
  if (!job.error) return output;
  const auto error = TRY(place_output(*job.error, spec, node, directory.file("stderr")));
  const bool same = error.container == out.container && error.key == out.key &&
                    (!error.container.empty() || error.path == out.path);
  if (!same) output.error_ = TRY(output.open_stream(error, spec, open_account, limits));
  return output;
}

Result<UniqueFd> TaskOutput::open_stream(const OutputPlace& place, const TaskSpec& spec,
                                         const AccountOpener& open_account, const Limits& limits) {
  const bool append = spec.job.open_mode == workload::OpenMode::append && place.container.empty();
  if (place.container.empty()) {
    std::error_code ignored;  // The open below says what is wrong.
    fs::create_directories(fs::path(place.path).parent_path(), ignored);
  }
  // O_APPEND also when truncating: several programs of a script share the file.
  UniqueFd file = TRY(open_file(
      place.path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | (append ? 0 : O_TRUNC), 0666));
  if (place.container.empty()) return file;
  const azure::BlobUri uri = TRY(azure::parse_blob_uri(place.container));
  auto account = TRY(open_account(uri.account));
  auto log = std::make_unique<BlobLog>(BlobLog::Options{.store = account->container(uri.container),
                                                        .key = place.key,
                                                        .file = place.path,
                                                        .mode = spec.job.open_mode});
  if (auto opened = log->open(limits); !opened) {
    return fail(opened.error().code,
                fmt::format("cannot write the output {}/{}: {}", place.container, place.key,
                            opened.error().message));
  }
  logs_.push_back(std::move(log));
  return file;
}

Result<void> TaskOutput::commit(const Limits& limits) {
  Result<void> all;
  for (const auto& log : logs_) {
    auto committed = log->commit(limits);
    if (!committed && all) {
      all = fail(committed.error().code, fmt::format("output could not be written to {}: {}",
                                                     log->name(), committed.error().message));
    }
  }
  return all;
}

void TaskOutput::note(const std::string& message) const {
  // The same words are in the exit record; a full disk must not hide why the task ended.
  static_cast<void>(write_all(error_fd(), "aloft: " + message + "\n", "the task's output"));
}

}  // namespace aloft::executor
