// SPDX-License-Identifier: Apache-2.0
#include "workload/job_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/name_table.h"

namespace aloft::workload {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Dependency::Kind;
using Inherit = EnvironmentExport::Inherit;

constexpr int kVersion = 1;

constexpr NameTable<Kind, 6> kKinds{{
    {Kind::after_ok, "after_ok"},
    {Kind::after_any, "after_any"},
    {Kind::after_not_ok, "after_not_ok"},
    {Kind::after, "after"},
    {Kind::after_corresponding, "after_corresponding"},
    {Kind::singleton, "singleton"},
}};

constexpr NameTable<Inherit, 4> kInherits{{
    {Inherit::all, "all"},
    {Inherit::named, "named"},
    {Inherit::login, "login"},
    {Inherit::none, "none"},
}};

template <class Value, std::size_t count>
Result<Value> parse_name(const NameTable<Value, count>& table, const std::string& name) {
  if (const auto known = value_in(table, name)) return *known;
  return fail(ErrorCode::corrupt, fmt::format("\"{}\" is unknown in a job", name));
}

/// Writes `value` unless it is what a reader assumes anyway.
template <class Value>
void put(Json& json, const char* key, const Value& value, const Value& standard) {
  if (value != standard) json[key] = value;
}

template <class Value>
void put(Json& json, const char* key, const std::optional<Value>& value) {
  if (value) json[key] = *value;
}

template <class Value>
void get(const Json& json, const char* key, Value& value) {
  if (json.contains(key)) value = json.at(key).get<Value>();
}

template <class Value>
void get(const Json& json, const char* key, std::optional<Value>& value) {
  if (json.contains(key)) value = json.at(key).get<Value>();
}

Json resources_json(const Resources& resources) {
  const Resources standard;
  Json json = Json::object();
  put(json, "nodes", resources.nodes, standard.nodes);
  put(json, "tasks", resources.tasks, standard.tasks);
  put(json, "cpus_per_task", resources.cpus_per_task, standard.cpus_per_task);
  put(json, "gpus", resources.gpus, standard.gpus);
  put(json, "exclusive", resources.exclusive, false);
  put(json, "memory_per_node_bytes", resources.memory_per_node_bytes);
  put(json, "memory_per_cpu_bytes", resources.memory_per_cpu_bytes);
  if (resources.wall_time) json["wall_time_s"] = resources.wall_time->count();
  put(json, "nodes_asked", resources.nodes_asked, false);
  put(json, "tasks_asked", resources.tasks_asked, false);
  put(json, "cpus_per_task_asked", resources.cpus_per_task_asked, false);
  return json;
}

Resources read_resources(const Json& json) {
  Resources resources;
  get(json, "nodes", resources.nodes);
  get(json, "tasks", resources.tasks);
  get(json, "cpus_per_task", resources.cpus_per_task);
  get(json, "gpus", resources.gpus);
  get(json, "exclusive", resources.exclusive);
  get(json, "memory_per_node_bytes", resources.memory_per_node_bytes);
  get(json, "memory_per_cpu_bytes", resources.memory_per_cpu_bytes);
  if (json.contains("wall_time_s")) {
    resources.wall_time = std::chrono::seconds(json.at("wall_time_s").get<std::int64_t>());
  }
  get(json, "nodes_asked", resources.nodes_asked);
  get(json, "tasks_asked", resources.tasks_asked);
  get(json, "cpus_per_task_asked", resources.cpus_per_task_asked);
  return resources;
}

Json dependencies_json(const Dependencies& dependencies) {
  Json terms = Json::array();
  for (const Dependency& term : dependencies.terms) {
    Json json{{"kind", name_in(kKinds, term.kind)}};
    if (term.kind != Kind::singleton) json["on"] = to_text(term.on);
    if (term.delay.count() != 0) json["delay_min"] = term.delay.count();
    terms.push_back(std::move(json));
  }
  return Json{{"need", dependencies.need == Dependencies::Need::all ? "all" : "any"},
              {"terms", std::move(terms)}};
}

Result<Dependencies> read_dependencies(const Json& json) {
  Dependencies dependencies;
  if (json.at("need").get<std::string>() == "any") dependencies.need = Dependencies::Need::any;
  for (const Json& item : json.at("terms")) {
    const Kind kind = TRY(parse_name(kKinds, item.at("kind").get<std::string>()));
    Dependency term{.kind = kind};
    if (term.kind != Kind::singleton) {
      term.on = TRY(parse_task_name(item.at("on").get<std::string>()));
    }
    term.delay = std::chrono::minutes(item.value("delay_min", std::int64_t{0}));
    dependencies.terms.push_back(term);
  }
  return dependencies;
}

Json export_json(const EnvironmentExport& rule) {
  Json json{{"inherit", name_in(kInherits, rule.inherit)}};
  put(json, "names", rule.names, {});
  put(json, "assignments", rule.assignments, {});
  put(json, "written", rule.written, {});
  return json;
}

Result<EnvironmentExport> read_export(const Json& json) {
  EnvironmentExport rule;
  rule.inherit = TRY(parse_name(kInherits, json.at("inherit").get<std::string>()));
  get(json, "names", rule.names);
  get(json, "assignments", rule.assignments);
  get(json, "written", rule.written);
  return rule;
}

Result<Job> read_job(const Json& json) {
  const int version = json.at("version").get<int>();
  if (version != kVersion) {
    return fail(ErrorCode::unsupported,
                fmt::format("a job record of version {}; this Aloft reads {}", version, kVersion));
  }
  Job job;
  get(json, "dialect", job.dialect);
  get(json, "name", job.name);
  get(json, "arguments", job.arguments);
  if (json.contains("array")) {
    job.array = TRY(parse_array_spec(json["array"].at("indices").get<std::string>()));
    get(json["array"], "step", job.array->step);
    get(json["array"], "running_max", job.array->running_max);
  }
  if (json.contains("resources")) job.resources = read_resources(json["resources"]);
  if (json.contains("dependencies")) {
    job.dependencies = TRY(read_dependencies(json["dependencies"]));
  }
  get(json, "directory", job.directory);
  get(json, "submit_directory", job.submit_directory);
  job.output = TRY(OutputPattern::from_text(json.value("output", "")));
  if (json.contains("error")) {
    job.error = TRY(OutputPattern::from_text(json["error"].get<std::string>()));
  }
  get(json, "input", job.input);
  if (json.value("open_mode", "") == "append") job.open_mode = OpenMode::append;
  if (json.contains("export")) job.environment_export = TRY(read_export(json["export"]));
  get(json, "environment", job.environment);
  get(json, "account_environment", job.account_environment);
  get(json, "requeue", job.requeue);
  job.grace = std::chrono::seconds(json.value("grace_s", std::int64_t{job.grace.count()}));
  get(json, "comment", job.comment);
  get(json, "hints", job.hints);
  return job;
}

}  // namespace

