// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "transfer/internal/object_writer.h"
#include "transfer/internal/session.h"
#include "transfer/local_tree.h"

namespace aloft::transfer {

struct LinkedUpload;

/// One file of this machine on its way into a container. `attempt` counts from 1.
struct Upload {
  std::shared_ptr<LocalTree> source;
  std::string path;
  std::shared_ptr<ObjectTree> tree;
  ObjectTarget target;
  std::shared_ptr<LinkedUpload> links{};  ///< Of the first name of a file with several.
  int attempt = 1;

  std::string shown() const { return source->name_of(path); }
};

/// Where the object is, or will be.
Result<std::string> key_of(const Upload& upload);

/// Runs on a thread of the session's pool: a small file is one request; a large one becomes parts
/// for all threads, staged and then committed at once. Reports to the session.
void upload_file(Session& session, Upload upload);

}  // namespace aloft::transfer
