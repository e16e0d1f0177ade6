// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/upload.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "checksum/crc64.h"
#include "transfer/internal/content_md5.h"
#include "transfer/internal/file_parts.h"
#include "transfer/internal/links.h"
#include "transfer/internal/staged_blocks.h"

namespace aloft::transfer {

namespace {

constexpr std::size_t kReadBytes = 256_KiB;

Result<struct stat> status_of(int fd, const std::string& shown) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_os(errno, "cannot look at " + shown);
  return status;
}

bool same_version(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && since_epoch(a.st_mtim) == since_epoch(b.st_mtim) &&
         since_epoch(a.st_ctim) == since_epoch(b.st_ctim);
}

tl::unexpected<Error> changed(const std::string& shown) {
  return fail(ErrorCode::precondition_failed, shown + " changed while it was copied");
}

bool has_holes(int fd, const struct stat& status) {
  const off_t hole = ::lseek(fd, 0, SEEK_HOLE);
  // Where the file system does not tell, the only hole is the end.
  return hole >= 0 && hole < status.st_size;
}

// An open file, as it was when it was opened.
struct Opened {
  UniqueFd fd;
  struct stat status;
  std::string shown;

  std::uint64_t size_bytes() const { return static_cast<std::uint64_t>(status.st_size); }

  /// Returns the checksum. In pieces, so that the processor has at hand what it adds up.
  Result<std::uint64_t> read(std::uint64_t offset, std::span<std::byte> buffer) const {
    std::uint64_t crc64 = 0;
    while (!buffer.empty()) {
      const std::span<std::byte> piece = buffer.first(std::min(kReadBytes, buffer.size()));
      TRY(read_exactly(fd.get(), offset, piece, shown));
      crc64 = checksum::crc64(piece, crc64);
      offset += piece.size();
      buffer = buffer.subspan(piece.size());
    }
    return crc64;
  }
  /// Fails with precondition_failed if what was read may be a mixture.
  Result<void> check_unchanged() const {
    if (same_version(TRY(status_of(fd.get(), shown)), status)) return {};
    return changed(shown);
  }
};

Description description_of(const Upload& upload, const Opened& opened, std::uint64_t crc64) {
  return {.attributes = attributes_of(opened.status),
          .notes = {.crc64 = crc64,
                    .sparse = has_holes(opened.fd.get(), opened.status),
                    .link_group = upload.links ? upload.links->id : ""},
          .content_version = new_content_version()};
}

// The other names of the file are made from what is stored.
Result<void> remember(const Upload& upload, const Opened& opened, Description description,
                      PutResult written) {
  if (!upload.links) return {};
  std::string key = TRY(key_of(upload));
  upload.links->stored = {.key = std::move(key),
                          .etag = std::move(written.etag),
                          .description = std::move(description),
                          .size_bytes = opened.size_bytes()};
  return {};
}

Result<Opened> open_source(const Upload& upload) {
  Opened opened{.fd = {}, .status = {}, .shown = upload.shown()};
  opened.fd = TRY(open_regular(upload.source->directory(), upload.path));
  opened.status = TRY(status_of(opened.fd.get(), opened.shown));
  return opened;
}

void finish(Session& session, Upload upload, const Opened& opened, Result<void> result) {
  if (result) {
    session.copied(FileKind::regular, opened.size_bytes());
  } else if (opened.check_unchanged()) {
    session.failed(opened.shown, std::move(result).error());
  } else if (upload.attempt == kAttemptsMax) {
    session.failed(opened.shown, kept_changing(opened.shown));
  } else {
    ++upload.attempt;
    upload_file(session, std::move(upload));
  }
}

Result<void> upload_small(Session& session, const Upload& upload, const Opened& opened) {
  const auto buffer = TRY(session.memory.acquire(opened.size_bytes(), session.limits.stop));
  const std::uint64_t crc64 = TRY(opened.read(0, buffer.bytes()));
  TRY(opened.check_unchanged());
  Description description = description_of(upload, opened, crc64);
  if (session.options.md5) description.content_md5 = content_md5(buffer.bytes());
  PutResult written =
      TRY(put_object(*upload.tree, upload.target, description, buffer.bytes(), session.limits));
  session.progress.bytes_done += opened.size_bytes();
  return remember(upload, opened, std::move(description), std::move(written));
}

class UploadParts final : public FileParts {
 public:
  UploadParts(Session& session, Upload upload, Opened opened, std::string key, StagedBlocks blocks,
              std::uint64_t part_size_bytes)
      : FileParts(session, opened.size_bytes(), part_size_bytes),
        upload_(std::move(upload)),
        opened_(std::move(opened)),
        key_(std::move(key)),
        blocks_(std::move(blocks)),
        part_size_bytes_(part_size_bytes),
        checksums_(part_count()) {}

 private:
  Result<void> copy_part(std::uint64_t index, std::uint64_t offset,
                         std::span<std::byte> buffer) override {
    // A block that is there is read too, for the checksum.
    checksums_[index] = TRY(opened_.read(offset, buffer));
    if (blocks_.is_there(index)) return {};
    const BlockId block = blocks_.id(index);
    return upload_.tree->store().stage_block(
        {.key = key_, .block_id = block, .content = buffer, .crc64 = checksums_[index]},
        session_.limits);
  }

