// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/route.h"

#include <algorithm>

#include "format/names.h"
#include "transfer/internal/download.h"
#include "transfer/internal/existing.h"

namespace aloft::transfer {
namespace {

Result<void> check_replaceable(const Tree& tree, const Entry* present, const Entry& entry) {
  if (present == nullptr) return {};
  const bool from_directory = entry.kind() == FileKind::directory;
  if (from_directory == (present->kind() == FileKind::directory)) return {};
  const std::string shown = tree.name_of(present->path);
  if (from_directory) {
    return fail(os_error(ENOTDIR, "cannot replace " + shown + ", a " +
                                      std::string(name_of(present->kind())) +
                                      ", by a directory; remove or rename it"));
  }
  return fail(os_error(
      EISDIR, "cannot replace the directory " + shown + " by what is none; remove or rename it"));
}

/// Into a container: knows what is there already.
class IntoContainer : public Route {
 public:
  IntoContainer(Session& session, const PlacedCopy& copy)
      : session_(session),
        tree_(copy.target.object),
        existing_(*tree_, copy.target.path,
                  copy.target.exists ? std::optional(copy.target.entry) : std::nullopt) {}

 protected:
  Result<ObjectTarget> target_for(const Entry& entry, std::string path) {
    const Entry* const present = TRY(existing_.at(path, session_.limits));
    TRY(check_replaceable(*tree_, present, entry));
    if (present == nullptr) TRY(format::check_new_name(base_of(path)));
    ObjectTarget target{.path = std::move(path)};
    if (present != nullptr) target.present = present->object;
    return target;
  }

  Session& session_;
  std::shared_ptr<ObjectTree> tree_;

 private:
  Existing existing_;
};

class UploadRoute final : public IntoContainer {
 public:
  UploadRoute(Session& session, const PlacedCopy& copy, UploadLinks& links)
      : IntoContainer(session, copy), source_(copy.source.local), links_(links) {}

  Result<void> take(Entry entry, std::string target_path) override {
    if (is_special(entry.kind())) {
      return fail(no_content_to_copy(source_->name_of(entry.path), entry.kind()));
    }
    // The container itself has no marker, and so no attributes.
    if (target_path.empty()) return {};
    TRY(key_for(target_path, source_->name_of(entry.path)));
    ObjectTarget target = TRY(target_for(entry, std::move(target_path)));
    if (entry.kind() != FileKind::regular) return submit_small(std::move(entry), std::move(target));
    Upload upload{.source = source_,
                  .path = std::move(entry.path),
                  .tree = tree_,
                  .target = std::move(target)};
    if (entry.links > 1) {
      const std::string key = TRY(key_of(upload));
      if (!links_.add(entry.file_id, key, upload)) return {};
    }
    session_.pool.submit([this, upload = std::move(upload)] { upload_file(session_, upload); });
    return {};
  }

 private:
  Result<void> submit_small(Entry entry, ObjectTarget target) {
    session_.pool.submit([this, entry = std::move(entry), target = std::move(target)] {
      auto done = entry.kind() == FileKind::directory
                      ? write_directory(*tree_, target, entry.attributes, session_.limits)
                      : put_symlink(entry, target);
      if (done) {
        session_.copied(entry.kind(), 0);
      } else {
        session_.failed(source_->name_of(entry.path), std::move(done).error());
      }
    });
    return {};
  }

  Result<void> put_symlink(const Entry& entry, const ObjectTarget& target) {
    TRY(put_object(*tree_, target, {.attributes = entry.attributes},
                   std::as_bytes(std::span(entry.link_target)), session_.limits));
    return {};
  }

  std::shared_ptr<LocalTree> source_;
  UploadLinks& links_;
};

/// Of a key, a final "/" left out; it has as many.
std::string_view last_components(std::string_view key, std::size_t count) {
  if (key.ends_with('/')) key.remove_suffix(1);
  std::size_t begin = key.size() + 1;
  for (; count > 0; --count) begin = begin < 2 ? 0 : key.rfind('/', begin - 2) + 1;
  return key.substr(begin);
}

class ServerRoute final : public IntoContainer {
 public:
  ServerRoute(Session& session, const PlacedCopy& copy, ServerLinks& links)
      : IntoContainer(session, copy),
        source_(copy.source.object),
        source_root_(copy.source.path),
        target_root_(copy.target.path),
        links_(links) {}

  Result<void> take(Entry entry, std::string target_path) override {
    ObjectTarget target = TRY(target_for(entry, std::move(target_path)));
    // A directory that only is implied is implied by its copied content too.
    if (!entry.object) return {};
    // The container itself has no marker.
    if (target.path.empty()) return leave_root(entry);
    target.key = TRY(new_key(entry));
    const std::string key = target.present ? target.present->key : target.key;
    ServerCopy copy{
        .source = source_, .entry = std::move(entry), .tree = tree_, .target = std::move(target)};
    if (copy.entry.kind() == FileKind::regular) links_.add(key, copy);
    session_.pool.submit([this, copy = std::move(copy)] { copy_on_server(session_, copy); });
    return {};
  }

