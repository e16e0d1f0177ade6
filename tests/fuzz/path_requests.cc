// SPDX-License-Identifier: Apache-2.0
// Whole requests to the emulator's account with a hierarchical namespace, at its Data Lake Storage
// endpoint: paths, renames, appends, access control lists, properties, listings.
#include "emulator/dfs/service.h"
#include "requests.h"

using namespace aloft;
using namespace aloft::emulator;

namespace {

class World : private blob::ServiceInMemory {
 public:
  World() : ServiceInMemory({.hierarchical_namespace = true}) {
    CHECK(both_.request("PUT", "box?resource=filesystem").status == 201);
    CHECK(both_.request("PUT", "box/a/b?resource=directory").status == 201);
    CHECK(both_.request("PUT", "box/a/file", {{"x-ms-blob-type", "BlockBlob"}}, "content").status ==
          201);
  }
  blob::FakeClient& client() { return both_; }

 private:
  struct Endpoint {
    World& world;
    http::Response handle(http::Request& request) {
      return dfs::Service::takes(request, dfs::Endpoint::dfs) ? world.paths_.handle(request)
                                                              : world.service_.handle(request);
    }
  };

  dfs::Service paths_{
      {.name = "acc", .key = "secret", .tokens = &tokens_, .hierarchical_namespace = true},
      repository_};
  Endpoint endpoint_{*this};
  blob::FakeClient both_{endpoint_, clock_};
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  fuzz::send_requests(world.client(), fuzz::text_of(data, size));
  return 0;
}
