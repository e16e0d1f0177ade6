// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/download.h"

#include <errno.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "format/content_notes.h"
#include "transfer/internal/content_md5.h"
#include "transfer/internal/file_parts.h"
#include "transfer/internal/links.h"

namespace aloft::transfer {

namespace {

Result<void> check_readable(const Download& download) {
  CHECK(download.entry.object.has_value());
  if (download.entry.object->access_tier != "Archive") return {};
  return fail(ErrorCode::unsupported, download.shown() +
                                          " is in the archive tier; rehydrate it to another tier "
                                          "first, which takes hours");
}

// The file is there still, but in another version.
Result<Download> again(Session& session, Download download) {
  if (download.attempt == kAttemptsMax) return fail(kept_changing(download.shown()));
  Entry now = TRY(download.source->look(download.entry.path, session.limits));
  if (now.kind() != download.entry.kind()) {
    return fail(ErrorCode::precondition_failed,
                download.shown() + " became a " + std::string(name_of(now.kind())));
  }
  download.entry = std::move(now);
  ++download.attempt;
  return download;
}

void finish(Session& session, Download download, Result<void> result) {
  if (result) {
    session.copied(download.entry.kind(), download.entry.size_bytes);
    return;
  }
  if (result.error().code != ErrorCode::precondition_failed) {
    return session.failed(download.shown(), std::move(result).error());
  }
  const std::string shown = download.shown();
  auto next = again(session, std::move(download));
  if (!next) return session.failed(shown, std::move(next).error());
  if (is_small(session, next->entry)) {
    std::vector<Download> batch;
    batch.push_back(std::move(*next));
    download_batch(session, std::move(batch));
  } else {
    download_file(session, std::move(*next));
  }
}

FileShape shape_of(const Entry& entry) {
  return {.size_bytes = entry.size_bytes, .sparse = format::decode_notes(*entry.object).sparse};
}

// The other names of the file lead there, unless this is a later version than was listed.
void remember(const Download& download, FileId made) {
  if (download.links && download.attempt == 1) download.links->made = made;
}

// Empty where there is nothing to compare with.
std::string wanted_md5(const Session& session, const Download& download) {
  return session.options.md5 ? download.entry.object->properties.content_md5 : std::string();
}

// ---- Small files

Result<void> write_small(Session& session, const Download& download,
                         std::span<const std::byte> content) {
  const Entry& entry = download.entry;
  const LocalDirectory& root = download.target->directory();
  const std::string md5 = wanted_md5(session, download);
  if (!md5.empty()) TRY(check_content_md5(md5, content_md5(content), download.shown()));
  if (entry.kind() == FileKind::symlink) {
    const std::string target(reinterpret_cast<const char*>(content.data()), content.size());
    return make_symlink(root, download.path, target, entry.attributes, session.options.restore);
  }
  NewFile file = TRY(NewFile::create(root, download.path, shape_of(entry)));
  TRY(file.write(0, content));
  TRY(file.publish(entry.attributes, session.options.restore));
  remember(download, TRY(file.id()));
  session.progress.bytes_done += content.size();
  return {};
}

ReadPart part_of(const Download& download, std::span<std::byte> buffer) {
  return {.request = {.key = download.entry.object->key,
                      .range = {.offset = 0, .length_bytes = buffer.size()},
                      .if_match = download.entry.object->etag},
          .buffer = buffer};
}

Result<void> check_complete(const Download& download, const ReadPart& part) {
  if (!part.result) return fail(part.result.error());
  if (part.result->size_bytes == part.buffer.size()) return {};
  return fail(ErrorCode::corrupt, download.shown() + " ended before its stated size");
}

// Content of all that have some, in one go.
void fetch(Session& session, const std::vector<Download>& batch, std::span<std::byte> buffer,
           std::vector<ReadPart>& parts) {
  for (const Download& download : batch) {
    parts.push_back(part_of(download, buffer.first(download.entry.size_bytes)));
    buffer = buffer.subspan(download.entry.size_bytes);
  }
  std::vector<ReadPart> requests;
  std::ranges::copy_if(parts, std::back_inserter(requests),
                       [](const ReadPart& part) { return !part.buffer.empty(); });
  if (requests.empty()) return;
  batch.front().source->store().read_many(requests, session.limits);
  auto next = requests.begin();
  for (ReadPart& part : parts) {
    if (!part.buffer.empty()) part.result = std::move((next++)->result);
  }
}

// ---- Large files

// What a repeated copy can go on from: the network, the user or credentials that expired broke it
// off, not the disk (whose errors have an errno) or the object.
bool may_go_on_later(const Error& error) {
  return error.os_errno == 0 && error.code != ErrorCode::precondition_failed &&
         error.code != ErrorCode::not_found && error.code != ErrorCode::corrupt &&
         error.code != ErrorCode::no_space;
}

Result<void> check_written(Session& session, const Download& download, int file) {
  const std::string md5 = wanted_md5(session, download);
  if (md5.empty()) return {};
  const std::string computed =
      TRY(content_md5(session, file, download.entry.size_bytes, download.shown()));
  return check_content_md5(md5, computed, download.shown());
}

// Of a file that has its name and its attributes.
void keep_completed(Session& session, int file, std::shared_ptr<Journal::Claim> claim) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return;
  session.note(claim->completed(version_of(status)));
  session.keep_completed(std::move(claim));
}

// Whether an earlier copy that was broken off had completed the file, and nobody has touched what
// it made. The attributes are restored as this copy asks for.
Result<bool> was_completed(Session& session, const Download& download,
                           std::shared_ptr<Journal::Claim>& claim) {
  if (!claim || claim->made().empty()) return false;
  const auto file = open_regular(download.target->directory(), download.path);
  struct stat status {};
  if (!file || ::fstat(file->get(), &status) != 0 || version_of(status) != claim->made()) {
    return false;
  }
  if (!check_written(session, download, file->get())) return false;
  TRY(restore_attributes(file->get(), download.entry.attributes, session.options.restore,
                         download.target->name_of(download.path)));
  remember(download, {.device = status.st_dev, .inode = status.st_ino});
  keep_completed(session, file->get(), std::exchange(claim, nullptr));
  session.progress.bytes_done += download.entry.size_bytes;
  return true;
}

class DownloadParts final : public FileParts {
 public:
  /// `claim` may be null; else `file` is resumable.
  DownloadParts(Session& session, Download download, NewFile file,
                std::shared_ptr<Journal::Claim> claim)
      : FileParts(session, download.entry.size_bytes, session.options.part_size_bytes),
        download_(std::move(download)),
        file_(std::move(file)),
        claim_(std::move(claim)) {}

