// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <ranges>
#include <set>
#include <string>
#include <vector>

#include "base/fake_clock.h"
#include "base/log/log.h"
#include "base/seeded_random.h"
#include "posix/testing/mounted.h"

namespace aloft::posix::testing {
namespace {

constexpr std::uint64_t kPartBytes = 64;

/// What a file should hold, and what a kill may bring it back to.
struct ModelFile {
  std::string content;
  /// The states since the last sync: a kill leaves one of them (memory pressure may have committed
  /// any), or nothing if it was never synced.
  std::vector<std::string> since_sync{};
  bool synced = false;

  void changed() { since_sync.push_back(content); }
  void sync() {
    since_sync = {content};
    synced = true;
  }
};
using ModelFilePointer = std::shared_ptr<ModelFile>;

struct OpenFile {
  HandleId handle;
  ModelFilePointer file;
};

class Model {
 public:
  explicit Model(std::uint64_t seed)
      : random_(seed),
        file_system_random_(seed),
        hierarchical_(seed % 5 < 2),
        cloud_(make_cloud(seed)) {
    capabilities_ = cloud_.store()->capabilities();
    capabilities_.stage_from_object = seed % 2 == 0;
    cloud_.watch.capabilities = &capabilities_;
    directories_.insert("");
    mount();
  }

  void run(int operations) {
    for (int i = 0; i < operations && !::testing::Test::HasFatalFailure(); ++i) {
      SCOPED_TRACE(fmt::format("operation {}", i));
      clock_.advance(std::chrono::milliseconds(below(300)));
      step();
      if (below(100) == 0) compare_all();
    }
    drain_and_remount();
    compare_all();
  }

 private:
  /// One in three repeats requests that failed or whose answers were lost; in two of five, keys are
  /// paths.
  Cloud make_cloud(std::uint64_t seed) {
    if (seed % 3 != 0) return Cloud(clock_, hierarchical_);
    return Cloud(clock_, {.fails_before = 0.03, .fails_after = 0.03, .breaks_reads = 0.02},
                 file_system_random_, hierarchical_);
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  void mount() {
    // Small parts and little memory: every path of write-back is on the way.
    Options options;
    options.part_size_bytes = kPartBytes;
    options.memory_bytes = 4096;
    options.random = &file_system_random_;
    options.clock = &clock_;
    mount_ = std::make_unique<Mounted>(cloud_, options);
  }

  std::string any_path() {
    static const char* const kDirectories[] = {"", "a/", "b/", "a/c/"};
    static const char* const kNames[] = {"x", "y", "dot.", "long name"};
    return std::string(kDirectories[below(4)]) + kNames[below(4)];
  }
  static std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }
  std::string any_bytes() {
    const std::size_t size = below(20) == 0 ? below(900) : below(100);
    return std::string(size, static_cast<char>('a' + below(26)));
  }

  /// Performs `operation` while requests fail now and then; after a failure that a request was made
  /// to have, again without: as if the fault had never been. An operation that failed because an
  /// answer was lost may have been carried out all the same: then its repetition says
  /// `done_errno`, which counts as success.
  template <class Operation>
  auto with_faults(Operation operation, int done_errno = 0) {
    auto failed = std::make_shared<std::atomic<bool>>(false);
    const bool faulty = below(3) == 0;
    if (faulty) {
      auto random = std::make_shared<Guarded<std::mt19937_64>>(random_());
      *cloud_.watch.before.lock() = [failed, random](std::string_view request, std::string_view) {
        if ((*random->lock())() % 8 != 0) return std::optional<Error>();
        *failed = true;
        return std::optional(Error{.code = ErrorCode::unavailable,
                                   .message = fmt::format("made to fail: {}", request)});
      };
    }
    auto result = operation();
    *cloud_.watch.before.lock() = nullptr;
    // More than once, because a fault of work in the background is told later.
    for (int repeat = 0; repeat < 5 && !result && *failed; ++repeat) {
      if (errno_of(result.error()) != EIO) break;
      result = operation();
      if (!result && errno_of(result.error()) == done_errno) result = decltype(result)();
    }
    return result;
  }

