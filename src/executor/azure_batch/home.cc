// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/home.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace aloft::executor {
namespace {

using workload::JobId;
using workload::TaskName;

constexpr std::string_view kJobs = ".aloft/jobs/";
constexpr std::string_view kNextKey = ".aloft/jobs/next";
constexpr std::string_view kSubmitting = ".aloft/jobs/submitting/";
/// One listing of a folder shows the records in it: they are metadata of their objects, too.
constexpr const char* kRecordName = "aloft_record";
/// Longest message there; each byte may take six in JSON, and the service takes 8 KiB in all.
constexpr std::size_t kListedMessageBytesMax = 1000;
/// Most records are smaller; larger ones take a second request.
constexpr std::size_t kRecordBytesUsual = 64u << 10;
constexpr std::size_t kReadsAtOnce = 32;
constexpr std::size_t kBundleBytesMax = 1u << 30;
const Conditions kAbsent{.if_none_match = "*"};

std::string padded(std::uint64_t number) {
  return fmt::format("{:012}", number);
}

std::string key_in_job(JobId id, std::string_view name) {
  return fmt::format("{}{}/{}", kJobs, padded(id), name);
}

std::string submitting_key(JobId id) {
  return std::string(kSubmitting) + padded(id);
}

std::string start_key(JobId id, std::uint64_t number) {
  return key_in_job(id, "start/" + padded(number));
}

std::string exit_key(JobId id, std::uint64_t number) {
  return key_in_job(id, "exit/" + padded(number));
}

std::string cancel_key(const TaskName& name) {
  return key_in_job(name.job, name.index ? fmt::format("cancel-{}", *name.index) : "cancel");
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

tl::unexpected<Error> corrupt(const ObjectStore& store, std::string_view key,
                              const std::string& why) {
  return fail(ErrorCode::corrupt, fmt::format("{}/{}: {}", store.name(), key, why));
}

/// The same with the object's name in front of the reason.
template <class T>
Result<T> from(const ObjectStore& store, std::string_view key, Result<T> parsed) {
  if (parsed) return parsed;
  Error error = std::move(parsed).error();
  error.message = fmt::format("{}/{}: {}", store.name(), key, error.message);
  return fail(std::move(error));
}

struct Content {
  std::string text;
  Etag etag;
};

Result<Content> read_content(ObjectStore& store, std::string_view key, const Limits& limits) {
  Content content{.text = std::string(kRecordBytesUsual, '\0'), .etag = {}};
  const auto first = TRY(
      store.read({.key = key, .range = {.length_bytes = content.text.size()}, .want_info = true},
                 std::as_writable_bytes(std::span(content.text)), limits));
  CHECK(first.info.has_value());
  content.etag = first.info->etag;
  content.text.resize(first.info->size_bytes);
  const std::size_t have = first.size_bytes;
  if (have == content.text.size()) return content;
  TRY(store.read({.key = key,
                  .range = {.offset = have, .length_bytes = content.text.size() - have},
                  .if_match = content.etag},
                 std::as_writable_bytes(std::span(content.text).subspan(have)), limits));
  return content;
}

Result<std::optional<std::string>> read_if_present(ObjectStore& store, std::string_view key,
                                                   const Limits& limits) {
  auto content = read_content(store, key, limits);
  if (content) return std::optional(std::move(content->text));
  if (content.error().code == ErrorCode::not_found) return std::nullopt;
  return fail(std::move(content).error());
}

Result<void> put_text(ObjectStore& store, std::string_view key, std::string_view text,
                      const Metadata& metadata, const Conditions& conditions,
                      const Limits& limits) {
  TRY(store.put({.key = key,
                 .content = std::as_bytes(std::span(text)),
                 .metadata = metadata,
                 .conditions = conditions},
                limits));
  return {};
}

/// Several may remove an object at the same time.
Result<void> remove_if_present(ObjectStore& store, const std::string& key, const Limits& limits) {
  const auto removed = store.remove(key, {}, limits);
  if (removed || removed.error().code == ErrorCode::not_found) return {};
  return removed;
}

/// Calls `take` with each object below a prefix.
template <class Take>
Result<void> for_each_object(ObjectStore& store, std::string_view prefix, bool metadata,
                             const Limits& limits, Take take) {
  std::string marker;
  do {
    ListPage page =
        TRY(store.list({.prefix = prefix, .marker = marker, .metadata = metadata}, limits));
    for (const ObjectInfo& object : page.objects) TRY(take(object));
    marker = std::move(page.next_marker);
  } while (!marker.empty());
  return {};
}

/// Records below a prefix as their listing has them, by the number that is their name.
template <class Record>
Result<std::map<std::uint64_t, Record>> list_records(ObjectStore& store, const std::string& prefix,
                                                     Result<Record> (*parse)(std::string_view),
                                                     const Limits& limits) {
  std::map<std::uint64_t, Record> records;
  const auto take = [&](const ObjectInfo& object) -> Result<void> {
    const auto number = parse_number(std::string_view(object.key).substr(prefix.size()));
    const auto text = object.metadata.find(kRecordName);
    if (!number || text == object.metadata.end()) {
      return corrupt(store, object.key, "this is no record of Aloft");
    }
    records.emplace_hint(records.end(), *number, TRY(from(store, object.key, parse(text->second))));
    return {};
  };
  TRY(for_each_object(store, prefix, true, limits, take));
  return records;
}

/// As metadata can have it: ASCII, of bounded length.
std::string listed_text(ExitRecord record) {
  if (record.message.size() > kListedMessageBytesMax) {
    record.message.resize(kListedMessageBytesMax);
    record.message += "…";
  }
  return nlohmann::json::parse(to_json(record)).dump(-1, ' ', true);
}

Result<std::vector<JobId>> list_job_ids(ObjectStore& store, const Limits& limits) {
  std::vector<JobId> ids;
  std::string marker;
  do {
    ListPage page = TRY(store.list(
        {.prefix = kJobs, .delimiter = "/", .marker = marker, .metadata = false}, limits));
    for (std::string_view folder : page.prefixes) {
      folder.remove_prefix(kJobs.size());
      folder.remove_suffix(1);
      if (const auto id = parse_number(folder)) ids.push_back(*id);
    }
    marker = std::move(page.next_marker);
  } while (!marker.empty());
  return ids;
}

}  // namespace

Result<std::uint64_t> BatchHome::take_numbers(std::uint64_t count, const Limits& limits) {
  while (true) {
    std::uint64_t first = 1;
    Conditions conditions = kAbsent;
    const auto present = read_content(*store_, kNextKey, limits);
    if (present) {
      const auto number = parse_number(present->text);
      if (!number) return corrupt(*store_, kNextKey, "this is no number");
      first = *number;
      conditions = {.if_match = present->etag};
    } else if (present.error().code != ErrorCode::not_found) {
      return fail(present.error());
    }
    const auto written =
        put_text(*store_, kNextKey, std::to_string(first + count), {}, conditions, limits);
    if (written) return first;
    // Somebody else took theirs in between; one of all who try at a time gets through.
    const bool lost_race = written.error().code == ErrorCode::precondition_failed ||
                           written.error().code == ErrorCode::already_exists;
    if (!lost_race) return fail(written.error());
  }
}

Result<void> BatchHome::create_job(const JobRecord& record, std::string_view script,
                                   const Limits& limits) {
  const Metadata none;
  TRY(put_text(*store_, submitting_key(record.id), "", none, {}, limits));
  TRY(put_text(*store_, key_in_job(record.id, "script"), script, none, kAbsent, limits));
  return put_text(*store_, key_in_job(record.id, "job.json"), to_json(record), none, kAbsent,
                  limits);
}

Result<void> BatchHome::end_submission(JobId id, const Limits& limits) {
  return remove_if_present(*store_, submitting_key(id), limits);
}

Result<void> BatchHome::drop_submission(JobId id, std::chrono::seconds age, const Limits& limits) {
  const auto mark = store_->head(submitting_key(id), limits);
  if (!mark && mark.error().code == ErrorCode::not_found) return {};
  if (!mark) return fail(mark.error());
  if (std::chrono::system_clock::now() - mark->last_modified < age) return {};
  // The mark last, so that whoever comes after a kill finds it and goes on.
  TRY(remove_if_present(*store_, key_in_job(id, "script"), limits));
  return end_submission(id, limits);
}

Result<std::vector<JobId>> BatchHome::open_submissions(const Limits& limits) {
  std::vector<JobId> ids;
  const auto take = [&ids](const ObjectInfo& object) -> Result<void> {
    const auto id = parse_number(std::string_view(object.key).substr(kSubmitting.size()));
    if (id) ids.push_back(*id);
    return {};
  };
  TRY(for_each_object(*store_, kSubmitting, false, limits, take));
  return ids;
}

Result<JobRecord> BatchHome::job(JobId id, const Limits& limits) {
  const std::string key = key_in_job(id, "job.json");
  const auto content = TRY(read_if_present(*store_, key, limits));
  if (!content) {
    return fail(ErrorCode::not_found, fmt::format("{} has no job {}; `aloft jobs` lists those that "
                                                  "exist",
                                                  name(), id));
  }
  return from(*store_, key, job_record_from_json(*content));
}

Result<std::string> BatchHome::script(JobId id, const Limits& limits) {
  return std::move(TRY(read_content(*store_, key_in_job(id, "script"), limits)).text);
}

Result<std::vector<JobRecord>> BatchHome::jobs(const Limits& limits) {
  const std::vector<JobId> ids = TRY(list_job_ids(*store_, limits));
  std::vector<JobRecord> records;
  for (std::size_t begin = 0; begin < ids.size(); begin += kReadsAtOnce) {
    const std::size_t count = std::min(kReadsAtOnce, ids.size() - begin);
    TRY(read_jobs(std::span(ids).subspan(begin, count), records, limits));
  }
  return records;
}

Result<void> BatchHome::read_jobs(std::span<const JobId> ids, std::vector<JobRecord>& records,
                                  const Limits& limits) {
  std::vector<std::string> keys, buffers(ids.size(), std::string(kRecordBytesUsual, '\0'));
  std::vector<ReadPart> parts;
  keys.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    keys.push_back(key_in_job(ids[i], "job.json"));
    parts.push_back({.request = {.key = keys[i], .range = {.length_bytes = kRecordBytesUsual}},
                     .buffer = std::as_writable_bytes(std::span(buffers[i]))});
  }
  store_->read_many(parts, limits);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto& read = parts[i].result;
    if (!read && read.error().code == ErrorCode::not_found) continue;  // Never came to exist.
    if (!read) return fail(read.error());
    if (read->size_bytes == kRecordBytesUsual) {  // There is more of it.
      records.push_back(TRY(job(ids[i], limits)));
      continue;
    }
    buffers[i].resize(read->size_bytes);
    records.push_back(TRY(from(*store_, keys[i], job_record_from_json(buffers[i]))));
  }
  return {};
}

