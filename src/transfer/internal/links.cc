// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/links.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "format/content_version.h"
#include "format/link_group.h"

namespace aloft::transfer {

namespace {

void made_link(Session& session, std::uint64_t size_bytes) {
  session.progress.bytes_done += size_bytes;
  session.copied(FileKind::regular, size_bytes);
  ++session.report.lock()->hard_linked;
}

// ---- Uploads

Result<void> copy_stored(Session& session, const LinkedUpload& group, const Upload& other) {
  const LinkedUpload::Stored& stored = *group.stored;
  ObjectStore& store = other.tree->store();
  const SourceRef source = TRY(store.source_ref(stored.key));
  const auto write = [&](const std::string& key, const ObjectHead& head) {
    return store.copy({.source = source,
                       .key = key,
                       .metadata = &head.metadata,
                       .conditions = head.conditions,
                       .source_if_match = stored.etag},
                      session.limits);
  };
  TRY(write_object(*other.tree, other.target, stored.description, write, session.limits));
  return {};
}

void add_name(Session& session, const LinkedUpload& group, const Upload& other,
              std::uint64_t size_bytes) {
  if (copy_stored(session, group, other)) return made_link(session, size_bytes);
  // Somebody may have changed the first one since: then this is a file of its own, and whatever
  // else is wrong, its own upload says.
  upload_file(session, other);
}

Result<void> record(Session& session, const LinkedUpload& group) {
  std::vector<std::string> keys{group.stored->key};
  for (const Upload& other : group.others) keys.push_back(TRY(key_of(other)));
  return format::write_link_record(
      group.others.front().tree->store(),
      {.id = group.id, .content_version = group.stored->description.content_version, .keys = keys},
      session.limits);
}

void upload_others(Session& session, const std::shared_ptr<LinkedUpload>& group) {
  Result<void> recorded;
  if (group->stored) recorded = record(session, *group);
  for (const Upload& other : group->others) {
    if (!group->stored) {
      upload_file(session, other);
    } else if (recorded) {
      add_name(session, *group, other, group->stored->size_bytes);
    } else {
      session.failed(other.shown(), recorded.error());
    }
  }
}

// ---- Downloads

// Reading one name alone changes its time of access.
bool same_inode(FileAttributes a, FileAttributes b) {
  a.atime = b.atime = std::nullopt;
  return a == b;
}

bool cannot_link(const Error& error) {
  const int number = error.os_errno;
  return number == EXDEV || number == EPERM || number == EMLINK || number == EOPNOTSUPP ||
         number == ENOENT;
}

Result<void> link_to_first(const LinkedDownload& first, const Download& other) {
  const UniqueFd file =
      TRY(first.target->directory().open_beneath(first.path, O_PATH | O_NOFOLLOW));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail_os(errno, "cannot look at " + first.path);
  if (FileId{.device = status.st_dev, .inode = status.st_ino} != *first.made) {
    return fail(os_error(ENOENT, first.path + " is another file by now"));
  }
  return make_hard_link(file.get(), other.target->directory(), other.path);
}

void add_name(Session& session, const LinkedDownload& first, const Download& other) {
  if (first.made) {
    auto linked = link_to_first(first, other);
    if (linked) return made_link(session, other.entry.size_bytes);
    if (!cannot_link(linked.error())) {
      return session.failed(other.shown(), std::move(linked).error());
    }
  }
  if (is_small(session, other.entry)) {
    download_batch(session, {other});
  } else {
    download_file(session, other);
  }
}

}  // namespace

bool UploadLinks::add(const FileId& file, const std::string& key, Upload& upload) {
  std::shared_ptr<LinkedUpload>& group = groups_[file];
  if (group) {
    group->others.push_back(upload);
    return false;
  }
  group = std::make_shared<LinkedUpload>(LinkedUpload{.id = format::link_group_id(key)});
  upload.links = group;
  return true;
}

void UploadLinks::finish(Session& session) {
  for (const auto& [file, group] : groups_) {
    if (group->others.empty()) continue;
    session.pool.submit([&session, group] { upload_others(session, group); });
  }
}

bool DownloadLinks::add(Download& download) {
  const std::string key = format::link_group_key(*download.entry.object);
  if (key.empty()) return true;
  std::shared_ptr<LinkedDownload>& group = groups_[key];
  if (!group) {
    group = std::make_shared<LinkedDownload>(LinkedDownload{
        .attributes = download.entry.attributes, .target = download.target, .path = download.path});
    download.links = group;
    return true;
  }
  // Somebody who knows nothing of the group gave one of its names a mode of its own.
  if (!same_inode(group->attributes, download.entry.attributes)) return true;
  group->others.push_back(download);
  return false;
}

void DownloadLinks::finish(Session& session) {
  for (const auto& [key, group] : groups_) {
    for (const Download& other : group->others) {
      session.pool.submit([&session, group, &other] { add_name(session, *group, other); });
    }
  }
}

void ServerLinks::add(const std::string& key, ServerCopy& copy) {
  const std::string source = format::link_group_key(*copy.entry.object);
  if (source.empty()) return;
  Group& group = groups_[source];
  if (group.keys.empty()) {
    group.id = format::link_group_id(key);
    group.content_version = format::content_version(*copy.entry.object);
    group.tree = copy.tree;
  }
  group.keys.push_back(key);
  copy.link_group = group.id;
}

void ServerLinks::finish(Session& session) {
  for (const auto& [source, group] : groups_) {
    if (group.keys.size() < 2) continue;
    session.pool.submit([&session, &group] {
      auto recorded = format::write_link_record(
          group.tree->store(),
          {.id = group.id, .content_version = group.content_version, .keys = group.keys},
          session.limits);
      if (!recorded) {
        session.failed(join(group.tree->store().name(), group.keys.front()),
                       std::move(recorded).error());
      }
    });
  }
}

}  // namespace aloft::transfer
