// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "transfer/internal/session.h"
#include "transfer/local_tree.h"
#include "transfer/object_tree.h"

namespace aloft::transfer {

struct LinkedDownload;

/// One file or symbolic link of a container on its way to this machine. `attempt` counts from 1.
struct Download {
  std::shared_ptr<ObjectTree> source;
  Entry entry;
  std::shared_ptr<LocalTree> target;
  std::string path;
  std::shared_ptr<LinkedDownload> links{};  ///< Of the first name of a file with several.
  int attempt = 1;

  std::string shown() const { return source->name_of(entry.path); }
};

/// Whether download_batch() takes it.
bool is_small(const Session& session, const Entry& entry);

/// As many small files as are fetched by one thread together.
inline constexpr std::size_t kBatchMax = 16;
inline constexpr std::uint64_t kBatchFileBytesMax = 512_KiB;

// Both run on a thread of the session's pool and report to the session.

void download_batch(Session& session, std::vector<Download> batch);
/// A file that is not small: ranged reads of one version by all threads, into the file's place on
/// disk.
void download_file(Session& session, Download download);

}  // namespace aloft::transfer
