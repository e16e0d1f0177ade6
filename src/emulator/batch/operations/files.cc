// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <charconv>

#include "emulator/batch/operations/operations.h"
#include "emulator/wire/query.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::array<std::string_view, 1> kProperties{"name"};

/// The files of a task or a node, which may be looked at without the account's lock.
struct Place {
  std::shared_ptr<const Node> machine;  ///< Keeps the view useful.
  FileView view;
  std::string url;
};

Outcome<Place> node_place(Call& call) {
  const auto state = call.account.lock();
  const Pool* pool = TRY(find_pool(*state, call.argument(0)));
  const PoolNode* node = TRY(find_node(*pool, call.argument(1)));
  auto machine = state->fleet().find(node->id);
  if (!machine) return refuse(Refusal::node_state_unusable);
  FileView view = machine->files();
  return Place{.machine = std::move(machine),
               .view = std::move(view),
               .url = node_url(call.viewer, pool->id, node->id)};
}

Outcome<Place> task_place(Call& call) {
  const auto state = call.account.lock();
  const Job* job = TRY(find_job(*state, call.argument(0)));
  const Task* task = TRY(find_task(*job, call.argument(1)));
  if (!task->execution || task->execution->node.empty()) {
    return refuse(Refusal::task_files_unavailable, "the task has not run");
  }
  auto machine = state->fleet().find(task->execution->node);
  if (!machine) return refuse(Refusal::task_files_unavailable, "its node is gone");
  FileView view = machine->task_files(job->id, task->id);
  return Place{.machine = std::move(machine),
               .view = std::move(view),
               .url = task_url(call.viewer, *job, *task)};
}

tl::unexpected<ServiceError> refuse_file(const Error& error) {
  if (error.code == ErrorCode::not_found) return refuse(Refusal::file_not_found);
  if (error.os_errno == EISDIR) return refuse(Refusal::file_not_found, "it is a directory");
  return refuse(make_error(error));
}

Instant modified_at(const FileEntry& entry) {
  return std::chrono::floor<std::chrono::microseconds>(entry.modified_at);
}

void add_fields(http::Response& response, const std::string& parent_url, const FileEntry& entry) {
  const Version version{modified_at(entry)};
  const std::string date =
      format_http_date(std::chrono::floor<std::chrono::seconds>(version.modified));
  char mode[16];
  std::snprintf(mode, sizeof(mode), "0o%06o", static_cast<unsigned>(entry.mode));
  response.headers.add("ETag", format_etag(version));
  response.headers.add("Last-Modified", date);
  response.headers.add("ocp-creation-time", date);
  response.headers.add("ocp-batch-file-isdirectory", entry.is_directory ? "true" : "false");
  response.headers.add("ocp-batch-file-url",
                       parent_url + "/files/" + percent_encode(entry.name, false));
  response.headers.add("ocp-batch-file-mode", mode);
  response.headers.add("Content-Type", "application/octet-stream");
}

class FileSource final : public http::BodySource {
 public:
  FileSource(UniqueFd fd, std::uint64_t offset) : fd_(std::move(fd)), offset_(offset) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    const std::size_t got = TRY(read_at(fd_.get(), offset_, buffer, "a file of a node"));
    offset_ += got;
    return got;
  }

 private:
  UniqueFd fd_;
  std::uint64_t offset_;
};

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length_bytes = 0;
};

/// "bytes=FIRST-LAST" or "bytes=FIRST-", cut off at the end of the file.
Outcome<Range> range_in(const http::Headers& headers, std::uint64_t size_bytes) {
  const auto field = headers.find("ocp-range");
  if (!field) return Range{.length_bytes = size_bytes};
  constexpr std::string_view kUnit = "bytes=";
  std::uint64_t first = 0;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  const std::string_view text = field->starts_with(kUnit) ? field->substr(kUnit.size()) : "";
  const char* const end = text.data() + text.size();
  const auto [dash, error] = std::from_chars(text.data(), end, first);
  bool valid = error == std::errc() && dash != end && *dash == '-';
  if (valid && dash + 1 != end) {
    const auto [stop, last_error] = std::from_chars(dash + 1, end, last);
    valid = last_error == std::errc() && stop == end && last >= first;
  }
  if (!valid) return refuse_header(Refusal::invalid_header_value, "ocp-range", *field);
  if (first >= size_bytes) return refuse(Refusal::invalid_range);
  return Range{.offset = first, .length_bytes = std::min(last, size_bytes - 1) - first + 1};
}

Answer list_files(Call& call, const Place& place) {
  Listing listing = TRY(Listing::parse(call.target, kProperties));
  const bool recursive = http::equal_ignoring_case(call.target.query.get("recursive"), "true");
  const auto entries = place.view.list(recursive);
  if (!entries && entries.error().code != ErrorCode::not_found) return refuse_file(entries.error());
  for (const FileEntry& entry : entries.value_or(std::vector<FileEntry>())) {
    if (entry.name < listing.token()) continue;
    const bool goes_on = listing.offer(
        entry.name, [&](std::size_t) { return entry.name; },
        [&] { return file_view(call.viewer, place.url, entry); });
    if (!goes_on) break;
  }
  return json_response(listing.finish(call.viewer.base_url, "files"));
}

Answer get_file(Call& call, const Place& place, const std::string& name) {
  auto opened = place.view.open(name);
  if (!opened) return refuse_file(opened.error());
  TRY(check_conditions(call.headers(), {modified_at(opened->entry)}, true));
  const Range range = TRY(range_in(call.headers(), opened->entry.size_bytes));
  http::Response response;
  add_fields(response, place.url, opened->entry);
  response.source = std::make_unique<FileSource>(std::move(opened->fd), range.offset);
  response.source_length_bytes = range.length_bytes;
  return response;
}

Answer head_file(Call& call, const Place& place, const std::string& name) {
  const auto entry = place.view.find(name);
  if (!entry) return refuse_file(entry.error());
  TRY(check_conditions(call.headers(), {modified_at(*entry)}, true));
  http::Response response;
  add_fields(response, place.url, *entry);
  response.head_length_bytes = entry->size_bytes;
  return response;
}

}  // namespace

Answer list_task_files(Call& call) {
  return list_files(call, TRY(task_place(call)));
}
Answer get_task_file(Call& call) {
  return get_file(call, TRY(task_place(call)), call.argument(2));
}
Answer head_task_file(Call& call) {
  return head_file(call, TRY(task_place(call)), call.argument(2));
}

Answer list_node_files(Call& call) {
  return list_files(call, TRY(node_place(call)));
}
Answer get_node_file(Call& call) {
  return get_file(call, TRY(node_place(call)), call.argument(2));
}
Answer head_node_file(Call& call) {
  return head_file(call, TRY(node_place(call)), call.argument(2));
}

}  // namespace aloft::emulator::batch
