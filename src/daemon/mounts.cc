// SPDX-License-Identifier: Apache-2.0
#include "daemon/mounts.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/log/log.h"
#include "daemon/internal/watched_account.h"
#include "fuse/session.h"
#include "posix/file_system.h"

namespace aloft::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTimeMax = 60s;
constexpr auto kDrainTimeMax = 3600s;
constexpr std::size_t kEndedKept = 256;
constexpr std::size_t kProblemsKept = 5;

bool is_fuse_device(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(10, 229);
}

posix::Options options_of(const MountRequest& request, uid_t uid, gid_t gid) {
  posix::Options options{.root = request.root, .read_only = request.read_only};
  options.ids = {
      .mode = request.squash_ids ? posix::IdMapping::Mode::squash : posix::IdMapping::Mode::stored,
      .uid = uid,
      .gid = gid};
  return options;
}

/// Private mounts come and go by the thousand.
LogLevel level_of(const MountRequest& request) {
  return request.in_namespace ? LogLevel::debug : LogLevel::info;
}

std::string name_of_mount(std::uint64_t id, const MountRequest& request) {
  return "mount " + std::to_string(id) + " (az://" + request.root + " at " + request.directory +
         (request.in_namespace ? ", private)" : ")");
}

}  // namespace

struct Mounts::Mount {
  Mount(std::uint64_t mount_id, MountRequest mount_request, AccountOpener open_account)
      : id(mount_id),
        request(std::move(mount_request)),
        name(name_of_mount(id, request)),
        options(options_of(request, ::geteuid(), ::getegid())),
        files(options, watched(std::move(open_account))),
        session(files, {.name = name,
                        .negative_ttl = options.ttl,
                        .on_problem = [this](const Error& error) { note(error); }}) {}

  /// To a program an account that cannot be opened, or a container that is not there, looks like an
  /// absent directory.
  AccountOpener watched(AccountOpener open_account) {
    return [this, inner = std::move(open_account)](
               std::string_view account) -> Result<std::shared_ptr<ObjectAccount>> {
      auto opened = inner(account);
      if (!opened) {
        note(opened.error());
        return opened;
      }
      return std::make_shared<WatchedAccount>(
          std::move(*opened), [this, name = std::string(account)](std::string_view container) {
            const std::string uri = "az://" + name + "/" + std::string(container);
            note({.code = ErrorCode::not_found,
                  .message = "there is no container " + uri +
                             "; correct the name, or make it: " + "aloft mkdir " + uri});
          });
    };
  }

  void note(const Error& error) {
    std::string text = error.message;
    if (!error.request_id.empty()) text += " (request " + error.request_id + ")";
    auto list = problems.lock();
    const bool is_new = std::ranges::find(*list, text) == list->end();
    if (is_new && list->size() < kProblemsKept) list->push_back(std::move(text));
  }

  const std::uint64_t id;
  const MountRequest request;
  const std::string name;
  const posix::Options options;
  Guarded<std::vector<std::string>> problems{};  ///< Before those that report them.
  posix::FileSystem files;
  fuse::Session session;
};

Mounts::Mounts(AccountsOf accounts_of, std::function<void()> changed)
    : accounts_of_(std::move(accounts_of)), changed_(std::move(changed)) {}

Mounts::~Mounts() = default;

Result<std::uint64_t> Mounts::add(const MountRequest& request, UniqueFd device) {
  if (!is_fuse_device(device.get())) {
    return fail(ErrorCode::invalid_argument, "a mount request must bring /dev/fuse along");
  }
  const std::uint64_t id = table_.lock()->next_id++;
  auto mount = std::make_shared<Mount>(id, request, accounts_of_(lookup_in(request.environment)));
  TRY(mount->files.start(Limits::within(kStartTimeMax)));
  {
    auto table = table_.lock();
    if (table->closing) return fail(ErrorCode::unavailable, "the daemon is ending");
    table->serving.emplace(id, mount);
  }
  try {
    // std::function needs a copyable body, a descriptor is none.
    const auto shared_device = std::make_shared<UniqueFd>(std::move(device));
    threads_.start([this, mount, shared_device] { serve(mount, std::move(*shared_device)); });
  } catch (const std::system_error& exception) {
    table_.lock()->serving.erase(id);
    return fail(ErrorCode::no_space,
                std::string("the daemon cannot start another thread: ") + exception.what());
  }
  log(level_of(request), "{} begins", mount->name);
  return id;
}

