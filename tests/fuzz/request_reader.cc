// SPDX-License-Identifier: Apache-2.0
// The requests of one connection to the HTTP server: heads, counted and chunked bodies, one after
// the other.
#include "http/internal/request_reader.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/file.h"
#include "target.h"

using namespace aloft;
using namespace aloft::http;

namespace {

// The socket's buffer takes it all at once.
constexpr std::size_t kInputBytesMax = std::size_t{64} << 10;

/// A head that says more than its bytes did could invent fields behind us.
void check_head(const std::string& target, const Headers& headers) {
  CHECK(!target.empty() && target.find_first_of(" \r\n") == std::string::npos);
  for (const auto& [name, value] : headers) {
    CHECK(is_field_name(name));
    CHECK(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

/// False where the rest of the connection is of no use.
bool read_request(RequestReader& reader) {
  Method method{};
  std::string target;
  Headers headers;
  const auto outcome = reader.read_head(method, target, headers);
  if (outcome == RequestReader::Outcome::malformed) {
    constexpr std::array kStatuses{400, 408, 417, 431, 501};
    CHECK(std::ranges::find(kStatuses, reader.error_status()) != kStatuses.end());
  }
  if (outcome != RequestReader::Outcome::request) return false;
  check_head(target, headers);
  RequestBody& body = reader.body();
  const auto length = body.length_bytes();
  // Some handlers read no body, some a part of it, some all.
  const std::size_t wanted = target.size() % 3 == 0 ? 0 : target.size() % 3 == 1 ? 10 : 100'000;
  std::array<std::byte, 1000> buffer{};
  for (std::size_t taken = 0; taken < wanted;) {
    const auto got = body.read(std::span(buffer).first(std::min(buffer.size(), wanted - taken)));
    if (!got || *got == 0) break;
    taken += *got;
    CHECK(!length || taken <= *length);
  }
  return reader.finish_body() && reader.keep_alive();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int ends[2];
  CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  const auto sent = static_cast<ssize_t>(std::min(size, kInputBytesMax));
  CHECK(::send(theirs.get(), data, static_cast<std::size_t>(sent), 0) == sent);
  CHECK(::shutdown(theirs.get(), SHUT_WR) == 0);
  ServerStream stream(ours.get(), nullptr);
  const ServerOptions options{.head_bytes_max = 4096};
  std::atomic<ConnectionState> state{ConnectionState::idle};
  RequestReader reader(stream, options, state);
  while (read_request(reader)) state = ConnectionState::idle;
  return 0;
}
