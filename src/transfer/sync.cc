// SPDX-License-Identifier: Apache-2.0
#include "transfer/sync.h"

#include <errno.h>

#include <algorithm>
#include <iterator>

#include "base/clock.h"
#include "transfer/internal/case_folding.h"
#include "transfer/internal/object_writer.h"
#include "transfer/internal/sync_links.h"
#include "transfer/internal/sync_plan.h"
#include "transfer/remove.h"
#include "transfer/verify.h"
#include "transfer/work_pool.h"

namespace aloft::transfer {

namespace {

/// An entry whose attributes alone are to be brought up to date.
struct Update {
  std::string path;  // Below the places.
  FileAttributes attributes;
};

void add(CopyReport& sum, CopyReport&& more) {
  sum.files += more.files;
  sum.bytes += more.bytes;
  sum.directories += more.directories;
  sum.symlinks += more.symlinks;
  sum.hard_linked += more.hard_linked;
  std::ranges::move(more.failures, std::back_inserter(sum.failures));
  if (more.journal_failure) sum.journal_failure = std::move(more.journal_failure);
}

/// With a final "/" a place means the directory itself, also behind a link.
Place as_directory(const Place& place) {
  if (place.local() && place.path.empty()) return place;
  return {.store = place.store, .path = place.path + '/'};
}

// What is not there yet holds no names.
bool on_folding_disk(const Located& target) {
  return target.local && target.exists && folds_case(target.local->directory(), target.path);
}

class Sync {
 public:
  /// `pair` is where the two places are. All arguments outlive it.
  Sync(const PlacedCopy& pair, const Place& source_place, const Place& target_place,
       const SyncOptions& options, Progress& progress, const Limits& limits)
      : source_(pair.source),
        target_(pair.target),
        source_place_(source_place),
        target_place_(target_place),
        options_(options),
        progress_(progress),
        limits_(limits),
        plan_(source_, target_, options, on_folding_disk(target_)) {}

  Result<SyncReport> run() {
    const auto done = perform();
    for (Failure& failure : directories_.finish(options_.copy.restore)) {
      report_.copied.failures.push_back(std::move(failure));
    }
    TRY(done);
    return std::move(report_);
  }

 private:
  Result<void> perform() {
    if (target_.exists) TRY(plan_.read_target(failed_, limits_));
    if (options_.compare_contents && target_.exists) TRY(compare_contents());
    if (options_.dry_run) {
      TRY(look_through());
    } else {
      TRY(copy_where([this](const Entry& entry) {
        const Step step = plan_.step_for(entry, limits_);
        return !links_.add(entry, step) && is_to_copy(entry, step);
      }));
      TRY(copy_linked());
      update_attributes();
    }
    TRY(limits_.check(system_clock(), "the sync"));
    return remove_surplus();
  }

  std::string path_of(const Entry& entry) const {
    return std::string(below(entry.path, source_.path));
  }

  Result<void> compare_contents() {
    const VerifyOptions contents{.owners = false,
                                 .modes_and_times = false,
                                 .selection = options_.copy.selection,
                                 .threads = options_.copy.threads,
                                 .memory_bytes = options_.copy.memory_bytes};
    VerifyReport compared = TRY(verify(source_, target_, contents, progress_, limits_));
    progress_.all_found = false;
    std::set<std::string> differing;
    for (Difference& difference : compared.differences) {
      if (difference.content) differing.insert(std::move(difference.path));
    }
    plan_.set_differing(std::move(differing));
    std::ranges::move(compared.failures, std::back_inserter(report_.copied.failures));
    return {};
  }

  // ---- Without changing anything

  Result<void> look_through() {
    const auto found = [this](const Entry& entry) -> Result<void> {
      TRY(limits_.check(system_clock(), "the comparison"));
      const Step step = plan_.step_for(entry, limits_);
      if (!links_.add(entry, step)) note(entry, step);
      return {};
    };
    TRY(found(source_.entry));
    TRY(walk_selected(source_.tree(), source_.path, options_.copy.selection,
                      {.found = found, .failed = failed_}, limits_));
    for (const SyncLinks::Name& name : links_.decide()) note(name.entry, name.step);
    return {};
  }