std::string_view name_of(Dependency::Kind kind) {
  return name_in(kKinds, kind);
}

std::string to_json(const Job& job, JsonStyle style) {
  const Job standard;
  Json json{{"version", kVersion}, {"dialect", job.dialect}, {"name", job.name}};
  put(json, "arguments", job.arguments, {});
  if (job.array) {
    Json& array = json["array"];
    array["indices"] = format_indices(job.array->indices);
    put(array, "step", job.array->step, 1u);
    put(array, "running_max", job.array->running_max, 0u);
  }
  if (job.resources != standard.resources) json["resources"] = resources_json(job.resources);
  if (!job.dependencies.terms.empty()) json["dependencies"] = dependencies_json(job.dependencies);
  put(json, "directory", job.directory, {});
  put(json, "submit_directory", job.submit_directory, {});
  put(json, "output", job.output.to_text(), {});
  if (job.error) json["error"] = job.error->to_text();
  put(json, "input", job.input, {});
  if (job.open_mode == OpenMode::append) json["open_mode"] = "append";
  if (job.environment_export != standard.environment_export) {
    json["export"] = export_json(job.environment_export);
  }
  put(json, "environment", job.environment, {});
  put(json, "account_environment", job.account_environment, {});
  put(json, "requeue", job.requeue);
  if (job.grace != standard.grace) json["grace_s"] = job.grace.count();
  put(json, "comment", job.comment, {});
  put(json, "hints", job.hints, {});
  return json.dump(style == JsonStyle::indented ? 2 : -1, ' ', false,
                   Json::error_handler_t::replace);
}

Result<Job> job_from_json(std::string_view text) {
  try {
    return read_job(Json::parse(text));
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt, fmt::format("a job record makes no sense: {}", error.what()));
  }
}

}  // namespace aloft::workload