 private:
  /// What is below the root keeps its components, whatever name they are shown by (format/names.h).
  Result<std::string> new_key(const Entry& entry) const {
    const std::string shown = source_->name_of(entry.path);
    const std::string_view path = below(entry.path, source_root_);
    if (path.empty()) return key_for(target_root_, shown);
    const std::size_t depth = 1 + static_cast<std::size_t>(std::ranges::count(path, '/'));
    return check_new_key(
        join(format::key_of_path(target_root_), last_components(entry.object->key, depth)), shown);
  }

  /// The directory that is the source is at the destination already, and so its content.
  Result<void> leave_root(const Entry& entry) {
    if (bytes_in_directory(entry) > 0) {
      session_.failed(source_->name_of(entry.path), no_place_for_bytes(*source_, entry));
      return {};
    }
    const auto& leaves = session_.options.after_server_copy;
    return leaves ? leaves(source_, entry) : Result<void>{};
  }

  std::shared_ptr<ObjectTree> source_;
  const std::string source_root_, target_root_;
  ServerLinks& links_;
};

class DownloadRoute final : public Route {
 public:
  DownloadRoute(Session& session, const PlacedCopy& copy, DownloadLinks& links,
                UnfinishedDirectories& directories)
      : session_(session),
        source_(copy.source.object),
        target_(copy.target.local),
        links_(links),
        directories_(directories) {}

  Result<void> take(Entry entry, std::string target_path) override {
    TRY(check_relative_path(target_path));
    if (is_special(entry.kind())) {
      return fail(no_content_to_copy(source_->name_of(entry.path), entry.kind()));
    }
    if (entry.kind() == FileKind::directory) {
      return take_directory(std::move(entry), std::move(target_path));
    }
    if (entry.kind() == FileKind::symlink && entry.size_bytes > kLinkTargetBytesMax) {
      return fail(ErrorCode::corrupt, "the symbolic link " + source_->name_of(entry.path) +
                                          " holds more than a target can be");
    }
    directories_.filled(target_, parent_of(target_path));
    Download download{.source = source_,
                      .entry = std::move(entry),
                      .target = target_,
                      .path = std::move(target_path)};
    if (download.entry.kind() == FileKind::regular && !links_.add(download)) return {};
    if (is_small(session_, download.entry)) {
      batch_.push_back(std::move(download));
      if (batch_.size() == kBatchMax) submit_batch();
      return {};
    }
    session_.pool.submit(
        [this, download = std::move(download)] { download_file(session_, download); });
    return {};
  }

  void no_more() override { submit_batch(); }

 private:
  Result<void> take_directory(Entry entry, std::string target_path) {
    if (bytes_in_directory(entry) > 0) {
      session_.failed(source_->name_of(entry.path), no_place_for_bytes(*source_, entry));
    }
    // One that has a mode stored is closed to others until it gets that; another has its own from
    // the start, since a copy that begins anew leaves it as it is.
    const mode_t mode =
        entry.attributes.permissions ? 0700u : 0777u & ~session_.options.restore.umask;
    const bool made = !target_path.empty() && TRY(make_directory(target_->directory(), target_path,
                                                                 mode)) == DirectoryWas::made;
    session_.copied(FileKind::directory, 0);
    if (made) directories_.filled(target_, parent_of(target_path));
    // What nobody stored is left as it is where a directory was there before.
    if (!made && !entry.object) return {};
    if (!made && entry.attributes.permissions) {
      TRY(open_to_writes(target_->directory(), target_path));
    }
    directories_.add(target_, std::move(target_path), std::move(entry.attributes));
    return {};
  }

  void submit_batch() {
    if (batch_.empty()) return;
    session_.pool.submit(
        [this, batch = std::exchange(batch_, {})] { download_batch(session_, batch); });
  }

  Session& session_;
  std::shared_ptr<ObjectTree> source_;
  std::shared_ptr<LocalTree> target_;
  DownloadLinks& links_;
  UnfinishedDirectories& directories_;
  std::vector<Download> batch_;
};

}  // namespace

std::unique_ptr<Route> route_for(Session& session, const PlacedCopy& copy, HardLinks& links,
                                 UnfinishedDirectories& directories) {
  if (copy.source.local) return std::make_unique<UploadRoute>(session, copy, links.uploads);
  if (!copy.target.local) return std::make_unique<ServerRoute>(session, copy, links.servers);
  return std::make_unique<DownloadRoute>(session, copy, links.downloads, directories);
}

}  // namespace aloft::transfer