  void note(const Entry& entry, Step step) {
    if (is_special(entry.kind())) {
      const std::string shown = source_.tree().name_of(entry.path);
      return failed_(shown, no_content_to_copy(shown, entry.kind()));
    }
    if (step == Step::nothing) {
      if (entry.kind() != FileKind::directory) ++report_.unchanged;
    } else if (step == Step::attributes) {
      change(SyncChange::Kind::attributes, path_of(entry));
    } else if (step == Step::copy || options_.remove_surplus) {
      change(SyncChange::Kind::copy, path_of(entry));
    }
  }

  void change(SyncChange::Kind kind, const std::string& path) {
    report_.changes.push_back({.kind = kind, .path = path.empty() ? "." : path});
  }

  // ---- Copies

  Result<void> copy_where(std::function<bool(const Entry&)> wanted) {
    CopyOptions copy_options = options_.copy;
    copy_options.placement = {.recursive = true, .no_target_directory = true};
    copy_options.wanted = std::move(wanted);
    copy_options.directories = &directories_;
    add(report_.copied,
        TRY(copy({&source_place_, 1}, target_place_, copy_options, progress_, limits_)));
    return {};
  }

  /// Files with several names, in one copy of their own.
  Result<void> copy_linked() {
    std::set<std::string> wanted;
    for (const SyncLinks::Name& name : links_.decide()) {
      if (is_to_copy(name.entry, name.step)) wanted.insert(name.entry.path);
    }
    if (wanted.empty()) return {};
    return copy_where([&](const Entry& entry) { return wanted.contains(entry.path); });
  }

  bool is_to_copy(const Entry& entry, Step step) {
    if (step == Step::copy) return true;
    if (step == Step::conflict) return false;
    if (entry.kind() == FileKind::directory) {
      // On disk what is written into a directory changes its time, so each is restored.
      return step == Step::attributes || target_.local;
    }
    if (step == Step::nothing) {
      ++report_.unchanged;
    } else {
      updates_.push_back({.path = path_of(entry), .attributes = entry.attributes});
    }
    return false;
  }

  // ---- Attributes

  void update_attributes() {
    WorkPool pool(options_.copy.threads, limits_.stop);
    Guarded<std::uint64_t> updated;
    Guarded<std::vector<Failure>> failures;
    for (const Update& update : updates_) {
      pool.submit([&] {
        const auto done = apply(update);
        if (done) {
          ++*updated.lock();
        } else {
          const std::string name = target_.tree().name_of(join(target_.path, update.path));
          failures.lock()->push_back({.name = name, .error = done.error()});
        }
      });
    }
    pool.wait();
    report_.attributes = *updated.lock();
    std::ranges::move(*failures.lock(), std::back_inserter(report_.copied.failures));
  }

  Result<void> apply(const Update& update) const {
    const Entry there = plan_.present_entry(update.path);
    if (target_.object) return write_attributes(*target_.object, there, update.attributes, limits_);
    const UniqueFd file = TRY(open_regular(target_.local->directory(), there.path));
    return restore_attributes(file.get(), update.attributes, options_.copy.restore,
                              target_.local->name_of(there.path));
  }

  // ---- Removal

  /// Of the surplus: no directory of a container that keeps something, since the selection leaves
  /// it out. On disk such a directory tells when it is to be deleted. A failure where it stands in
  /// the way.
  Result<std::vector<Entry>> removable() {
    std::vector<Entry> surplus = plan_.surplus();
    const bool may_keep = target_.object && !surplus.empty();
    if (options_.copy.selection.takes_all() || (!may_keep && plan_.conflicts().empty())) {
      return surplus;
    }
    std::set<std::string, std::less<>> going;
    for (const Entry& entry : surplus) going.insert(entry.path);
    std::set<std::string, std::less<>> filled;
    const auto found = [&](const Entry& entry) -> Result<void> {
      TRY(limits_.check(system_clock(), "reading " + target_.shown()));
      const bool implied = target_.object && !entry.object;
      if (implied || going.contains(entry.path)) return {};
      for (std::string_view path = parent_of(entry.path);
           !path.empty() && filled.emplace(path).second; path = parent_of(path)) {
      }
      return {};
    };
    TRY(target_.tree().walk(target_.path, {.found = found, .failed = failed_}, limits_));
    for (const std::string& path : plan_.conflicts()) {
      if (filled.contains(plan_.present_entry(path).path)) failed_(shown(path), kept_filled(path));
    }
    std::erase_if(surplus, [&](const Entry& entry) {
      return target_.object && entry.kind() == FileKind::directory && filled.contains(entry.path);
    });
    return surplus;
  }

