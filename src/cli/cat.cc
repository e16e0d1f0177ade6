// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/byte_size.h"
#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/places.h"

namespace aloft::cli {

namespace {

constexpr std::uint64_t kPartBytes = 4_MiB;
constexpr std::size_t kPartsAtOnce = 4;

// Several parts are under way at a time while a container is read; all of one version.
Result<void> print_object(ObjectStore& store, const ObjectInfo& object, Output& output,
                          const Limits& limits) {
  std::vector<std::byte> buffer(std::min(object.size_bytes, kPartBytes * kPartsAtOnce));
  for (std::uint64_t offset = 0; offset < object.size_bytes;) {
    std::vector<ReadPart> parts;
    std::span<std::byte> free = buffer;
    while (!free.empty() && offset < object.size_bytes) {
      const std::uint64_t size =
          std::min<std::uint64_t>({kPartBytes, free.size(), object.size_bytes - offset});
      parts.push_back({.request = {.key = object.key,
                                   .range = {.offset = offset, .length_bytes = size},
                                   .if_match = object.etag},
                       .buffer = free.first(size)});
      free = free.subspan(size);
      offset += size;
    }
    store.read_many(parts, limits);
    for (const ReadPart& part : parts) {
      if (!part.result) return fail(part.result.error());
      if (part.result->size_bytes != part.buffer.size()) {
        return fail(ErrorCode::corrupt, object.key + " ended before its stated size");
      }
      output.bytes(part.buffer);
    }
  }
  return {};
}

Result<void> print_local(const transfer::Located& file, Output& output, const Limits& limits) {
  const UniqueFd fd = TRY(transfer::open_regular(file.local->directory(), file.path));
  std::vector<std::byte> buffer(kPartBytes);
  for (std::uint64_t offset = 0; offset < file.entry.size_bytes;) {
    TRY(limits.check(system_clock(), "reading " + file.shown()));
    const std::uint64_t size =
        std::min<std::uint64_t>(buffer.size(), file.entry.size_bytes - offset);
    const std::span<std::byte> part = std::span(buffer).first(size);
    TRY(transfer::read_exactly(fd.get(), offset, part, file.shown()));
    output.bytes(part);
    offset += size;
  }
  return {};
}

Result<void> print_one(Places& places, const std::string& text, Output& output,
                       const Limits& limits) {
  const transfer::Place place = TRY(places.place(text));
  const transfer::Located file = TRY(locate(place, transfer::Links::follow, limits));
  if (file.entry.kind() != transfer::FileKind::regular) {
    return fail(ErrorCode::unsupported, file.shown() + " is a " +
                                            std::string(transfer::name_of(file.entry.kind())) +
                                            "; cat prints files");
  }
  if (file.local) return print_local(file, output, limits);
  return print_object(file.object->store(), *file.entry.object, output, limits);
}

void run(Context& context, const std::vector<std::string>& files) {
  const Interruption interruption;
  Places places(context);
  Output output;
  for_each_named(context, places, files, interruption, [&](const std::string& file) {
    return print_one(places, file, output, interruption.limits());
  });
}

}  // namespace

void add_cat_command(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("cat", "Print the content of files");
  const auto files = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("FILE", *files,
                   "az://ACCOUNT/CONTAINER/PATH, also with * ? [ ] and **, or paths of "
                   "this machine")
      ->required();
  command->callback([&context, files] { run(context, *files); });
}

}  // namespace aloft::cli