  Result<void> publish() override {
    Description description = description_of(upload_, opened_, checksum());
    if (session_.options.md5) {
      description.content_md5 =
          TRY(content_md5(session_, opened_.fd.get(), opened_.size_bytes(), opened_.shown));
    }
    TRY(opened_.check_unchanged());
    const std::vector<BlockRef> blocks = blocks_.list();
    const auto write = [&](const std::string& key, const ObjectHead& head) {
      const CommitRequest request{.key = key,
                                  .blocks = blocks,
                                  .metadata = head.metadata,
                                  .properties = head.properties,
                                  .conditions = head.conditions};
      return upload_.tree->store().commit_blocks(request, session_.limits);
    };
    PutResult written =
        TRY(write_object(*upload_.tree, upload_.target, description, write, session_.limits));
    return remember(upload_, opened_, std::move(description), std::move(written));
  }

  std::uint64_t checksum() const {
    std::uint64_t whole = 0;
    for (std::uint64_t index = 0; index < part_count(); ++index) {
      const std::uint64_t left = opened_.size_bytes() - index * part_size_bytes_;
      whole = checksum::crc64_combine(whole, checksums_[index], std::min(part_size_bytes_, left));
    }
    return whole;
  }

  // The service refuses all ids of another length than those of blocks that wait there.
  bool made_room(const Result<void>& result) {
    const bool may_help = !result && result.error().code == ErrorCode::invalid_argument &&
                          upload_.attempt == 1 && !upload_.target.present;
    return may_help && blocks_.discard_foreign(session_, *upload_.tree, key_).value_or(false);
  }

  // Another writer's commit takes our blocks away.
  bool lost_blocks(const Result<void>& result) {
    if (result || result.error().code != ErrorCode::precondition_failed) return false;
    if (upload_.attempt == kAttemptsMax || !opened_.check_unchanged()) return false;
    ObjectTarget& target = upload_.target;
    auto present = look_again(*upload_.tree, target.path, FileKind::regular, session_.limits);
    if (present) target.present = std::move(*present);
    return present.has_value();
  }

  void end(Result<void> result) override {
    if (made_room(result) || lost_blocks(result)) {
      blocks_.forget(session_);
      ++upload_.attempt;
      return upload_file(session_, std::move(upload_));
    }
    if (result) {
      blocks_.complete(session_);
    } else if (!opened_.check_unchanged()) {
      blocks_.forget(session_);
    }
    finish(session_, upload_, opened_, std::move(result));
  }

  Upload upload_;
  Opened opened_;
  std::string key_;
  StagedBlocks blocks_;
  const std::uint64_t part_size_bytes_;
  std::vector<std::uint64_t> checksums_;  // By part, each written by the thread that reads it.
};

// Whether a later change is sure to give the file another time: those of a file system have steps.
bool has_settled(const struct stat& status) {
  using namespace std::chrono_literals;
  const bool whole_seconds = status.st_ctim.tv_nsec == 0 && status.st_mtim.tv_nsec == 0;
  const auto step = whole_seconds ? std::chrono::milliseconds(2s) : 50ms;
  const auto changed_at = std::max(since_epoch(status.st_mtim), since_epoch(status.st_ctim));
  return system_clock().wall_now().time_since_epoch() > changed_at + step;
}

// The same path, file and times hold the same bytes.
std::shared_ptr<Journal::Claim> claim_for(Session& session, const Upload& upload,
                                          const Opened& opened, const std::string& key,
                                          std::uint64_t part_size_bytes) {
  auto source = real_path(opened.fd.get());
  if (!source || !has_settled(opened.status)) return nullptr;
  return session.claim({.source = std::move(*source),
                        .destination = join(upload.tree->store().name(), key),
                        .version = version_of(opened.status),
                        .part_size_bytes = part_size_bytes});
}

// Larger than usual where the service would not take so many blocks.
Result<std::uint64_t> part_size_for(const Session& session, const Capabilities& store,
                                    const Opened& opened) {
  const std::uint64_t usual = session.options.part_size_bytes;
  const std::uint64_t least = parts_in(opened.size_bytes(), store.blocks_max);
  const std::uint64_t wanted = least <= usual ? usual : parts_in(least, 1_MiB) * 1_MiB;
  const std::uint64_t size = std::min(wanted, store.block_size_bytes_max);
  if (size >= least) return size;
  return fail(os_error(EFBIG, opened.shown + " (" + format_byte_size(opened.size_bytes()) +
                                  ") is larger than the service takes"));
}

Result<void> begin_parts(Session& session, const Upload& upload, Opened& opened) {
  const std::uint64_t part =
      TRY(part_size_for(session, upload.tree->store().capabilities(), opened));
  std::string key = TRY(key_of(upload));
  StagedBlocks blocks =
      TRY(StagedBlocks::find(session, *upload.tree, key, opened.size_bytes(), part,
                             claim_for(session, upload, opened, key, part)));
  session.pool.submit_parts(std::make_shared<UploadParts>(session, upload, std::move(opened),
                                                          std::move(key), std::move(blocks), part));
  return {};
}

}  // namespace

Result<std::string> key_of(const Upload& upload) {
  if (upload.target.present) return upload.target.present->key;
  return key_for(upload.target.path, upload.tree->name_of(upload.target.path));
}

void upload_file(Session& session, Upload upload) {
  auto opened = open_source(upload);
  if (!opened) return session.failed(upload.shown(), std::move(opened).error());
  const std::uint64_t put_max = upload.tree->store().capabilities().put_size_bytes_max;
  if (opened->size_bytes() <= std::min(session.options.part_size_bytes, put_max)) {
    auto result = upload_small(session, upload, *opened);
    return finish(session, std::move(upload), *opened, std::move(result));
  }
  auto begun = begin_parts(session, upload, *opened);
  if (!begun) session.failed(upload.shown(), std::move(begun).error());
}

}  // namespace aloft::transfer
