// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/directory_storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/directories.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "emulator/blob/internal/journal.h"
#include "emulator/blob/internal/stored_content.h"

namespace aloft::emulator::blob {

namespace {

// Up to here a content is a row: a file of its own would cost more than its bytes.
constexpr std::uint64_t kRowBytesMax = std::uint64_t{32} << 10;
constexpr std::uint64_t kReceiveBytes = std::uint64_t{1} << 20;

/// Removed unless kept.
class FreshFile {
 public:
  explicit FreshFile(std::string path) : path_(std::move(path)) {}
  FreshFile(const FreshFile&) = delete;
  FreshFile& operator=(const FreshFile&) = delete;
  ~FreshFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

/// Reads all of a body into `sink`, part by part.
template <class Sink>
Outcome<void> read_body(http::RequestBody& body, std::uint64_t length_bytes,
                        const BodyObserver& observer, std::span<std::byte> buffer, Sink sink) {
  while (length_bytes > 0) {
    const auto wanted = buffer.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(length_bytes, buffer.size())));
    const auto part = wanted.first(TRY(read_part(body, wanted)));
    if (observer) observer(part);
    TRY(as_outcome(sink(part)));
    length_bytes -= part.size();
  }
  return {};
}

class LockedStorage final : public DirectoryStorage {
 public:
  LockedStorage(UniqueFd lock, std::shared_ptr<ContentHome> home, std::unique_ptr<Journal> journal,
                std::uint64_t last_content)
      : lock_(std::move(lock)),
        home_(std::move(home)),
        journal_(std::move(journal)),
        last_content_(last_content) {}
  ~LockedStorage() override {
    home_->removes = false;
    // The last connection that may write brings the database into order as it closes.
    home_->readers.lock()->clear();
  }

  Outcome<std::shared_ptr<const Content>> receive(http::RequestBody& body,
                                                  std::uint64_t length_bytes,
                                                  const BodyObserver& observer) override {
    const std::uint64_t id = ++last_content_;
    return length_bytes <= kRowBytesMax ? receive_row(id, body, length_bytes, observer)
                                        : receive_file(id, body, length_bytes, observer);
  }
  Result<bool> commit(Change change) override { return journal_->commit(std::move(change)); }

 private:
  using Received = Outcome<std::shared_ptr<const Content>>;

  Received receive_row(std::uint64_t id, http::RequestBody& body, std::uint64_t length_bytes,
                       const BodyObserver& observer) {
    std::vector<std::byte> bytes;
    std::vector<std::byte> buffer(static_cast<std::size_t>(length_bytes));
    bytes.reserve(buffer.size());
    TRY(read_body(body, length_bytes, observer, buffer,
                  [&](std::span<const std::byte> part) -> Result<void> {
                    bytes.insert(bytes.end(), part.begin(), part.end());
                    return {};
                  }));
    auto content =
        std::make_shared<StoredContent>(home_, id, length_bytes, StoredContent::Place::row);
    content->pending = std::move(bytes);
    return content;
  }

  Received receive_file(std::uint64_t id, http::RequestBody& body, std::uint64_t length_bytes,
                        const BodyObserver& observer) {
    const std::string path = home_->file_path(id);
    const UniqueFd file = TRY(as_outcome(open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600)));
    FreshFile fresh(path);
    const auto size = static_cast<std::size_t>(std::min(length_bytes, kReceiveBytes));
    const auto memory = std::make_unique_for_overwrite<std::byte[]>(size);
    const std::span buffer(memory.get(), size);
    TRY(read_body(body, length_bytes, observer, buffer, [&](std::span<const std::byte> part) {
      return write_all(file.get(), part, path);
    }));
    if (::fsync(file.get()) != 0) return refuse(make_error(os_error(errno, "cannot sync " + path)));
    fresh.keep();
    return std::make_shared<StoredContent>(home_, id, length_bytes, StoredContent::Place::file);
  }

