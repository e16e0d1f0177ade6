// SPDX-License-Identifier: Apache-2.0
// Whole requests to the emulator's Blob service: targets, queries, Shared Key, SAS, conditions,
// ranges, metadata, tags, bodies. The input is "METHOD path?query", header fields, an empty line
// and a body, and further ones behind a line of "%%". The path is of the account; who brings
// neither Authorization nor a signature in the query is signed for.
#include <algorithm>
#include <string>

#include "emulator/blob/service_fixture_fake.h"
#include "target.h"

using namespace aloft;
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

  void ask(std::string_view text) {
    std::string_view line = fuzz::take_until(text, "\n");
    const std::string_view method = fuzz::take_until(line, " ");
    const std::string path(line);
    http::Headers headers;
    for (line = fuzz::take_until(text, "\n"); !line.empty(); line = fuzz::take_until(text, "\n")) {
      const std::string_view name = fuzz::take_until(line, ": ");
      // What the HTTP server lets through.
      if (http::is_field_name(name) && http::is_field_value(line)) headers.add(name, line);
    }
    const bool is_signed =
        headers.contains("Authorization") || path.find("sig=") != std::string::npos;
    check(is_signed ? client_.request_as_is(method, path, std::move(headers), std::string(text))
                    : client_.request(method, path, std::move(headers), std::string(text)));
  }

 private:
  static void check(const FakeAnswer& answer) {
    // 501: an operation that the emulator has not.
    CHECK((answer.status >= 200 && answer.status < 500) || answer.status == 501);
    CHECK((answer.status < 300) == answer.code.empty());
  }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  std::string_view text = fuzz::text_of(data, size);
  while (!text.empty()) world.ask(fuzz::take_until(text, "\n%%\n"));
  return 0;
}
