// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "format/listing.h"
#include "posix/file_system.h"
#include "posix/internal/block_cache.h"
#include "posix/internal/committer.h"
#include "posix/internal/inode_table.h"
#include "posix/internal/node.h"
#include "posix/internal/reader.h"
#include "posix/internal/stager.h"
#include "posix/internal/worker_pool.h"

namespace aloft::posix {

/// What open() made: one file description.
struct FileHandle {
  NodePointer node;
  std::shared_ptr<FileContent> content;
  int flags = 0;
  ReadPattern pattern{};
  /// The lineage of the content that this handle read from; 0: it has not read yet.
  std::atomic<std::uint64_t> lineage = 0;
};

struct DirectoryHandle {
  struct Item {
    std::string name;
    format::ListedEntry entry;
    bool uncommitted = false;
  };
  NodePointer node;
  /// Of the last read from offset 0.
  Guarded<std::shared_ptr<const std::vector<Item>>> items{};
  Guarded<Clock::time_point> listed_at{};
};

/// The operations of FileSystem, one source file per group, and the parts that they share. The
/// order of locks is written in ../README.md.
class FileSystem::State {
 public:
  State(Options options, AccountOpener open_account);
  ~State();

  // catalogue.cc
  Result<void> start(const Limits& limits);
  Result<struct statvfs> statistics();

  // names.cc
  Result<Entry> lookup(InodeId parent, std::string_view name, const Limits& limits);

  // attributes.cc
  Result<Attributes> attributes(InodeId inode, const Limits& limits);
  Result<Attributes> set_attributes(InodeId inode, const AttributeChange& change,
                                    std::optional<HandleId> handle, const Limits& limits);
  Result<std::string> read_link(InodeId inode, const Limits& limits);

  // making.cc
  Result<Entry> make_directory(InodeId parent, std::string_view name, mode_t mode,
                               const Caller& caller, const Limits& limits);
  Result<Entry> make_symlink(InodeId parent, std::string_view name, std::string_view target,
                             const Caller& caller, const Limits& limits);
  Result<Created> create(InodeId parent, std::string_view name, mode_t mode, int flags,
                         const Caller& caller, const Limits& limits);

  // removing.cc
  Result<void> remove_file(InodeId parent, std::string_view name, const Limits& limits);
  Result<void> remove_directory(InodeId parent, std::string_view name, const Limits& limits);

  // renaming.cc
  Result<void> rename(InodeId parent, std::string_view name, InodeId new_parent,
                      std::string_view new_name, unsigned flags, const Limits& limits);

  // directories.cc
  Result<HandleId> open_directory(InodeId inode);
  Result<void> read_directory(HandleId handle, std::uint64_t offset,
                              const std::function<bool(const DirectoryEntry&)>& visit,
                              const Limits& limits);
  void close_directory(HandleId handle);

  // files.cc
  Result<Opened> open(InodeId inode, int flags, const Limits& limits);
  Result<std::size_t> read(HandleId handle, std::uint64_t offset, std::span<std::byte> buffer,
                           const Limits& limits);
  Result<std::size_t> write(HandleId handle, std::uint64_t offset,
                            std::span<const std::byte> content, const Limits& limits);
  Result<void> save(HandleId handle, const Limits& limits);
  void release(HandleId handle);

  // saving.cc
  Result<void> drain(const Limits& limits);

  InodeTable& inodes() { return inodes_; }

 private:
  Clock::time_point now() { return options_.clock->now(); }
  std::chrono::nanoseconds wall_now();

  // catalogue.cc: the levels above containers.
  Result<std::shared_ptr<ObjectAccount>> account(std::string_view name);
  Result<format::ListedEntry> resolve_in_catalogue(const NodePointer& directory,
                                                   std::string_view name, const Limits& limits);
  Result<DirectoryCache::Listing> list_catalogue(const NodePointer& directory,
                                                 const Limits& limits);

