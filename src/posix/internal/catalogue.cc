// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "format/names.h"
#include "posix/internal/state.h"

namespace aloft::posix {
namespace {

constexpr std::string_view kProvider = "az";
constexpr std::size_t kUploadThreads = 4;
/// So that the largest part, its copy and a read beside it always find memory.
constexpr std::uint64_t kPartsInMemoryMin = 8;

Options checked(Options options) {
  options.part_size_bytes = std::clamp<std::uint64_t>(
      options.part_size_bytes, 1,
      std::max<std::uint64_t>(1, options.memory_bytes / kPartsInMemoryMin));
  return options;
}

NodePointer make_catalogue_root() {
  auto root = std::make_shared<Node>();
  root->level = Level::catalogue;
  root->state.lock()->directory = true;
  return root;
}

struct RootPath {
  std::string account;
  std::string container;
  std::string path;
};

Result<RootPath> parse_root(std::string_view root) {
  RootPath parsed;
  const std::size_t first = root.find('/');
  parsed.account = root.substr(0, first);
  if (first != std::string_view::npos) {
    const std::string_view rest = root.substr(first + 1);
    const std::size_t second = rest.find('/');
    parsed.container = rest.substr(0, second);
    if (second != std::string_view::npos) parsed.path = rest.substr(second + 1);
  }
  while (parsed.path.ends_with('/')) parsed.path.pop_back();
  if (!parsed.account.empty() && !parsed.container.empty()) return parsed;
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("\"{}\" names no container to mount; write az://ACCOUNT/CONTAINER[/PATH]", root));
}

}  // namespace

FileSystem::State::State(Options options, AccountOpener open_account)
    : options_(checked(std::move(options))),
      open_account_(std::move(open_account)),
      background_{.stop = ending_.get_token()},
      budget_(options_.memory_bytes),
      cache_(budget_),
      layout_(options_.part_size_bytes, options_.memory_bytes / kPartsInMemoryMin),
      inodes_(make_catalogue_root()),
      stager_(*options_.random, uploads_, cache_, background_),
      committer_(*options_.random, stager_,
                 {.part_size_bytes = options_.part_size_bytes, .clock = options_.clock}),
      reader_(cache_, budget_, {.part_size_bytes = options_.part_size_bytes}, background_),
      uploads_(kUploadThreads) {}

FileSystem::State::~State() {
  ending_.request_stop();
}

std::chrono::nanoseconds FileSystem::State::wall_now() {
  return options_.clock->wall_now().time_since_epoch();
}

Result<void> FileSystem::State::start(const Limits& limits) {
  if (options_.root.empty()) return {};
  const RootPath parsed = TRY(parse_root(options_.root));
  const auto opened = TRY(account(parsed.account));
  const NodePointer root = TRY(inodes_.find(kRootInode));
  root->account = opened;
  root->store = opened->container(parsed.container);
  root->level = parsed.path.empty() ? Level::container : Level::object;
  const std::string key = format::key_of_path(parsed.path);
  root->state.lock()->key = key;
  // Also tells whether the container is there and may be read.
  TRY(root->store->list({.prefix = prefix_of(key), .entries_max = 1, .metadata = false}, limits));
  if (key.empty()) return {};
  auto present = root->store->head(key, limits);
  if (!present && present.error().code != ErrorCode::not_found) {
    return fail(std::move(present).error());
  }
  if (present && format::decode_attributes(*present).kind != format::FileKind::directory) {
    return fail(os_error(ENOTDIR, fmt::format("{}/{} is not a directory; mount the one it is in",
                                              root->store->name(), key)));
  }
  if (!present && !TRY(has_keys_below(*root->store, key, limits))) {
    return fail(os_error(ENOENT, fmt::format("{}/{} does not exist; make it first (aloft mkdir)",
                                             root->store->name(), key)));
  }
  auto state = root->state.lock();
  if (present) state->info = *std::move(present);
  state->asked_at = now();
  return {};
}

Result<struct statvfs> FileSystem::State::statistics() {
  struct statvfs statistics {};
  // The service has no end that it would tell: enough for programs that look before they write.
  constexpr std::uint64_t kBlockBytes = 4096;
  constexpr std::uint64_t kBytes = 1ull << 50;
  statistics.f_bsize = kBlockBytes;
  statistics.f_frsize = kBlockBytes;
  statistics.f_blocks = kBytes / kBlockBytes;
  statistics.f_bfree = statistics.f_blocks;
  statistics.f_bavail = statistics.f_blocks;
  statistics.f_files = 1ull << 40;
  statistics.f_ffree = statistics.f_files;
  statistics.f_favail = statistics.f_files;
  statistics.f_namemax = format::kNameBytesMax;
  if (options_.read_only) statistics.f_flag |= ST_RDONLY;
  return statistics;
}

Result<std::shared_ptr<ObjectAccount>> FileSystem::State::account(std::string_view name) {
  {
    auto accounts = accounts_.lock();
    const auto found = accounts->find(name);
    if (found != accounts->end()) return found->second;
  }
  auto opened = TRY(open_account_(name));
  return accounts_.lock()->emplace(name, std::move(opened)).first->second;
}

Result<format::ListedEntry> FileSystem::State::resolve_in_catalogue(const NodePointer& directory,
                                                                    std::string_view name,
                                                                    const Limits& limits) {
  const auto absent = [&](const std::string& why) {
    return fail(os_error(ENOENT, fmt::format("{}: {}", name, why)));
  };
  if (directory->level == Level::catalogue) {
    if (name != kProvider) return absent("only az is here");
  } else if (directory->level == Level::provider) {
    auto opened = account(name);
    // A shell that tries names such as .git here asks for no account.
    if (!opened && opened.error().code == ErrorCode::invalid_argument) {
      return absent(opened.error().message);
    }
    if (!opened) return fail(std::move(opened).error());
  } else {
    auto exists = directory->account->container_exists(name, limits);
    if (!exists && exists.error().code == ErrorCode::invalid_argument) {
      return absent(exists.error().message);
    }
    if (!TRY(std::move(exists))) return absent("there is no such container");
  }
  return format::ListedEntry{.key = std::string(name), .directory = true};
}

Result<DirectoryCache::Listing> FileSystem::State::list_catalogue(const NodePointer& directory,
                                                                  const Limits& limits) {
  std::vector<std::string> names;
  if (directory->level == Level::catalogue) {
    names.emplace_back(kProvider);
  } else if (directory->level == Level::provider) {
    auto accounts = accounts_.lock();
    for (const auto& [name, opened] : *accounts) names.push_back(name);
  } else {
    names = TRY(directory->account->list_containers(limits));
  }
  DirectoryCache::Listing listing;
  for (const std::string& name : names) {
    listing.emplace(name, format::ListedEntry{.key = name, .directory = true});
  }
  return listing;
}

}  // namespace aloft::posix
