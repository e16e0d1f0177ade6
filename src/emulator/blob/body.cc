// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/body.h"

namespace aloft::emulator::blob {

Outcome<std::size_t> read_part(http::RequestBody& body, std::span<std::byte> buffer) {
  const auto got = body.read(buffer);
  if (!got) {
    return refuse(got.error().code == ErrorCode::deadline_exceeded ? Refusal::operation_timed_out
                                                                   : Refusal::invalid_input,
                  got.error().message);
  }
  if (*got == 0) {
    return refuse(Refusal::invalid_input, "the body is shorter than its Content-Length");
  }
  return *got;
}

Outcome<void> read_whole(http::RequestBody& body, std::span<std::byte> buffer) {
  while (!buffer.empty()) buffer = buffer.subspan(TRY(read_part(body, buffer)));
  return {};
}

}  // namespace aloft::emulator::blob
