// SPDX-License-Identifier: Apache-2.0
// Whole requests to the emulator's Blob service: targets, queries, Shared Key, SAS, conditions,
// ranges, metadata, tags, bodies.
#include "requests.h"

using namespace aloft::emulator::blob;

namespace {

class World : private ServiceInMemory {
 public:
  World() {
    CHECK(client_.request("PUT", "box?restype=container").status == 201);
    CHECK(
        client_
            .request("PUT", "box/blob",
                     {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-meta-a", "1"}, {"x-ms-tags", "k=v"}},
                     "content")
            .status == 201);
    CHECK(client_.request("PUT", "box/staged?comp=block&blockid=YQ==", {}, "block").status == 201);
  }
  FakeClient& client() { return client_; }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  fuzz::send_requests(world.client(), fuzz::text_of(data, size));
  return 0;
}
