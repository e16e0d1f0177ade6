// SPDX-License-Identifier: Apache-2.0
// The journal of copies with damage: the input is what a good database has overwritten, as triples
// of place (two bytes) and value.
#include <fcntl.h>

#include <fstream>
#include <iterator>
#include <string>

#include "base/fake_clock.h"
#include "base/temporary_directory.h"
#include "target.h"
#include "transfer/journal.h"

using namespace aloft;
using namespace aloft::transfer;

namespace {

const JournalKey kKey{
    .source = "/from", .destination = "az://a/c/to", .version = "1", .part_size_bytes = 8};

std::string read_all(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// A database with one copy under way and an aged one.
std::string good_database() {
  const TemporaryDirectory directory;
  FakeClock clock;
  {
    Journal journal(directory.path() + "/journal", clock);
    JournalKey aged = kKey;
    aged.source = "/aged";
    CHECK(journal.claim(aged).value()->begin("old").has_value());
  }
  clock.advance(std::chrono::hours(8 * 24));
  {
    Journal journal(directory.path() + "/journal", clock);
    auto claim = journal.claim(kKey).value();
    CHECK(claim->begin("token", {.path = directory.path() + "/partial"}).has_value());
    for (const std::uint64_t part : {1u, 2u, 7u}) CHECK(claim->part_finished(part).has_value());
  }
  return read_all(directory.path() + "/journal/journal.db");
}

void use(const std::string& directory) {
  FakeClock clock;
  clock.advance(std::chrono::hours(16 * 24));
  Journal journal(directory, clock);
  auto claimed = journal.claim(kKey);
  if (!claimed || !*claimed) return;
  auto& claim = **claimed;
  if (!claim.token().empty()) (void)claim.part_finished(3);
  (void)claim.begin("another");
  (void)claim.part_finished(0);
  (void)claim.completed("made");
  (void)claim.forget();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string good = good_database();
  std::string damaged = good;
  for (; size >= 3; data += 3, size -= 3) {
    damaged[(data[0] * 256u + data[1]) % damaged.size()] = static_cast<char>(data[2]);
  }
  const TemporaryDirectory directory;
  std::ofstream(directory.path() + "/journal.db", std::ios::binary) << damaged;
  use(directory.path());
  return 0;
}
