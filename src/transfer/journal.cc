// SPDX-License-Identifier: Apache-2.0
#include "transfer/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "base/directories.h"
#include "base/file.h"
#include "sqlite/database.h"
#include "sqlite/schema.h"
#include "sqlite/transaction.h"

namespace aloft::transfer {

namespace {

constexpr auto kKept = std::chrono::hours(7 * 24);

// Ids are never used twice: they are places in the lock file too.
constexpr const char* kMigrations[] = {
    R"sql(
    CREATE TABLE copy (
      id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, destination TEXT NOT NULL,
      version TEXT NOT NULL DEFAULT '', part_size INTEGER NOT NULL DEFAULT 0, token TEXT NOT NULL DEFAULT '',
      partial TEXT NOT NULL DEFAULT '', device INTEGER NOT NULL DEFAULT 0, inode INTEGER NOT NULL DEFAULT 0,
      used INTEGER NOT NULL, UNIQUE (source, destination)) STRICT;
    CREATE TABLE part (
      copy INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (copy, number)) STRICT, WITHOUT ROWID;
    )sql",
    "ALTER TABLE copy ADD COLUMN made TEXT NOT NULL DEFAULT ''"};

// Locks one byte of the file for this open file description: the kernel gives it back when the
// process ends, however it ends.
Result<bool> lock_byte(int file, std::int64_t at, short type, const std::string& shown) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = 1;
  while (::fcntl(file, F_OFD_SETLK, &lock) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) return fail_os(errno, "cannot lock " + shown);
  }
  return true;
}

// Only the very file that we made: the directory may be open to others.
void remove_partial(const PartialFile& partial) {
  if (partial.path.empty()) return;
  struct stat status {};
  if (::lstat(partial.path.c_str(), &status) != 0) return;
  if (!S_ISREG(status.st_mode) || status.st_dev != partial.device ||
      status.st_ino != partial.inode) {
    return;
  }
  ::unlink(partial.path.c_str());
}

PartialFile partial_of(const sqlite::Statement& row, int column) {
  return {.path = std::string(row.text(column)),
          .device = static_cast<dev_t>(row.number(column + 1)),
          .inode = static_cast<ino_t>(row.number(column + 2))};
}

Result<void> remove_parts(sqlite::Database& database, std::int64_t id) {
  auto parts = TRY(database.prepare("DELETE FROM part WHERE copy = ?"));
  return parts.bind(1, id).run();
}

Result<void> remove_entry(sqlite::Database& database, std::int64_t id) {
  auto transaction = TRY(sqlite::Transaction::begin(database));
  TRY(remove_parts(database, id));
  auto entry = TRY(database.prepare("DELETE FROM copy WHERE id = ?"));
  TRY(entry.bind(1, id).run());
  return transaction.commit();
}

// Finds the entry or makes it; a later claim of it counts from `now`.
Result<std::int64_t> entry_id(sqlite::Database& database, const JournalKey& key, std::int64_t now) {
  auto entry =
      TRY(database.prepare("INSERT INTO copy (source, destination, used) VALUES (?, ?, ?) "
                           "ON CONFLICT DO UPDATE SET used = excluded.used RETURNING id"));
  const bool found = TRY(entry.bind(1, key.source).bind(2, key.destination).bind(3, now).step());
  CHECK(found);
  const std::int64_t id = entry.integer(0);
  // The statement has its effect when it has run to its end.
  TRY(entry.step());
  return id;
}

}  // namespace

/// One connection and its lock file. The mutex is held over writes to this machine's disk, which it
/// is there to order.
struct Journal::State {
  std::mutex mutex{};
  std::optional<sqlite::Database> database{};
  UniqueFd lock_file{};
  std::string lock_path{};
  /// Two claims of one process do not exclude each other in the lock file.
  std::set<std::int64_t> claimed{};

  Result<bool> lock(std::int64_t id) {
    if (claimed.contains(id)) return false;
    if (!TRY(lock_byte(lock_file.get(), id, F_WRLCK, lock_path))) return false;
    claimed.insert(id);
    return true;
  }
  void unlock(std::int64_t id) {
    claimed.erase(id);
    // Giving back cannot fail but for our own mistake, and ends with the process at the latest.
    (void)lock_byte(lock_file.get(), id, F_UNLCK, lock_path);
  }
};

Journal::Journal(std::string directory, Clock& clock)
    : directory_(std::move(directory)), clock_(clock), state_(std::make_unique<State>()) {}

Journal::~Journal() = default;

Result<void> Journal::open(State& state) {
  if (state.database) return {};
  TRY(make_private_directory(directory_));
  state.lock_path = directory_ + "/journal.lock";
  state.lock_file = TRY(open_file(state.lock_path, O_RDWR | O_CREAT, 0600));
  // A power cut may take back the last steps: then a part is copied once more.
  auto database = TRY(sqlite::Database::open(directory_ + "/journal.db", sqlite::Sync::normal));
  TRY(sqlite::migrate(database, kMigrations));
  state.database = std::move(database);
  return remove_aged(state);
}

