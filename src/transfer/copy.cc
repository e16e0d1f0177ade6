// SPDX-License-Identifier: Apache-2.0
#include "transfer/copy.h"

#include <algorithm>

#include "format/names.h"
#include "transfer/internal/download.h"
#include "transfer/internal/existing.h"
#include "transfer/internal/links.h"
#include "transfer/internal/made_names.h"

namespace aloft::transfer {

namespace {

/// Files with several names, among all placed copies.
struct HardLinks {
  UploadLinks uploads{};
  DownloadLinks downloads{};
  ServerLinks servers{};

  void finish(Session& session) {
    uploads.finish(session);
    downloads.finish(session);
    servers.finish(session);
  }
};

/// Where the entries of one placed copy go, on the walking thread: what must happen in order
/// (directories on disk, what is in the way) at once, the rest as tasks for the pool.
class Route {
 public:
  virtual ~Route() = default;
  /// An error concerns this entry alone.
  virtual Result<void> take(Entry entry, std::string target_path) = 0;
  /// Nothing more comes; tasks may still run.
  virtual void no_more() {}
};

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

class ServerRoute final : public IntoContainer {
 public:
  ServerRoute(Session& session, const PlacedCopy& copy, ServerLinks& links)
      : IntoContainer(session, copy), source_(copy.source.object), links_(links) {}

  Result<void> take(Entry entry, std::string target_path) override {
    ObjectTarget target = TRY(target_for(entry, std::move(target_path)));
    // A directory that only is implied is implied by its copied content too.
    if (!entry.object || target.path.empty()) return {};
    std::string key = TRY(key_for(target.path, source_->name_of(entry.path)));
    if (target.present) key = target.present->key;
    ServerCopy copy{
        .source = source_, .entry = std::move(entry), .tree = tree_, .target = std::move(target)};
    if (copy.entry.kind() == FileKind::regular) links_.add(key, copy);
    session_.pool.submit([this, copy = std::move(copy)] { copy_on_server(session_, copy); });
    return {};
  }

 private:
  std::shared_ptr<ObjectTree> source_;
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
    const bool made = !target_path.empty() &&
                      TRY(make_directory(target_->directory(), target_path)) == DirectoryWas::made;
    session_.copied(FileKind::directory, 0);
    if (made) directories_.filled(target_, parent_of(target_path));
    // What nobody stored is left as it is where a directory was there before.
    if (made || entry.object) {
      directories_.add(target_, std::move(target_path), std::move(entry.attributes));
    }
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

std::unique_ptr<Route> route_for(Session& session, const PlacedCopy& copy, HardLinks& links,
                                 UnfinishedDirectories& directories) {
  if (copy.source.local) return std::make_unique<UploadRoute>(session, copy, links.uploads);
  if (!copy.target.local) return std::make_unique<ServerRoute>(session, copy, links.servers);
  return std::make_unique<DownloadRoute>(session, copy, links.downloads, directories);
}

/// Feeds one placed copy to its route.
class Feeder {
 public:
  Feeder(Session& session, const PlacedCopy& copy, Route& route, MadeNames& made)
      : session_(session), copy_(copy), route_(route), made_(made) {}

  Result<void> run() {
    Entry root = copy_.source.entry;
    const bool is_directory = root.kind() == FileKind::directory;
    const Selection& selection = session_.options.selection;
    if (!is_directory && !selection.takes(base_of(root.path), root.kind())) return {};
    feed(std::move(root));
    if (is_directory && blocked_.empty()) {
      const Visitor visitor{
          .found = [this](Entry entry) { return found(std::move(entry)); },
          .failed = [this](std::string name,
                           Error error) { session_.failed(std::move(name), std::move(error)); },
          .second_marker = [this](const Entry& marker) { return leave(marker); }};
      TRY(walk_selected(copy_.source.tree(), copy_.source.path, selection, visitor,
                        session_.limits));
    }
    route_.no_more();
    return {};
  }