 private:
  bool is_there(std::uint64_t index) const override {
    return claim_ && claim_->finished_parts().contains(index);
  }
  Result<void> copy_part(std::uint64_t index, std::uint64_t offset,
                         std::span<std::byte> buffer) override {
    TRY(download_.source->read(download_.entry, offset, buffer, session_.limits));
    TRY(file_.write(offset, buffer));
    if (claim_) session_.note(claim_->part_finished(index));
    return {};
  }
  Result<void> publish() override {
    TRY(check_written(session_, download_, file_.fd()));
    TRY(file_.publish(download_.entry.attributes, session_.options.restore));
    remember(download_, TRY(file_.id()));
    return {};
  }
  void end(Result<void> result) override {
    if (claim_ && result) {
      keep_completed(session_, file_.fd(), std::exchange(claim_, nullptr));
    } else if (claim_ && may_go_on_later(result.error())) {
      file_.keep();
    } else if (claim_) {
      session_.note(claim_->forget());
    }
    claim_.reset();
    finish(session_, download_, std::move(result));
  }

  Download download_;
  NewFile file_;
  std::shared_ptr<Journal::Claim> claim_;
};

// Null for a file that is one request. Finished parts are in the system's memory, maybe not yet on
// disk: so they count until the system starts anew.
Result<std::shared_ptr<Journal::Claim>> claim_for(Session& session, const Download& download) {
  const std::uint64_t part = session.options.part_size_bytes;
  if (session.options.journal == nullptr || download.entry.size_bytes <= part) return nullptr;
  const UniqueFd parent = TRY(download.target->directory().open_parent(download.path));
  const auto directory = real_path(parent.get());
  const auto boot = read_file("/proc/sys/kernel/random/boot_id");
  if (!directory || !boot) {
    session.note(fail(directory ? boot.error() : directory.error()));
    return nullptr;
  }
  return session.claim({.source = download.shown(),
                        .destination = join(*directory, base_of(download.path)),
                        .version = fmt::format("{} {} {}", download.entry.object->etag,
                                               download.entry.size_bytes, *boot),
                        .part_size_bytes = part});
}

// Gives up `claim` where the journal cannot take the file.
Result<NewFile> file_for(Session& session, const Download& download,
                         std::shared_ptr<Journal::Claim>& claim) {
  const LocalDirectory& root = download.target->directory();
  const FileShape shape = shape_of(download.entry);
  if (claim && !claim->token().empty()) {
    auto kept = NewFile::resume(root, download.path, shape, claim->partial());
    if (kept || kept.error().code != ErrorCode::not_found) return kept;
  }
  if (claim) {
    Result<void> recorded;
    auto file = NewFile::create_resumable(
        root, download.path, shape, [&](PartialFile partial) -> Result<void> {
          std::string name(base_of(partial.path));
          return recorded = claim->begin(std::move(name), std::move(partial));
        });
    if (recorded) return file;
    session.note(std::move(recorded));
    claim.reset();
  }
  return NewFile::create(root, download.path, shape);
}

}  // namespace

