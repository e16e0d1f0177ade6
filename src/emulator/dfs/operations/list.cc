// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "emulator/blob/names.h"
#include "emulator/blob/operations/listing.h"
#include "emulator/dfs/operations/operations.h"

namespace aloft::emulator::dfs {

namespace {

/// In ticks of 100 ns since the year 1601.
std::string file_time(Seconds time) {
  constexpr std::int64_t kSecondsTo1970 = 11'644'473'600;
  return std::to_string((time.time_since_epoch().count() + kSecondsTo1970) * 10'000'000);
}

nlohmann::ordered_json path_entry(const blob::Blob& path) {
  // Numbers and truth values are texts here.
  nlohmann::ordered_json entry{{"contentLength", std::to_string(path.size_bytes)},
                               {"creationTime", file_time(path.created_at)},
                               {"etag", blob::format_bare_etag(path.etag)},
                               {"group", path.access->group}};
  if (path.is_directory) entry["isDirectory"] = "true";
  entry["lastModified"] = format_http_date(path.modified_at);
  entry["name"] = path.name;
  entry["owner"] = path.access->owner;
  entry["permissions"] = blob::format_permissions(*path.access);
  return entry;
}

/// The prefix of what is below the directory that is listed, which is one.
Outcome<std::string> listed_prefix(const Call& call) {
  const std::string directory = TRY(blob::tree_path(call.query().get("directory")));
  if (directory.empty()) return directory;
  const auto path = TRY(call.repository.find_blob(call.target.container, directory));
  if (!path->is_directory) return refuse(Refusal::resource_type_mismatch);
  return directory + "/";
}

}  // namespace

Answer list_paths(Call& call) {
  if (!call.query().contains("recursive")) {
    return refuse_parameter(Refusal::missing_required_query_parameter, "recursive", {});
  }
  const bool recursive = TRY(parse_flag(call.query(), "recursive"));
  TRY(parse_flag(call.query(), "upn"));  // Names of users are not known: ids are shown.
  const std::size_t size = TRY(blob::page_size(call.query()));
  const blob::ListPosition from = TRY(parse_continuation(call.query()));
  const std::string prefix = TRY(listed_prefix(call));
  const auto page = call.repository.index().list_blobs(
      call.target.container,
      {.prefix = prefix, .delimiter = recursive ? "" : "/", .from = from, .entries_max = size});
  if (!page) return refuse(Refusal::container_not_found);
  nlohmann::ordered_json paths = nlohmann::ordered_json::array();
  for (const blob::ListEntry& entry : page->entries) {
    if (entry.blob) paths.push_back(path_entry(*entry.blob));
  }
  http::Response response = json_response(200, {{"paths", std::move(paths)}});
  if (page->next) response.headers.add("x-ms-continuation", make_continuation(*page->next));
  return response;
}

}  // namespace aloft::emulator::dfs
