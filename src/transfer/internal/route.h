// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "transfer/internal/links.h"
#include "transfer/internal/session.h"

namespace aloft::transfer {

/// Files with several names, among all placed copies.
struct HardLinks {
  UploadLinks uploads{};
  DownloadLinks downloads{};
  ServerLinks servers{};

  void finish(Session& session) {
    uploads.finish(session);
    downloads.finish(session);
    servers.finish(session);
  }
};

/// Where the entries of one placed copy go, on the walking thread: what must happen in order
/// (directories on disk, what is in the way) at once, the rest as tasks for the pool.
class Route {
 public:
  virtual ~Route() = default;
  /// An error concerns this entry alone.
  virtual Result<void> take(Entry entry, std::string target_path) = 0;
  /// Nothing more comes; tasks may still run.
  virtual void no_more() {}
};

/// To a container, from one, or between two. All arguments outlive it.
std::unique_ptr<Route> route_for(Session& session, const PlacedCopy& copy, HardLinks& links,
                                 UnfinishedDirectories& directories);

}  // namespace aloft::transfer
