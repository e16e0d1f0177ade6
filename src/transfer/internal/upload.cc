// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/upload.h"

#include <errno.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/random.h"
#include "format/block_id.h"
#include "transfer/internal/file_parts.h"

namespace aloft::transfer {

namespace {

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

// An open file, as it was when it was opened.
struct Opened {
  UniqueFd fd;
  struct stat status;
  std::string shown;

  std::uint64_t size_bytes() const { return static_cast<std::uint64_t>(status.st_size); }

  Result<void> read(std::uint64_t offset, std::span<std::byte> buffer) const {
    return read_exactly(fd.get(), offset, buffer, shown);
  }
  /// Fails with precondition_failed if what was read may be a mixture.
  Result<void> check_unchanged() const {
    if (same_version(TRY(status_of(fd.get(), shown)), status)) return {};
    return changed(shown);
  }
};

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
  TRY(opened.read(0, buffer.bytes()));
  TRY(opened.check_unchanged());
  TRY(put_object(*upload.tree, upload.target, attributes_of(opened.status), buffer.bytes(),
                 session.limits));
  session.progress.bytes_done += opened.size_bytes();
  return {};
}

class UploadParts final : public FileParts {
 public:
  UploadParts(Session& session, Upload upload, Opened opened, std::string key,
              std::uint64_t part_size_bytes)
      : FileParts(session, opened.size_bytes(), part_size_bytes),
        upload_(std::move(upload)),
        opened_(std::move(opened)),
        key_(std::move(key)),
        writer_id_(format::new_writer_id(system_random())) {}

 private:
  BlockId id(std::uint64_t index) const {
    return format::block_id(writer_id_, static_cast<std::uint32_t>(index));
  }

  Result<void> copy_part(std::uint64_t index, std::uint64_t offset,
                         std::span<std::byte> buffer) override {
    TRY(opened_.read(offset, buffer));
    const BlockId block = id(index);
    return upload_.tree->store().stage_block({.key = key_, .block_id = block, .content = buffer},
                                             session_.limits);
  }

  Result<void> publish() override {
    TRY(opened_.check_unchanged());
    std::vector<BlockRef> blocks;
    for (std::uint64_t index = 0; index < part_count(); ++index)
      blocks.push_back({.id = id(index)});
    const auto write = [&](const std::string& key, const ObjectHead& head) {
      const CommitRequest request{.key = key,
                                  .blocks = blocks,
                                  .metadata = head.metadata,
                                  .properties = head.properties,
                                  .conditions = head.conditions};
      return upload_.tree->store().commit_blocks(request, session_.limits);
    };
    TRY(write_object(*upload_.tree, upload_.target, attributes_of(opened_.status), write,
                     session_.limits));
    return {};
  }

  void end(Result<void> result) override { finish(session_, upload_, opened_, std::move(result)); }

  Upload upload_;
  Opened opened_;
  std::string key_;
  const std::string writer_id_;
};

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
  std::string key =
      upload.target.present
          ? upload.target.present->key
          : TRY(key_for(upload.target.path, upload.tree->name_of(upload.target.path)));
  session.pool.submit_parts(
      std::make_shared<UploadParts>(session, upload, std::move(opened), std::move(key), part));
  return {};
}

}  // namespace

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