void Mounts::serve(const std::shared_ptr<Mount>& mount, UniqueFd device) {
  const auto served = mount->session.serve(std::move(device));
  if (!served) log(LogLevel::error, "{}: {}", mount->name, served.error().message);
  auto drained = mount->files.drain(Limits::within(kDrainTimeMax));
  if (drained) {
    log(level_of(mount->request), "{} ended", mount->name);
  } else {
    log(LogLevel::error, "{} ended, but not all was stored: {}", mount->name,
        drained.error().message);
  }
  {
    auto table = table_.lock();
    table->serving.erase(mount->id);
    table->ended.emplace(mount->id, std::move(drained));
    if (table->ended.size() > kEndedKept) table->ended.erase(table->ended.begin());
    table_changed_.notify_all();
  }
  changed_();
}

std::shared_ptr<Mounts::Mount> Mounts::find(std::uint64_t id) {
  auto table = table_.lock();
  const auto found = table->serving.find(id);
  return found == table->serving.end() ? nullptr : found->second;
}

Result<void> Mounts::ended_result(std::uint64_t id) {
  auto table = table_.lock();
  const auto found = table->ended.find(id);
  if (found != table->ended.end()) return found->second;
  return fail(ErrorCode::not_found, "the daemon serves no mount " + std::to_string(id));
}

Result<void> Mounts::drain(std::uint64_t id) {
  const auto mount = find(id);
  if (!mount) return ended_result(id);
  return mount->files.drain(Limits::within(kDrainTimeMax));
}

std::vector<std::string> Mounts::problems(std::uint64_t id) {
  const auto mount = find(id);
  if (!mount) return {};
  return *mount->problems.lock();
}

std::vector<std::shared_ptr<Mounts::Mount>> Mounts::all() {
  std::vector<std::shared_ptr<Mount>> mounts;
  const auto table = table_.lock();
  for (const auto& [id, mount] : table->serving) mounts.push_back(mount);
  return mounts;
}

Result<void> Mounts::drain_all() {
  Result<void> first;
  for (const auto& mount : all()) {
    auto drained = mount->files.drain(Limits::within(kDrainTimeMax));
    if (!drained && first) first = std::move(drained);
  }
  return first;
}

Result<void> Mounts::wait_ended(std::uint64_t id) {
  {
    auto table = table_.lock();
    table_changed_.wait(table.mutex_lock(),
                        [&] { return table->closing || !table->serving.contains(id); });
    if (table->serving.contains(id)) return fail(ErrorCode::cancelled, "the daemon is ending");
  }
  return ended_result(id);
}

std::vector<MountStatus> Mounts::list() {
  std::vector<MountStatus> list;
  const auto table = table_.lock();
  for (const auto& [id, mount] : table->serving) {
    list.push_back({.id = id,
                    .root = mount->request.root,
                    .directory = mount->request.directory,
                    .in_namespace = mount->request.in_namespace,
                    .read_only = mount->request.read_only});
  }
  return list;
}

Result<void> Mounts::close_all(std::chrono::seconds time_max) {
  const Limits limits = Limits::within(time_max);
  {
    auto table = table_.lock();
    table->closing = true;
    table_changed_.notify_all();
  }
  Result<void> first;
  for (const auto& mount : all()) {
    auto drained = mount->files.drain(limits);
    if (!drained) {
      log(LogLevel::error, "{} is not stored completely: {}", mount->name, drained.error().message);
      if (first) first = std::move(drained);
    }
    mount->session.stop();
  }
  threads_.wait_all();
  return first;
}

}  // namespace aloft::daemon