  Result<void> remove_surplus() {
    if (!options_.remove_surplus) {
      for (const std::string& path : plan_.conflicts()) failed_(shown(path), in_the_way(path));
      return {};
    }
    const std::vector<Entry> surplus = TRY(removable());
    if (surplus.empty() && plan_.conflicts().empty()) return {};
    for (const std::string& path : plan_.unlisted()) failed_(shown(path), otherwise_spelled(path));
    if (!report_.copied.failures.empty()) {
      failed_(target_.shown(), nothing_removed());
      return {};
    }
    if (options_.dry_run) {
      std::string_view before;
      for (const Entry& entry : surplus) {
        if (entry.path == before) continue;  // The other marker of a directory that has two.
        change(SyncChange::Kind::remove, std::string(below(entry.path, target_.path)));
        before = entry.path;
      }
      return {};
    }
    RemoveReport removed =
        target_.object
            ? remove_objects(*target_.object, surplus, options_.copy.threads, limits_)
            : remove_local(*target_.local, surplus, !options_.copy.selection.takes_all(), limits_);
    report_.removed = removed.files + removed.directories;
    std::ranges::move(removed.failures, std::back_inserter(report_.copied.failures));
    TRY(limits_.check(system_clock(), "the sync"));
    if (plan_.conflicts().empty()) return {};
    return copy_where([this](const Entry& entry) { return plan_.is_in_conflict(path_of(entry)); });
  }

  std::string shown(const std::string& path) const {
    return target_.tree().name_of(join(target_.path, path));
  }

  Error in_the_way(const std::string& path) const {
    const FileKind kind = plan_.present_entry(path).kind();
    return os_error(kind == FileKind::directory ? EISDIR : ENOTDIR,
                    "cannot replace " + shown(path) + ", a " + std::string(name_of(kind)) +
                        ", by what is of another kind in " + source_.shown() +
                        "; --delete replaces it");
  }

  Error kept_filled(const std::string& path) const {
    return os_error(EISDIR, "cannot replace the directory " + shown(path) +
                                " by what is none: it holds what --include and --exclude keep; "
                                "move that away");
  }

  Error otherwise_spelled(const std::string& path) const {
    return {.code = ErrorCode::already_exists,
            .message = shown(path) +
                       " was there under another name, which the disk takes for the same; give "
                       "that file the name it has in " +
                       source_.shown()};
  }

  Error nothing_removed() const {
    return {
        .code = ErrorCode::precondition_failed,
        .message = "nothing was deleted in " + target_.shown() +
                   ", since something failed before; see to that, or leave it out by --exclude"};
  }

  const Located& source_;
  const Located& target_;
  const Place& source_place_;
  const Place& target_place_;
  const SyncOptions& options_;
  Progress& progress_;
  const Limits& limits_;
  SyncPlan plan_;
  SyncLinks links_;
  UnfinishedDirectories directories_;
  SyncReport report_;
  std::vector<Update> updates_;
  const std::function<void(std::string, Error)> failed_ = [this](std::string name, Error error) {
    report_.copied.failures.push_back({.name = std::move(name), .error = std::move(error)});
  };
};

}  // namespace

Result<SyncReport> sync(const Place& source, const Place& target, const SyncOptions& options,
                        Progress& progress, const Limits& limits) {
  if (source.local() && target.local()) {
    return fail(ErrorCode::invalid_argument,
                "source and destination are both on this machine; use rsync, or name one as "
                "az://ACCOUNT/CONTAINER/PATH");
  }
  const Place source_place = as_directory(source);
  const Place target_place = as_directory(target);
  Placement placement = TRY(place_copies({&source_place, 1}, target_place,
                                         {.recursive = true, .no_target_directory = true}, limits));
  if (!placement.failures.empty()) return fail(std::move(placement.failures.front().error));
  const PlacedCopy& pair = placement.copies.front();
  if (options.remove_surplus && is_below(pair.source, pair.target)) {
    return fail(ErrorCode::invalid_argument, "the source " + pair.source.shown() + " lies in " +
                                                 pair.target.shown() +
                                                 ", where it would be deleted");
  }
  return Sync(pair, source_place, target_place, options, progress, limits).run();
}

}  // namespace aloft::transfer
