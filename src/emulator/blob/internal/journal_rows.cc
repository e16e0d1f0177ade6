// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/internal/journal_rows.h"

#include <cstring>
#include <nlohmann/json.hpp>

namespace aloft::emulator::blob {

namespace {

using nlohmann::json;

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::corrupt, "the data directory is damaged: " + std::string(what));
}

class Writer {
 public:
  void number(std::uint64_t value) { raw(&value, sizeof(value)); }
  void text(std::string_view value) {
    number(value.size());
    raw(value.data(), value.size());
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void raw(const void* data, std::size_t size) {
    const auto* begin = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), begin, begin + size);
  }
  std::vector<std::byte> bytes_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  bool at_end() const { return bytes_.empty(); }
  bool number(std::uint64_t& value) {
    if (bytes_.size() < sizeof(value)) return false;
    std::memcpy(&value, bytes_.data(), sizeof(value));
    bytes_ = bytes_.subspan(sizeof(value));
    return true;
  }
  bool text(std::string& value) {
    std::uint64_t size = 0;
    if (!number(size) || bytes_.size() < size) return false;
    value.assign(reinterpret_cast<const char*>(bytes_.data()), static_cast<std::size_t>(size));
    bytes_ = bytes_.subspan(static_cast<std::size_t>(size));
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
};

struct NamedProperty {
  const char* name;
  std::string ContentProperties::*member;
};
constexpr NamedProperty kProperties[] = {
    {"content_type", &ContentProperties::content_type},
    {"content_encoding", &ContentProperties::content_encoding},
    {"content_language", &ContentProperties::content_language},
    {"content_disposition", &ContentProperties::content_disposition},
    {"cache_control", &ContentProperties::cache_control},
    {"content_md5", &ContentProperties::content_md5},
};

/// Header values may be bytes that are no UTF-8, which JSON cannot hold: Latin-1 spelled as UTF-8
/// holds any byte.
std::string widen(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | (code >> 6));
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return text;
}

std::string narrow(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    if (code < 0x80 || i + 1 == text.size()) {
      bytes += text[i];
    } else {
      const auto next = static_cast<unsigned char>(text[++i]);
      bytes += static_cast<char>((code << 6) | (next & 0x3f));
    }
  }
  return bytes;
}

}  // namespace

std::string encode_metadata(const Metadata& metadata) {
  json list = json::array();
  for (const auto& [name, value] : metadata) list.push_back({name, widen(value)});
  return list.dump();
}

Result<Metadata> decode_metadata(std::string_view text) {
  const json list = json::parse(text, nullptr, false);
  if (!list.is_array()) return damaged("metadata");
  Metadata metadata;
  for (const json& pair : list) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return damaged("metadata");
    }
    metadata.emplace_back(pair[0].get<std::string>(), narrow(pair[1].get<std::string>()));
  }
  return metadata;
}

std::string encode_attributes(const Blob& blob) {
  json object = json::object();
  for (const auto& [name, member] : kProperties) {
    const std::string& value = blob.properties.*member;
    if (!value.empty()) object[name] = widen(value);
  }
  if (!blob.access_tier.empty()) object["access_tier"] = blob.access_tier;
  if (blob.copy) {
    object["copy"] = {{"id", blob.copy->id},
                      {"source", widen(blob.copy->source)},
                      {"completed_at", blob.copy->completed_at.time_since_epoch().count()}};
  }
  return object.dump();
}

Result<void> decode_attributes(std::string_view text, Blob& blob) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return damaged("attributes");
  try {
    for (const auto& [name, member] : kProperties) {
      blob.properties.*member = narrow(object.value(name, std::string()));
    }
    blob.access_tier = object.value("access_tier", std::string());
    if (object.contains("copy")) {
      const json& copy = object["copy"];
      blob.copy = CopyState{.id = copy.at("id").get<std::string>(),
                            .source = narrow(copy.at("source").get<std::string>()),
                            .completed_at = Seconds(
                                std::chrono::seconds(copy.at("completed_at").get<std::int64_t>()))};
    }
  } catch (const json::exception&) {
    return damaged("attributes");
  }
  return {};
}

std::vector<std::byte> encode_blocks(std::span<const Block> blocks) {
  Writer writer;
  for (const Block& block : blocks) {
    writer.text(block.id);
    writer.number(block.slices.size());
    for (const Slice& slice : block.slices) {
      writer.number(slice.content->id());
      writer.number(slice.offset);
      writer.number(slice.length_bytes);
    }
  }
  return writer.take();
}

Result<std::vector<Block>> decode_blocks(std::span<const std::byte> bytes,
                                         const ContentLookup& find_content) {
  std::vector<Block> blocks;
  Reader reader(bytes);
  while (!reader.at_end()) {
    Block block;
    std::uint64_t slices = 0;
    if (!reader.text(block.id) || !reader.number(slices)) return damaged("a list of blocks");
    for (std::uint64_t i = 0; i < slices; ++i) {
      std::uint64_t content = 0;
      Slice slice;
      if (!reader.number(content) || !reader.number(slice.offset) ||
          !reader.number(slice.length_bytes)) {
        return damaged("a list of blocks");
      }
      slice.content = find_content(content);
      if (!slice.content || slice.offset + slice.length_bytes > slice.content->size_bytes()) {
        return damaged("content " + std::to_string(content) + " is not there");
      }
      block.size_bytes += slice.length_bytes;
      block.slices.push_back(std::move(slice));
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

}  // namespace aloft::emulator::blob