Result<void> BatchHome::request_cancel(const TaskName& name, const Limits& limits) {
  return put_text(*store_, cancel_key(name), "", {}, {}, limits);
}

Result<CancelRequests> BatchHome::cancel_requests(JobId id, const Limits& limits) {
  const std::string prefix = cancel_key({.job = id});
  CancelRequests requests;
  const auto take = [&](const ObjectInfo& object) -> Result<void> {
    const std::string_view rest = std::string_view(object.key).substr(prefix.size());
    if (rest.empty()) {
      requests.all = true;
    } else if (const auto index = parse_number(rest.substr(1))) {
      requests.elements.insert(static_cast<std::uint32_t>(*index));
    }
    return {};
  };
  TRY(for_each_object(*store_, prefix, false, limits, take));
  return requests;
}

Result<bool> BatchHome::cancel_requested(const TaskName& name, const Limits& limits) {
  for (const TaskName& asked : {TaskName{.job = name.job}, name}) {
    const auto found = store_->head(cancel_key(asked), limits);
    if (found) return true;
    if (found.error().code != ErrorCode::not_found) return fail(found.error());
  }
  return false;
}

Result<void> BatchHome::write_start(JobId id, std::uint64_t number, const AttemptRecord& record,
                                    const Limits& limits) {
  const std::string text = to_json(record);
  return put_text(*store_, start_key(id, number), text, {{kRecordName, text}}, {}, limits);
}

