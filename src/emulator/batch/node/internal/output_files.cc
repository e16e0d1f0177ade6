// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <optional>

#include "base/file.h"
#include "emulator/batch/node/internal/output_pattern.h"
#include "emulator/batch/node/internal/transfers.h"

namespace aloft::emulator::batch {

namespace {

/// One of the two logs that an upload leaves beside stdout.txt. Losing a line fails nothing.
class UploadLog {
 public:
  explicit UploadLog(const std::string& path) {
    if (auto fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0666)) fd_ = std::move(*fd);
  }
  void say(const std::string& line) const {
    if (fd_) static_cast<void>(write_all(fd_.get(), line + "\n", "the log of uploads"));
  }

 private:
  UniqueFd fd_;
};

class Uploader {
 public:
  Uploader(const TaskPlace& place, const std::map<std::string, std::string>& environment,
           BlobClient& blobs, const Limits& limits)
      : place_(place),
        environment_(environment),
        blobs_(blobs),
        limits_(limits),
        out_(place.task + "/fileuploadout.txt"),
        err_(place.task + "/fileuploaderr.txt") {}

  Outcome<void> upload(const OutputFile& file) {
    Outcome<void> outcome = upload_matches(file);
    if (!outcome) {
      const FailureInfo& failure = outcome.error();
      std::string line = failure.code + ": " + file.pattern + ": " + failure.message;
      for (const auto& [name, value] : failure.details) line += " " + name + ": " + value;
      err_.say(line);
    }
    return outcome;
  }

 private:
  Outcome<void> upload_matches(const OutputFile& file) {
    const auto pattern =
        parse_output_pattern(file.pattern, environment_, place_.working, place_.root);
    if (!pattern) return failed(pattern.error(), file.pattern);
    const auto container = parse_blob_url(file.container_url);
    if (!container) return failed(container.error(), file.pattern);
    const std::vector<FileEntry> entries = matching_files(*pattern, place_.root);
    if (entries.empty()) {
      return failed({.code = ErrorCode::invalid_argument, .message = "no file matches the pattern"},
                    file.pattern);
    }
    for (const FileEntry& entry : entries) {
      const BlobUrl url = container->blob(blob_name(file, *pattern, entry));
      if (const auto done = upload_file(file, *pattern, entry, url); !done) {
        return failed(done.error(), entry.name);
      }
      out_.say(file.pattern + ": " + entry.name + " -> " + url.shown());
    }
    return {};
  }

  static std::string blob_name(const OutputFile& file, const OutputPattern& pattern,
                               const FileEntry& entry) {
    if (file.path.empty()) return entry.name;
    if (!pattern.has_wildcards) return file.path;
    return file.path + (file.path.ends_with('/') ? "" : "/") + entry.name;
  }

  Result<void> upload_file(const OutputFile& file, const OutputPattern& pattern,
                           const FileEntry& entry, const BlobUrl& url) {
    const FileView view(place_.root, pattern.directory);
    const FileView::OpenFile open = TRY(view.open(entry.name));
    const auto access = file.uses_identity ? BlobClient::Access::identity : BlobClient::Access::url;
    return blobs_.upload(open.fd.get(), open.entry.size_bytes, url, access, file.upload_headers,
                         limits_);
  }

  static tl::unexpected<FailureInfo> failed(const Error& error, std::string_view subject) {
    return fail(failure_of(error, Step::uploading_file, subject));
  }

  const TaskPlace& place_;
  const std::map<std::string, std::string>& environment_;
  BlobClient& blobs_;
  const Limits& limits_;
  const UploadLog out_, err_;
};

}  // namespace

Outcome<void> upload_output_files(const std::vector<OutputFile>& files, const TaskPlace& place,
                                  const std::map<std::string, std::string>& environment,
                                  BlobClient& blobs, const Limits& limits) {
  if (files.empty()) return {};
  Uploader uploader(place, environment, blobs, limits);
  std::optional<FailureInfo> first;
  for (const OutputFile& file : files) {
    Outcome<void> outcome = uploader.upload(file);
    if (!outcome && !first) first = std::move(outcome.error());
  }
  if (first) return fail(std::move(*first));
  return {};
}

}  // namespace aloft::emulator::batch