  void step() {
    switch (below(16)) {
      case 0:
        return make_directory();
      case 1:
        return remove_directory();
      case 2:
        return unlink();
      case 3:
        return rename();
      case 4:
        return truncate();
      case 5:
      case 6:
        return open();
      case 7:
        return close();
      case 8:
        return sync();
      case 9:
        return change_mode();
      case 10:
        return below(8) == 0 ? remount() : read();
      case 11:
      case 12:
        return read();
      case 13:
        return rename_directory();
      default:
        return write();
    }
  }

  void make_directory() {
    const std::string path = std::vector<std::string>{"a", "b", "a/c"}[below(3)];
    const bool possible = directories_.contains(parent_of(path)) && !directories_.contains(path);
    const auto made = with_faults([&] { return mount_->mkdir(path); }, possible ? EEXIST : 0);
    ASSERT_EQ(made.has_value(), possible) << "mkdir " << path << failure(made);
    if (possible) directories_.insert(path);
  }

  void remove_directory() {
    const std::string path = std::vector<std::string>{"a", "b", "a/c"}[below(3)];
    const auto below_it = [&](const std::string& other) { return other.starts_with(path + "/"); };
    bool possible = directories_.contains(path) && std::ranges::none_of(directories_, below_it);
    for (const auto& [file, content] : files_) possible = possible && !below_it(file);
    const auto removed = with_faults([&] { return mount_->rmdir(path); }, possible ? ENOENT : 0);
    ASSERT_EQ(removed.has_value(), possible) << "rmdir " << path << failure(removed);
    if (possible) directories_.erase(path);
  }

  void unlink() {
    const std::string path = any_path();
    const bool possible = files_.contains(path);
    const auto removed = with_faults([&] { return mount_->unlink(path); }, possible ? ENOENT : 0);
    ASSERT_EQ(removed.has_value(), possible) << "unlink " << path << failure(removed);
    files_.erase(path);
  }

  void rename() {
    const std::string from = any_path();
    const std::string to = any_path();
    const bool possible = files_.contains(from) && directories_.contains(parent_of(to));
    const auto renamed =
        with_faults([&] { return mount_->rename(from, to); }, possible ? ENOENT : 0);
    ASSERT_EQ(renamed.has_value(), possible) << "rename " << from << " " << to << failure(renamed);
    if (!possible || from == to) return;
    const ModelFilePointer file = files_.at(from);
    file->sync();
    files_.erase(from);
    files_[to] = file;
  }

  static bool is_below(const std::string& path, const std::string& directory) {
    return path.starts_with(directory + "/");
  }
  bool is_empty(const std::string& directory) const {
    const auto below = [&](const std::string& path) { return is_below(path, directory); };
    return std::ranges::none_of(directories_, below) &&
           std::ranges::none_of(files_ | std::views::keys, below);
  }
  bool is_open_below(const std::string& directory) const {
    return std::ranges::any_of(files_, [&](const auto& entry) {
      return is_below(entry.first, directory) &&
             std::ranges::count(open_, entry.second, &OpenFile::file) > 0;
    });
  }

  void rename_directory() {
    const std::vector<std::string> names{"a", "b", "a/c"};
    const std::string from = names[below(3)];
    const std::string to = names[below(3)];
    if (!hierarchical_ || from == to) return;
    const bool possible = directories_.contains(from) && directories_.contains(parent_of(to)) &&
                          !is_below(to, from) && (!directories_.contains(to) || is_empty(to)) &&
                          !is_open_below(from);
    const auto renamed =
        with_faults([&] { return mount_->rename(from, to); }, possible ? ENOENT : 0);
    ASSERT_EQ(renamed.has_value(), possible) << "rename " << from << " " << to << failure(renamed);
    if (!possible) return;
    std::set<std::string> directories;
    for (const std::string& path : directories_) {
      const bool moves = path == from || is_below(path, from);
      directories.insert(moves ? to + path.substr(from.size()) : path);
    }
    directories_ = std::move(directories);
    std::map<std::string, ModelFilePointer> files;
    for (const auto& [path, file] : files_) {
      files[is_below(path, from) ? to + path.substr(from.size()) : path] = file;
    }
    files_ = std::move(files);
  }

