// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/failure.h"

#include <cerrno>

namespace aloft::emulator::batch {

namespace {

using Category = FailureInfo::Category;

struct Row {
  std::string_view code;
  Category category;
  std::string_view message;
};

// Codes and categories as the service documents them for tasks.
constexpr Row kRows[] = {
    {"BlobAccessDenied", Category::user, "Access to a resource file was denied."},
    {"BlobDownloadMiscError", Category::server, "A resource file could not be downloaded."},
    {"BlobDownloadTimedOut", Category::server, "The download of a resource file took too long."},
    {"BlobNotFound", Category::user, "A resource file does not exist."},
    {"CommandLaunchFailed", Category::user, "The command line could not be started."},
    {"CommandProgramNotFound", Category::user, "The program of the command line was not found."},
    {"DiskFull", Category::server, "The disk of the node is full."},
    {"FailureExitCode", Category::user, "The command ended with an exit code that means failure."},
    {"FileUploadAccessDenied", Category::user,
     "Access to the container for output files was denied."},
    {"FileUploadContainerNotFound", Category::user,
     "The container for output files does not exist."},
    {"FileUploadMiscError", Category::user, "An output file could not be uploaded."},
    {"FileUploadTimedOut", Category::server, "The upload of an output file took too long."},
    {"ResourceContainerAccessDenied", Category::user,
     "Access to a container of resource files was denied."},
    {"ResourceContainerListMiscError", Category::server,
     "A container of resource files could not be listed."},
    {"ResourceContainerListTimedOut", Category::server,
     "Listing a container of resource files took too long."},
    {"ResourceContainerNotFound", Category::user, "A container of resource files does not exist."},
    {"ResourceDirectoryCreateFailed", Category::server,
     "A directory for the task could not be made."},
    {"ResourceFileCreateFailed", Category::server, "A resource file could not be made."},
    {"ResourceFileWriteFailed", Category::server, "A resource file could not be written."},
    {"TaskEnded", Category::user, "The task was ended."},
};

const Row& row_of(std::string_view code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  check_failed("every code is in the table", __FILE__, __LINE__);
}

/// The codes of one step, by what storage said.
struct StepCodes {
  std::string_view not_found, denied, timed_out, other;
};

StepCodes codes_of(Step step) {
  switch (step) {
    case Step::downloading_file:
      return {"BlobNotFound", "BlobAccessDenied", "BlobDownloadTimedOut", "BlobDownloadMiscError"};
    case Step::listing_container:
      return {"ResourceContainerNotFound", "ResourceContainerAccessDenied",
              "ResourceContainerListTimedOut", "ResourceContainerListMiscError"};
    case Step::uploading_file:
      break;
  }
  return {"FileUploadContainerNotFound", "FileUploadAccessDenied", "FileUploadTimedOut",
          "FileUploadMiscError"};
}

std::string_view code_of(const Error& error, Step step) {
  const StepCodes codes = codes_of(step);
  if (error.os_errno != 0) {
    if (error.code == ErrorCode::no_space) return "DiskFull";
    return step == Step::uploading_file ? codes.other : "ResourceFileWriteFailed";
  }
  switch (error.code) {
    case ErrorCode::not_found:
      return codes.not_found;
    case ErrorCode::permission_denied:
      return codes.denied;
    case ErrorCode::deadline_exceeded:
      return codes.timed_out;
    default:
      return codes.other;
  }
}

}  // namespace

FailureInfo make_failure(std::string_view code, std::string_view subject, std::string_view reason) {
  const Row& row = row_of(code);
  FailureInfo failure{
      .category = row.category, .code = std::string(row.code), .message = std::string(row.message)};
  if (!subject.empty()) failure.details.emplace_back("FilePath", subject);
  if (!reason.empty()) failure.details.emplace_back("Message", reason);
  return failure;
}

FailureInfo failure_of(const Error& error, Step step, std::string_view subject) {
  return make_failure(code_of(error, step), subject, error.message);
}

FailureInfo ended_failure(bool at_wall_time) {
  FailureInfo failure = make_failure(
      "TaskEnded", "",
      at_wall_time ? "the task reached its maxWallClockTime" : "the task was ended on request");
  if (at_wall_time) failure.category = Category::server;
  return failure;
}

FailureInfo exit_code_failure(int exit_code) {
  FailureInfo failure = make_failure("FailureExitCode", "", "");
  failure.details.emplace_back("ExitCode", std::to_string(exit_code));
  return failure;
}

}  // namespace aloft::emulator::batch
