// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transfer/internal/download.h"
#include "transfer/internal/server_copy.h"
#include "transfer/internal/upload.h"

// Files with several names (hard links) stay such files within one copy. The first name that is
// found is copied like any file; the others become names of its copy once it is there, or files of
// their own where it is not. All calls are of the walking thread; finish() when the tasks so far
// have ended.
namespace aloft::transfer {

/// The first name of a file on its way into a container.
struct LinkedUpload {
  std::string id;
  std::vector<Upload> others{};
  struct Stored {
    std::string key;
    Etag etag;
    Description description;
    std::uint64_t size_bytes;
  };
  std::optional<Stored> stored{};  ///< Set by the first name's task, once it is there.
};

class UploadLinks {
 public:
  /// True: it is the first name of its file, and to be uploaded.
  bool add(const FileId& file, const std::string& key, Upload& upload);
  /// Has the other names copied by the service, as tasks of the session.
  void finish(Session& session);

 private:
  std::map<FileId, std::shared_ptr<LinkedUpload>> groups_;
};

/// The first name of a file on its way to this machine.
struct LinkedDownload {
  FileAttributes attributes{};
  std::shared_ptr<LocalTree> target{};
  std::string path{};
  std::vector<Download> others{};
  std::optional<FileId> made{};  ///< Set by the first name's task, once it is there.
};

class DownloadLinks {
 public:
  /// True: it is the first name of its file, or has but one, and is to be fetched.
  bool add(Download& download);
  /// Makes the other names, as tasks of the session.
  void finish(Session& session);

 private:
  std::map<std::string, std::shared_ptr<LinkedDownload>> groups_;
};

class ServerLinks {
 public:
  /// Gives the copy its group, if it is in one: not that of its source, which may lie beside it.
  void add(const std::string& key, ServerCopy& copy);
  /// Records the groups, as tasks of the session.
  void finish(Session& session);

 private:
  struct Group {
    std::string id;
    std::string content_version;
    std::shared_ptr<ObjectTree> tree;
    std::vector<std::string> keys;
  };
  std::map<std::string, Group> groups_;
};

}  // namespace aloft::transfer