  void truncate() {
    const std::string path = any_path();
    const std::uint64_t size = below(400);
    const bool possible = files_.contains(path);
    const auto truncated = with_faults([&] { return mount_->truncate(path, size); });
    ASSERT_EQ(truncated.has_value(), possible) << "truncate " << path << failure(truncated);
    if (!possible) return;
    ModelFile& file = *files_.at(path);
    const bool same = file.content.size() == size;
    file.content.resize(size, '\0');
    if (same) {
      file.changed();
    } else if (file.synced) {
      file.sync();
    } else {
      file.changed();  // It comes into the store when it is closed.
    }
  }

  void open() {
    const std::string path = any_path();
    if (open_.size() > 6) return close();
    const bool cut = below(4) == 0;
    const int flags = O_RDWR | O_CREAT | (cut ? O_TRUNC : 0);
    const bool possible = directories_.contains(parent_of(path));
    const auto handle = with_faults([&] { return mount_->open(path, flags); });
    ASSERT_EQ(handle.has_value(), possible) << "open " << path << failure(handle);
    if (!possible) return;
    ModelFilePointer& file = files_[path];
    if (file == nullptr) file = std::make_shared<ModelFile>();
    if (cut) file->content.clear();
    file->changed();
    open_.push_back({*handle, file});
  }

  void close() {
    if (open_.empty()) return;
    const auto at = open_.begin() + static_cast<std::ptrdiff_t>(below(open_.size()));
    const auto flushed = with_faults([&] { return (*mount_)->flush(at->handle, {}); });
    ASSERT_TRUE(flushed) << flushed.error().message;
    (*mount_)->release(at->handle);
    at->file->sync();
    open_.erase(at);
  }

  void sync() {
    if (open_.empty()) return;
    const OpenFile& open = open_[below(open_.size())];
    const auto synced = with_faults([&] { return (*mount_)->sync(open.handle, {}); });
    ASSERT_TRUE(synced) << synced.error().message;
    open.file->sync();
  }

  void change_mode() {
    const std::string path = any_path();
    const mode_t mode = static_cast<mode_t>(below(01000));
    const bool possible = files_.contains(path);
    const auto changed = with_faults([&] { return mount_->change(path, {.mode = mode}); });
    ASSERT_EQ(changed.has_value(), possible) << "chmod " << path << failure(changed);
    if (!possible) return;
    const auto status = mount_->stat(path);
    ASSERT_TRUE(status) << status.error().message;
    ASSERT_EQ(status->st_mode & 07777, mode);
  }

  void write() {
    if (open_.empty()) return open();
    const OpenFile& open = open_[below(open_.size())];
    std::string& content = open.file->content;
    const std::string bytes = any_bytes();
    const std::size_t offset = below(2) == 0 ? content.size() : below(content.size() + 50);
    for (std::size_t done = 0; done < bytes.size();) {
      const auto written = with_faults([&] {
        return mount_->write(open.handle, offset + done, std::string_view(bytes).substr(done));
      });
      ASSERT_TRUE(written) << written.error().message;
      done += *written;
    }
    if (bytes.empty()) return;
    const std::size_t size_before = content.size();
    if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size(), '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      content[offset + i] = bytes[i];
      // A commit for want of memory may come between two parts.
      const std::size_t end = offset + i + 1;
      if (end % kPartBytes == 0)
        open.file->since_sync.push_back(content.substr(0, std::max(size_before, end)));
    }
    open.file->changed();
  }

