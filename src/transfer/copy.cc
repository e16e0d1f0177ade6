// SPDX-License-Identifier: Apache-2.0
#include "transfer/copy.h"

#include <algorithm>

#include "transfer/internal/content_md5.h"
#include "transfer/internal/made_names.h"
#include "transfer/internal/route.h"

namespace aloft::transfer {

namespace {

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
    const auto& source = copy_.source;
    // In front of what is in it, the walk finds what was fed as the root once more.
    if (source.entry.object && source.entry.object->key == marker.object->key) return {};
    if (bytes_in_directory(marker) > 0) {
      session_.failed(source.object->name_of(marker.path),
                      no_place_for_bytes(*source.object, marker));
      return {};
    }
    const auto& leaves = session_.options.after_server_copy;
    return leaves ? leaves(source.object, marker) : Result<void>();
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

/// What comes at once on the way to disk: so little that it is still in the processor's cache when
/// it is written (docs/adr/0006).
constexpr std::uint64_t kReadBytesMax = 2_MiB;

/// For copies that go to one place.
CopyOptions options_for(const Placement& placement, CopyOptions options) {
  const bool to_disk = !placement.copies.empty() && placement.copies.front().target.local;
  if (to_disk) options.part_size_bytes = std::min(options.part_size_bytes, kReadBytesMax);
  return options;
}

}  // namespace

Result<CopyReport> copy_placed(Placement placement, const CopyOptions& options, Progress& progress,
                               const Limits& limits) {
  if (options.md5) TRY(check_md5());
  // Routes outlive the tasks, which refer to them.
  std::vector<std::unique_ptr<Route>> routes;
  HardLinks links;
  UnfinishedDirectories own;
  UnfinishedDirectories& directories = options.directories != nullptr ? *options.directories : own;
  const CopyOptions chosen = options_for(placement, options);
  Session session(chosen, progress, limits);
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
  session.forget_completed();
  return std::move(*session.report.lock());
}

Result<CopyReport> copy(std::span<const Place> sources, const Place& destination,
                        const CopyOptions& options, Progress& progress, const Limits& limits) {
  TRY(check_request(sources, destination));
  Placement placement = TRY(place_copies(sources, destination, options.placement, limits));
  return copy_placed(std::move(placement), options, progress, limits);
}

}  // namespace aloft::transfer