Result<void> BatchHome::write_exit(JobId id, std::uint64_t number, const ExitRecord& record,
                                   const Limits& limits) {
  return put_text(*store_, exit_key(id, number), to_json(record),
                  {{kRecordName, listed_text(record)}}, kAbsent, limits);
}

Result<std::optional<AttemptRecord>> BatchHome::start(JobId id, std::uint64_t number,
                                                      const Limits& limits) {
  const std::string key = start_key(id, number);
  const auto text = TRY(read_if_present(*store_, key, limits));
  if (!text) return std::nullopt;
  return TRY(from(*store_, key, attempt_record_from_json(*text)));
}

Result<std::optional<ExitRecord>> BatchHome::exit(JobId id, std::uint64_t number,
                                                  const Limits& limits) {
  const std::string key = exit_key(id, number);
  const auto text = TRY(read_if_present(*store_, key, limits));
  if (!text) return std::nullopt;
  return TRY(from(*store_, key, exit_record_from_json(*text)));
}

Result<std::map<std::uint64_t, ExitRecord>> BatchHome::exits(JobId id, const Limits& limits) {
  return list_records(*store_, key_in_job(id, "exit/"), &exit_record_from_json, limits);
}

Result<TaskRecords> BatchHome::task_records(JobId id, const Limits& limits) {
  // Starts first: a task that begins and ends between the two listings is then in both or only in
  // the second, never a task that has begun and vanished.
  TaskRecords records;
  records.starts =
      TRY(list_records(*store_, key_in_job(id, "start/"), &attempt_record_from_json, limits));
  records.exits = TRY(exits(id, limits));
  return records;
}

Result<bool> BatchHome::has_ended(const JobRecord& record, const Limits& limits) {
  return TRY(exits(record.id, limits)).size() >= record.job.task_count();
}

std::string BatchHome::bundle_key(std::string_view digest) {
  return fmt::format(".aloft/bundles/{}.tar.gz", digest);
}

Result<void> BatchHome::keep_bundle(const Bundle& bundle, const Limits& limits) {
  const std::string key = bundle_key(bundle.digest);
  const auto present = store_->head(key, limits);
  if (present) return {};
  if (present.error().code != ErrorCode::not_found) return fail(present.error());
  const std::string content = TRY(read_file(bundle.path, kBundleBytesMax));
  const auto written = put_text(*store_, key, content, {}, kAbsent, limits);
  if (written || written.error().code == ErrorCode::already_exists) return {};
  return written;
}

}  // namespace aloft::executor