  void read() {
    if (open_.empty()) return;
    const OpenFile& open = open_[below(open_.size())];
    const std::string& content = open.file->content;
    const std::size_t offset = below(content.size() + 10);
    const std::size_t length = 1 + below(200);
    const auto bytes = with_faults([&] { return mount_->read(open.handle, offset, length); });
    ASSERT_TRUE(bytes) << bytes.error().message;
    ASSERT_EQ(*bytes, offset < content.size() ? content.substr(offset, length) : "");
  }

  void remount() { below(2) == 0 ? drain_and_remount() : kill(); }

  void drain_and_remount() {
    const auto drained = (*mount_)->drain({});
    ASSERT_TRUE(drained) << drained.error().message;
    for (const OpenFile& open : open_) (*mount_)->release(open.handle);
    open_.clear();
    for (auto& [path, file] : files_) file->sync();
    mount();
  }

  /// Without flush or release: what was synced must be there.
  void kill() {
    mount_.reset();
    open_.clear();
    mount();
    for (auto at = files_.begin(); at != files_.end();) {
      ModelFile& file = *at->second;
      const auto content = mount_->read(at->first);
      if (!content && errno_of(content.error()) == ENOENT && !file.synced) {
        at = files_.erase(at);
        continue;
      }
      ASSERT_TRUE(content) << at->first << ": " << content.error().message;
      ASSERT_TRUE(std::ranges::count(file.since_sync, *content) > 0)
          << at->first << " came back as something it never was";
      file.content = *content;
      file.sync();
      ++at;
    }
  }

  void compare_all() {
    for (const std::string& directory : directories_) {
      std::set<std::string> expected;
      const auto add = [&](const std::string& path) {
        if (!path.empty() && parent_of(path) == directory) {
          expected.insert(directory.empty() ? path : path.substr(directory.size() + 1));
        }
      };
      for (const std::string& path : directories_) add(path);
      for (const auto& [path, file] : files_) add(path);
      const auto listed = mount_->list(directory);
      ASSERT_TRUE(listed) << listed.error().message;
      ASSERT_EQ(std::set<std::string>(listed->begin(), listed->end()), expected) << directory;
    }
    for (const auto& [path, file] : files_) {
      const auto content = mount_->read(path);
      ASSERT_TRUE(content) << path << ": " << content.error().message;
      ASSERT_EQ(*content, file->content) << path;
      ASSERT_EQ(static_cast<std::size_t>(mount_->stat(path)->st_size), file->content.size());
      file->sync();  // Reading closes a handle, which commits.
    }
  }

  template <class T>
  static std::string failure(const Result<T>& result) {
    return result ? "" : ": " + result.error().message;
  }

  std::mt19937_64 random_;
  SeededRandom file_system_random_;
  const bool hierarchical_;
  FakeClock clock_;
  Cloud cloud_;
  Capabilities capabilities_;
  std::unique_ptr<Mounted> mount_;
  std::map<std::string, ModelFilePointer> files_;
  std::set<std::string> directories_;
  std::vector<OpenFile> open_;
};

TEST(PosixModel, DoesWhatAMapOfStringsWouldDo) {
  set_up_log({.level = LogLevel::error});
  std::uint64_t seed = std::random_device{}();
  int rounds = 60;
  if (const char* given = std::getenv("ALOFT_MODEL_SEED")) {
    seed = std::strtoull(given, nullptr, 10);
    rounds = 1;
  }
  if (const char* given = std::getenv("ALOFT_MODEL_ROUNDS")) rounds = std::atoi(given);
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE(fmt::format("ALOFT_MODEL_SEED={}", seed + static_cast<std::uint64_t>(round)));
    Model(seed + static_cast<std::uint64_t>(round)).run(600);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace aloft::posix::testing