  // names.cc
  Result<NodePointer> find_directory(InodeId inode);
  /// A directory whose names may be changed: EROFS, EPERM above containers.
  Result<NodePointer> find_writable_directory(InodeId inode, std::string_view name);
  /// The key that `name` has there; ENAMETOOLONG.
  Result<std::string> key_of(const NodePointer& directory, std::string_view name);
  /// EPERM for the hidden area, ENAMETOOLONG for names and keys that are too long.
  Result<std::string> key_of_new(const NodePointer& directory, std::string_view name);
  /// What a name leads to, from the cache or the store; ENOENT.
  struct Resolved {
    format::ListedEntry entry;
    Clock::time_point asked_at;
  };
  Result<Resolved> resolve(const NodePointer& directory, std::string_view name,
                           const Limits& limits);
  /// As the store has it now, entry or nothing.
  Result<std::optional<format::ListedEntry>> ask(const NodePointer& directory,
                                                 std::string_view name, const Limits& limits);
  Result<bool> has_keys_below(ObjectStore& store, std::string_view key, const Limits& limits);
  Result<DirectoryCache::Listed> list(const NodePointer& directory, const Limits& limits);
  NodePointer make_child(const NodePointer& directory, std::string_view name,
                         const Resolved& resolved);
  /// With one reference more; the caller gives it back or hands it out.
  NodePointer refer_child(const NodePointer& directory, std::string_view name,
                          const Resolved& resolved);
  void update(Node& node, const format::ListedEntry& entry, Clock::time_point asked_at);
  bool exists_here(const NodePointer& directory, std::string_view name);

  // attributes.cc
  Attributes show(Node& node);
  Entry entry_of(Node& node) { return {.inode = node.id, .attributes = show(node)}; }
  Result<void> refresh(const NodePointer& node, const Limits& limits);
  Result<void> refresh_if_old(const NodePointer& node, const Limits& limits);
  Result<void> apply_ids(const AttributeChange& change, format::FileAttributes& wanted);
  Result<void> resize(const NodePointer& node, std::uint64_t size_bytes, const Limits& limits);
  void drop_unopened(Node& node);

  // making.cc
  format::FileAttributes attributes_of_new(const NodePointer& directory, format::FileKind kind,
                                           mode_t mode, const Caller& caller);
  /// A name that leads nowhere, and what it was before it was found so: only upon that something
  /// is made there.
  struct Vacancy {
    NodePointer directory;
    std::string name;
    std::string key;
    DirectoryCache::Ticket ticket;
    NodePointer node;  ///< Null, or of what somebody else removed from the store.
  };
  /// Nothing if the name leads somewhere.
  Result<std::optional<Vacancy>> find_vacancy(const NodePointer& directory, std::string_view name,
                                              const Limits& limits);
  /// Of something new that the store does not have yet; to be claimed for.
  NodePointer node_for(const Vacancy& vacancy, const format::FileAttributes& attributes);
  /// The name leads to `node` from here on, with one reference. False, and nothing done, if the
  /// name was changed here meanwhile: the maker waits for others and looks again.
  [[nodiscard]] bool claim(const Vacancy& vacancy, const NodePointer& node);
  /// What was claimed does not come into the store. A newer claim is left alone.
  void free_name(const NodePointer& directory, const std::string& name, const Node& node);
  /// Until those who change the name here at the moment are done.
  Result<void> wait_for_others(const NodePointer& directory, const std::string& name,
                               const Limits& limits);
  Result<Entry> make_object(const NodePointer& directory, std::string_view name,
                            const format::FileAttributes& attributes,
                            std::span<const std::byte> content, const Limits& limits);
  /// Nothing if the name could not be claimed, and so for the next two.
  Result<std::optional<Entry>> try_make_object(const Vacancy& vacancy,
                                               const format::FileAttributes& attributes,
                                               std::span<const std::byte> content,
                                               const Limits& limits);
  Result<std::optional<Created>> create_uncommitted(const Vacancy& vacancy,
                                                    const format::FileAttributes& attributes,
                                                    int flags);
  Result<std::optional<Created>> try_create(const NodePointer& directory, const std::string& name,
                                            mode_t mode, int flags, const Caller& caller,
                                            const Limits& limits);
  /// EEXIST if somebody else was faster. Where it fails, the maker's handle and reference are given
  /// back; who opened the file meanwhile keeps it.
  Result<void> commit_exclusively(std::string_view name, Created& created, const Limits& limits);
  Result<ObjectInfo> put_new(const Place& place, const format::FileAttributes& attributes,
                             std::span<const std::byte> content, const Limits& limits);
  Result<Created> open_existing(const NodePointer& directory, std::string_view name, int flags,
                                const Limits& limits);
  /// So that it stays when its last name goes: a directory that only keys imply gets its object.
  Result<void> make_explicit(const NodePointer& directory, const Limits& limits);