bool is_small(const Session& session, const Entry& entry) {
  return entry.size_bytes <= std::min(kBatchFileBytesMax, session.options.part_size_bytes);
}

void download_batch(Session& session, std::vector<Download> batch) {
  std::erase_if(batch, [&](const Download& download) {
    auto readable = check_readable(download);
    if (!readable) session.failed(download.shown(), std::move(readable).error());
    return !readable;
  });
  if (batch.empty()) return;
  std::uint64_t size_bytes = 0;
  for (const Download& download : batch) size_bytes += download.entry.size_bytes;
  auto buffer = session.memory.acquire(size_bytes, session.limits.stop);
  std::vector<Result<void>> results(batch.size());
  if (!buffer) {
    std::ranges::fill(results, fail(buffer.error()));
  } else {
    std::vector<ReadPart> parts;
    fetch(session, batch, buffer->bytes(), parts);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      results[i] = check_complete(batch[i], parts[i]);
      if (results[i]) results[i] = write_small(session, batch[i], parts[i].buffer);
    }
  }
  // A file that is tried again asks for memory of its own.
  buffer = fail(ErrorCode::cancelled, "");
  for (std::size_t i = 0; i < batch.size(); ++i) {
    finish(session, std::move(batch[i]), std::move(results[i]));
  }
}

void download_file(Session& session, Download download) {
  auto begin = [&]() -> Result<void> {
    TRY(check_readable(download));
    auto claim = TRY(claim_for(session, download));
    if (TRY(was_completed(session, download, claim))) {
      finish(session, download, {});
      return {};
    }
    NewFile file = TRY(file_for(session, download, claim));
    session.pool.submit_parts(
        std::make_shared<DownloadParts>(session, download, std::move(file), std::move(claim)));
    return {};
  };
  auto begun = begin();
  if (!begun) session.failed(download.shown(), std::move(begun).error());
}

}  // namespace aloft::transfer