  UniqueFd lock_;
  std::shared_ptr<ContentHome> home_;
  std::unique_ptr<Journal> journal_;
  std::atomic<std::uint64_t> last_content_;
};

Result<UniqueFd> take_lock(const std::string& directory) {
  auto lock = TRY(try_lock_file(directory + "/lock"));
  if (lock) return std::move(*lock);
  return fail(ErrorCode::already_exists,
              directory +
                  " is in use by another emulator: stop that one, or give another "
                  "--data directory");
}

/// Whether a blob holds it too, not only the list of what was loaded, with which the rest goes.
bool is_needed(const std::shared_ptr<const StoredContent>& content) {
  return content.use_count() > 1;
}

/// Removes the files of contents that the journal does not know, and checks that those it knows
/// are there. Returns the largest number seen.
Result<std::uint64_t> check_files(const ContentHome& home, const Journal::Contents& contents) {
  std::uint64_t largest = 0;
  std::error_code error;
  std::filesystem::directory_iterator entry(home.directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::uint64_t id = parse_content_file_name(entry->path().filename().string());
    largest = std::max(largest, id);
    const auto known = contents.find(id);
    if (known == contents.end() || known->second->place() != StoredContent::Place::file) {
      ::unlink(entry->path().c_str());
      continue;
    }
    std::error_code size_error;
    if (entry->file_size(size_error) != known->second->size_bytes() && is_needed(known->second)) {
      return fail(ErrorCode::corrupt, entry->path().string() +
                                          " has not the size it was written with: the data "
                                          "directory is damaged");
    }
  }
  if (error) return fail_os(error.value(), "cannot read the directory " + home.directory);
  for (const auto& [id, content] : contents) {
    if (content->place() != StoredContent::Place::file || !is_needed(content)) continue;
    if (::access(home.file_path(id).c_str(), F_OK) != 0) {
      return fail(ErrorCode::corrupt, home.file_path(id) +
                                          ", content of a blob, is missing: the "
                                          "data directory is damaged");
    }
  }
  return largest;
}

Result<std::shared_ptr<ContentHome>> make_home(const std::string& directory) {
  auto home = std::make_shared<ContentHome>();
  home->directory = directory + "/contents";
  home->database_path = directory + "/blob.db";
  TRY(make_private_directory(home->directory));
  home->directory_handle = TRY(open_file(home->directory, O_RDONLY | O_DIRECTORY));
  // The names of the directory's own files must survive as well.
  TRY(sync_directory(directory));
  return home;
}

}  // namespace

Result<DirectoryStorage::Opened> DirectoryStorage::open(const std::string& directory, Index& index,
                                                        Namespace kind) {
  TRY(make_private_directory(directory));
  UniqueFd lock = TRY(take_lock(directory));
  const auto home = TRY(make_home(directory));
  auto journal = TRY(Journal::open(home));
  if (!TRY(journal->settle_namespace(kind))) {
    const std::string option = " --hierarchical-namespace";
    return fail(ErrorCode::invalid_argument, directory + " holds an account with" +
                                                 (kind == Namespace::flat ? " a" : "out a") +
                                                 " hierarchical namespace: start" +
                                                 (kind == Namespace::flat ? " with" : " without") +
                                                 option + ", or give another --data directory");
  }
  Journal::Loaded loaded = TRY(journal->load(index));
  const std::uint64_t largest = TRY(check_files(*home, loaded.contents));
  home->forget = [raw = journal.get()](std::uint64_t id) { raw->forget(id); };
  journal->start(index);
  auto storage = std::make_unique<LockedStorage>(std::move(lock), home, std::move(journal),
                                                 std::max(loaded.last_content, largest));
  home->removes = true;
  loaded.contents.clear();  // What no blob needs is removed now.
  return Opened{.storage = std::move(storage), .numbers = loaded.numbers};
}

}  // namespace aloft::emulator::blob
