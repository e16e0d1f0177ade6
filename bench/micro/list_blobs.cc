// SPDX-License-Identifier: Apache-2.0
// How many entries per second of CPU time the emulator lists of a container of a million blobs,
// page by page as a client does, and what the blobs and a page take of memory. Without sockets:
// what is measured is finding the page and writing its XML.
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "emulator/blob/memory_storage.h"
#include "emulator/blob/service_fixture_fake.h"
#include "measure.h"

namespace {

using namespace aloft;
using namespace aloft::emulator::blob;

constexpr int kBlobs = 1'000'000;
constexpr int kRounds = 5;

double resident_mib() {
  std::size_t pages = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

void fill(Repository& repository) {
  CHECK(repository.create_container("box", {}).has_value());
  for (int i = 0; i < kBlobs; ++i) {
    char name[64];
    std::snprintf(name, sizeof name, "project/run-%04d/part-%06d.bin", i / 1000, i);
    const auto make = [](const Blob*) -> emulator::Outcome<Blob> {
      return Blob{.properties = {.content_type = "application/octet-stream",
                                 .content_md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="},
                  .metadata = {{"permissions", "33188"}, {"posix_owner", "1000"}}};
    };
    CHECK(repository.write_blob("box", name, Repository::Write::content, make).has_value());
  }
}

/// Lists all pages; returns the number of entries, and the largest page in bytes.
std::pair<int, std::size_t> list_all(FakeClient& client, const std::string& query) {
  int entries = 0;
  std::size_t largest = 0;
  std::string marker;
  do {
    const std::string more = marker.empty() ? "" : "&marker=" + marker;
    const FakeAnswer page = client.request("GET", "box?restype=container&comp=list" + query + more);
    CHECK(page.status == 200);
    largest = std::max(largest, page.body.size());
    for (std::size_t at = 0; (at = page.body.find("<Name>", at)) != std::string::npos; ++at) {
      ++entries;
    }
    const std::size_t begin = page.body.rfind("<NextMarker>");
    marker.clear();
    if (begin != std::string::npos) {
      const std::string text =
          page.body.substr(begin + 12, page.body.find('<', begin + 12) - begin - 12);
      marker = emulator::percent_encode(text, false);
    }
  } while (!marker.empty());
  return {entries, largest};
}

}  // namespace

int main() {
  const double before = resident_mib();
  FakeClock clock;
  Index index;
  MemoryStorage storage(index);
  Repository repository(index, storage, clock, {});
  Service service({.name = "acc", .key = "secret"}, repository);
  FakeClient client(service, clock);
  fill(repository);
  const double filled = resident_mib();
  std::printf("%d blobs take %.0f MiB\n", kBlobs, filled - before);
  for (const char* query : {"", "&include=metadata", "&include=snapshots,versions,deleted"}) {
    std::vector<double> rates;
    std::size_t largest = 0;
    for (int round = 0; round < kRounds; ++round) {
      const double start = bench::cpu_seconds();
      const auto [entries, bytes] = list_all(client, query);
      CHECK(entries == kBlobs);
      rates.push_back(entries / (bench::cpu_seconds() - start) / 1000);
      largest = bytes;
    }
    std::printf("%-40s %s thousand entries per CPU second, pages of %.1f MiB\n",
                *query == '\0' ? "plain" : query + 1, bench::spread(rates).c_str(),
                static_cast<double>(largest) / (1 << 20));
  }
  std::printf("listing took %.0f MiB more\n", resident_mib() - filled);
  return 0;
}