  // removing.cc
  /// Content of an open file whose name is about to go moves to the hidden area. Turn is held.
  Result<void> make_orphan(const NodePointer& node, const Limits& limits);
  Result<void> check_empty(const NodePointer& parent, std::string_view name,
                           const format::ListedEntry& entry, const Limits& limits);
  Result<void> remove_markers(ObjectStore& store, const format::ListedEntry& entry,
                              const Limits& limits);

  // renaming.cc
  struct Renaming;
  Result<Renaming> begin_rename(InodeId parent, std::string_view name, InodeId new_parent,
                                std::string_view new_name, unsigned flags);
  Result<void> rename_file(Renaming& renaming, const Limits& limits);
  Result<ObjectInfo> move_object(Renaming& renaming, const Limits& limits);
  Result<ObjectInfo> rename_object(const Renaming& renaming, ObjectInfo info, const Limits& limits);
  Result<ObjectInfo> copy_object(Renaming& renaming, const std::string& from_key, ObjectInfo info,
                                 const Limits& limits);
  void finish_rename(Renaming& renaming, const ObjectInfo& moved);

  // renaming_directories.cc
  Result<void> rename_directory(Renaming& renaming, const Limits& limits);
  Result<void> remove_replaced(const Renaming& renaming, const Limits& limits);
  Result<void> rename_empty(Renaming& renaming, const format::ListedEntry& source,
                            const Limits& limits);
  Result<void> rename_tree(Renaming& renaming, ObjectInfo object, const Limits& limits);
  /// The nodes that somebody refers to, of what has keys that begin so.
  std::vector<NodePointer> nodes_below(const Node& directory, const std::string& prefix);

  // files.cc
  Result<std::shared_ptr<FileHandle>> file(HandleId handle);
  std::shared_ptr<FileContent> content_of(Node::State& state);
  /// ESTALE if it was removed and its last handle closed.
  Result<Opened> add_handle(const NodePointer& node, int flags);
  std::shared_ptr<FileHandle> take_handle(HandleId handle);
  /// Turn is held. With the last handle the content goes, and a file that the store does not have.
  void close(const FileHandle& handle);
  /// As release, but tries not to save anything.
  void abandon(HandleId handle);
  void adopt_if_newer(Node& node);
  /// The store has another version than `seen`: finds out what that means for its reader.
  Result<void> look_again(const NodePointer& node, FileContent& content, const Base& seen,
                          const std::string& key, const Limits& limits);

  // saving.cc
  /// Commits content and attributes if there is something to commit. Turn is held.
  Result<void> save_content(const NodePointer& node, const Limits& limits);
  Result<void> save_content_in_turn(const NodePointer& node, const Limits& limits);
  /// Writes attributes that are not saved, without content. Turn is held.
  Result<void> save_attributes(const NodePointer& node, const Limits& limits);
  void saved(Node& node, const ObjectInfo& info);
  void give_up(Node& node);
  void ask_again(Node& node);
  Result<void> make_room(const NodePointer& node, FileContent& content, const Limits& limits);
  void show_in_directory(Node& node);
  NodePointer parent_of(Node& node);
  std::vector<NodePointer> open_nodes();

  const Options options_;
  const AccountOpener open_account_;
  std::stop_source ending_;
  const Limits background_;

  MemoryBudget budget_;
  BlockCache cache_;
  const PartLayout layout_;
  Guarded<std::map<std::string, std::shared_ptr<ObjectAccount>, std::less<>>> accounts_;
  InodeTable inodes_;

  template <class Handle>
  struct Handles {
    std::unordered_map<HandleId, std::shared_ptr<Handle>> by_id;
    HandleId last = 0;
  };
  Guarded<Handles<FileHandle>> files_;
  Guarded<Handles<DirectoryHandle>> directories_;

  Stager stager_;
  Committer committer_;
  Reader reader_;
  WorkerPool uploads_;  // Last: its jobs use the others, and end first.
};

}  // namespace aloft::posix
