// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "transfer/internal/object_writer.h"
#include "transfer/internal/session.h"

namespace aloft::transfer {

/// An object that the service copies, content and metadata, to another place; runs on a thread of
/// the session's pool and reports to the session.
struct ServerCopy {
  std::shared_ptr<ObjectTree> source;
  Entry entry;
  std::shared_ptr<ObjectTree> tree;
  ObjectTarget target;
  std::string link_group{};  ///< That the copy is a name of; empty: none.
};

void copy_on_server(Session& session, ServerCopy copy);

}  // namespace aloft::transfer