Result<void> Journal::remove_aged(State& state) {
  const auto limit = (clock_.wall_now() - kKept).time_since_epoch();
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(limit).count();
  std::vector<std::pair<std::int64_t, PartialFile>> aged;
  {
    auto rows =
        TRY(state.database->prepare("SELECT id, partial, device, inode FROM copy WHERE used < ?"));
    rows.bind(1, seconds);
    while (TRY(rows.step())) aged.emplace_back(rows.integer(0), partial_of(rows, 1));
  }
  for (const auto& [id, partial] : aged) {
    if (!TRY(state.lock(id))) continue;  // A copy that takes more than a week.
    remove_partial(partial);
    auto removed = remove_entry(*state.database, id);
    state.unlock(id);
    TRY(std::move(removed));
  }
  return {};
}

Result<std::optional<Journal::Claim>> Journal::claim(const JournalKey& key) {
  const std::scoped_lock lock(state_->mutex);
  TRY(open(*state_));
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall_now().time_since_epoch());
  const std::int64_t id = TRY(entry_id(*state_->database, key, now.count()));
  if (!TRY(state_->lock(id))) return std::nullopt;
  Claim claim(*this, id);
  auto taken = take(*state_, key, claim);
  if (taken && *taken) return std::optional(std::move(claim));
  // Its destructor would wait for the lock that is held here.
  claim.journal_ = nullptr;
  state_->unlock(id);
  if (!taken) return fail(std::move(taken).error());
  return std::nullopt;
}

// False where the one who had it before has just removed it.
Result<bool> Journal::take(State& state, const JournalKey& key, Claim& claim) {
  {
    auto row = TRY(state.database->prepare(
        "SELECT version, part_size, token, partial, device, inode, made FROM copy WHERE id = ?"));
    if (!TRY(row.bind(1, claim.id_).step())) return false;
    claim.token_ = row.text(2);
    claim.partial_ = partial_of(row, 3);
    claim.made_ = row.text(6);
    const bool same = row.text(0) == key.version && row.number(1) == key.part_size_bytes;
    if (!same) {
      remove_partial(claim.partial_);
      claim.token_.clear();
      claim.partial_ = {};
      claim.made_.clear();
    }
  }
  if (claim.token_.empty()) {
    TRY(remove_parts(*state.database, claim.id_));
    auto fresh = TRY(state.database->prepare(
        "UPDATE copy SET version = ?, part_size = ?, token = '', partial = '', made = '' "
        "WHERE id = ?"));
    TRY(fresh.bind(1, key.version).bind(2, key.part_size_bytes).bind(3, claim.id_).run());
    return true;
  }
  auto parts = TRY(state.database->prepare("SELECT number FROM part WHERE copy = ?"));
  parts.bind(1, claim.id_);
  while (TRY(parts.step())) claim.finished_.insert(parts.number(0));
  return true;
}

void Journal::release(std::int64_t id) {
  const std::scoped_lock lock(state_->mutex);
  state_->unlock(id);
}

Journal::Claim::Claim(Claim&& other) noexcept
    : journal_(std::exchange(other.journal_, nullptr)),
      id_(other.id_),
      token_(std::move(other.token_)),
      partial_(std::move(other.partial_)),
      finished_(std::move(other.finished_)),
      made_(std::move(other.made_)) {}

Journal::Claim::~Claim() {
  if (journal_ != nullptr) journal_->release(id_);
}

Result<void> Journal::Claim::begin(std::string token, PartialFile partial) {
  const std::scoped_lock lock(journal_->state_->mutex);
  sqlite::Database& database = *journal_->state_->database;
  token_ = std::move(token);
  partial_ = std::move(partial);
  finished_.clear();
  made_.clear();
  auto transaction = TRY(sqlite::Transaction::begin(database));
  TRY(remove_parts(database, id_));
  auto entry = TRY(database.prepare(
      "UPDATE copy SET token = ?, partial = ?, device = ?, inode = ?, made = '' WHERE id = ?"));
  TRY(entry.bind(1, token_)
          .bind(2, partial_.path)
          .bind(3, partial_.device)
          .bind(4, partial_.inode)
          .bind(5, id_)
          .run());
  return transaction.commit();
}

Result<void> Journal::Claim::part_finished(std::uint64_t part) {
  const std::scoped_lock lock(journal_->state_->mutex);
  auto insert =
      TRY(journal_->state_->database->prepare("INSERT OR IGNORE INTO part VALUES (?, ?)"));
  return insert.bind(1, id_).bind(2, part).run();
}

Result<void> Journal::Claim::completed(std::string made) {
  const std::scoped_lock lock(journal_->state_->mutex);
  sqlite::Database& database = *journal_->state_->database;
  made_ = std::move(made);
  partial_ = {};
  finished_.clear();
  auto transaction = TRY(sqlite::Transaction::begin(database));
  TRY(remove_parts(database, id_));
  auto entry = TRY(database.prepare("UPDATE copy SET partial = '', made = ? WHERE id = ?"));
  TRY(entry.bind(1, made_).bind(2, id_).run());
  return transaction.commit();
}

Result<void> Journal::Claim::forget() {
  const std::scoped_lock lock(journal_->state_->mutex);
  return remove_entry(*journal_->state_->database, id_);
}

}  // namespace aloft::transfer
