// SPDX-License-Identifier: Apache-2.0
// What objects of others say about files: names and attributes. The input is a key and lines of
// "name: value" as metadata.
#include "format/attributes.h"

#include <string>

#include "format/content_notes.h"
#include "format/link_group.h"
#include "format/names.h"
#include "target.h"

using namespace aloft;

namespace {

void check_names(std::string_view key) {
  CHECK(format::key_of_path(format::path_of_key(key)) == key);
  (void)format::check_key(key);
}

/// What was read is written so that it reads the same.
void check_attributes(ObjectInfo object) {
  const format::FileAttributes read = format::decode_attributes(object);
  format::encode_attributes(read, object.metadata);
  CHECK(format::decode_attributes(object) == read);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  ObjectInfo object;
  object.key = fuzz::take_until(text, "\n");
  while (!text.empty()) {
    std::string_view line = fuzz::take_until(text, "\n");
    const std::string name(fuzz::take_until(line, ": "));
    object.metadata[name] = line;
  }
  check_names(object.key);
  format::link_group_key(object);
  check_attributes(std::move(object));
  return 0;
}