 private:
  Result<void> found(Entry entry) {
    TRY(session_.limits.check(system_clock(), "the copy"));
    feed(std::move(entry));
    return {};
  }

  // Its directory has one already where it goes.
  Result<void> leave(const Entry& marker) {
    const auto& leaves = session_.options.after_server_copy;
    if (leaves && copy_.source.object) TRY(leaves(copy_.source.object, marker));
    return {};
  }

  void feed(Entry entry) {
    const bool below_blocked = std::ranges::any_of(
        blocked_, [&](const std::string& directory) { return entry.path.starts_with(directory); });
    if (below_blocked) return;
    if (session_.options.wanted && !session_.options.wanted(entry)) {
      made_.add(copy_, target_path(entry.path), entry.kind());  // It is there already.
      return;
    }
    if (entry.kind() == FileKind::regular) {
      ++session_.progress.files_found;
      session_.progress.bytes_found += entry.size_bytes;
    }
    const std::string path = entry.path;
    const bool is_directory = entry.kind() == FileKind::directory;
    auto taken = take(std::move(entry));
    if (taken) return;
    session_.failed(copy_.source.tree().name_of(path), std::move(taken).error());
    // One failure for a directory whose place is taken, not one for each file in it.
    if (is_directory) blocked_.push_back(path.empty() ? path : path + '/');
  }

  Result<void> take(Entry entry) {
    const std::string target = target_path(entry.path);
    const FileKind kind = entry.kind();
    TRY(made_.check(copy_, target, entry));
    TRY(route_.take(std::move(entry), target));
    made_.add(copy_, target, kind);
    return {};
  }

  std::string target_path(std::string_view path) const {
    return join(copy_.target.path, below(path, copy_.source.path));
  }

  Session& session_;
  const PlacedCopy& copy_;
  Route& route_;
  MadeNames& made_;
  std::vector<std::string> blocked_;
};

Result<void> feed_all(Session& session, const Placement& placement,
                      std::vector<std::unique_ptr<Route>>& routes, HardLinks& links,
                      UnfinishedDirectories& directories) {
  MadeNames made(placement.copies);
  for (const PlacedCopy& copy : placement.copies) {
    routes.push_back(route_for(session, copy, links, directories));
    auto fed = Feeder(session, copy, *routes.back(), made).run();
    if (fed) continue;
    if (fed.error().code == ErrorCode::cancelled) return fed;
    session.failed(copy.source.shown(), std::move(fed).error());
  }
  return {};
}

Result<void> check_request(std::span<const Place> sources, const Place& destination) {
  const auto is_local = [](const Place& place) { return place.local(); };
  if (destination.local() && std::ranges::any_of(sources, is_local)) {
    return fail(ErrorCode::invalid_argument,
                "source and destination are both on this machine; use cp, or name one as "
                "az://ACCOUNT/CONTAINER/PATH");
  }
  return {};
}

}  // namespace

Result<CopyReport> copy(std::span<const Place> sources, const Place& destination,
                        const CopyOptions& options, Progress& progress, const Limits& limits) {
  TRY(check_request(sources, destination));
  Placement placement = TRY(place_copies(sources, destination, options.placement, limits));
  // Routes outlive the tasks, which refer to them.
  std::vector<std::unique_ptr<Route>> routes;
  HardLinks links;
  UnfinishedDirectories own;
  UnfinishedDirectories& directories = options.directories != nullptr ? *options.directories : own;
  Session session(options, progress, limits);
  session.report.lock()->failures = std::move(placement.failures);
  auto fed = feed_all(session, placement, routes, links, directories);
  progress.all_found = true;
  session.pool.wait();
  links.finish(session);
  session.pool.wait();
  for (Failure& failure : own.finish(options.restore)) {
    session.failed(std::move(failure.name), std::move(failure.error));
  }
  if (!fed) return fail(std::move(fed).error());
  TRY(limits.check(system_clock(), "the copy"));
  return std::move(*session.report.lock());
}

}  // namespace aloft::transfer
