// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"
#include "emulator/batch/node/attempt.h"

namespace aloft::emulator::batch {

/// The value of a step of an attempt, or why the attempt failed in it.
template <class T>
using Outcome = tl::expected<T, FailureInfo>;

/// Category and words of a code come from the table in failure.cc; `subject` is the file, URL
/// (without query) or command that it is about, `reason` what went wrong with it.
FailureInfo make_failure(std::string_view code, std::string_view subject, std::string_view reason);

/// What an attempt was doing when an error came from storage or disk.
enum class Step { downloading_file, listing_container, uploading_file };
/// Batch's code for it: BlobNotFound, ResourceContainerAccessDenied, FileUploadMiscError, DiskFull…
FailureInfo failure_of(const Error& error, Step step, std::string_view subject);

/// The attempt was ended on request, or (`at_wall_time`) because its time was over.
FailureInfo ended_failure(bool at_wall_time);
/// The command ended by itself with this code, not 0.
FailureInfo exit_code_failure(int exit_code);

}  // namespace aloft::emulator::batch

namespace aloft {
/// So that TRY passes them on as it does Error.
inline tl::unexpected<emulator::batch::FailureInfo> fail(emulator::batch::FailureInfo failure) {
  return tl::unexpected<emulator::batch::FailureInfo>(std::move(failure));
}
}  // namespace aloft

// After the overload above, which the macro TRY looks up by name.
#include "base/result.h"
