// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

// For tests: the part of the Batch service's published schema, version 2025-06-01, that Aloft
// touches, as tables, and the comparison of requests with it. Written from the schema, not from the
// client.
namespace aloft::batch::testing {

enum class Kind { text, integer, boolean, object, list, uri, duration };

struct Property {
  std::string_view name{};
  Kind kind = Kind::text;
  bool required = false;
  /// The schema of an object, or of what a list holds; empty: texts.
  std::string_view of{};
  std::size_t length_max = 0;  ///< Characters of a text; 0: no limit is known.
  std::vector<std::string_view> one_of{};
};

/// By the name of the definition.
inline const std::map<std::string_view, std::vector<Property>>& schemas() {
  constexpr bool kRequired = true;
  static const std::map<std::string_view, std::vector<Property>> kSchemas{
      {"BatchPoolCreateOptions",
       {{"id", Kind::text, kRequired, "", 64},
        {"displayName", Kind::text, false, "", 1024},
        {"vmSize", Kind::text, kRequired},
        {"virtualMachineConfiguration", Kind::object, false, "VirtualMachineConfiguration"},
        {"resizeTimeout", Kind::duration},
        {"targetDedicatedNodes", Kind::integer},
        {"targetLowPriorityNodes", Kind::integer},
        {"enableAutoScale", Kind::boolean},
        {"enableInterNodeCommunication", Kind::boolean},
        {"startTask", Kind::object, false, "BatchStartTask"},
        {"taskSlotsPerNode", Kind::integer},
        {"metadata", Kind::list, false, "BatchMetadataItem"}}},
      {"BatchPoolUpdateOptions",
       {{"displayName", Kind::text, false, "", 1024},
        {"startTask", Kind::object, false, "BatchStartTask"},
        {"metadata", Kind::list, false, "BatchMetadataItem"}}},
      {"BatchPoolResizeOptions",
       {{"targetDedicatedNodes", Kind::integer},
        {"targetLowPriorityNodes", Kind::integer},
        {"resizeTimeout", Kind::duration},
        {"nodeDeallocationOption",
         Kind::text,
         false,
         "",
         0,
         {"requeue", "terminate", "taskcompletion", "retaineddata"}}}},
      {"VirtualMachineConfiguration",
       {{"imageReference", Kind::object, kRequired, "BatchVmImageReference"},
        {"nodeAgentSKUId", Kind::text, kRequired}}},
      {"BatchVmImageReference",
       {{"publisher"}, {"offer"}, {"sku"}, {"version"}, {"virtualMachineImageId"}}},
      {"BatchStartTask",
       {{"commandLine", Kind::text, kRequired},
        {"resourceFiles", Kind::list, false, "ResourceFile"},
        {"environmentSettings", Kind::list, false, "EnvironmentSetting"},
        {"userIdentity", Kind::object, false, "UserIdentity"},
        {"maxTaskRetryCount", Kind::integer},
        {"waitForSuccess", Kind::boolean}}},
      {"BatchMetadataItem", {{"name", Kind::text, kRequired}, {"value", Kind::text, kRequired}}},
      {"EnvironmentSetting", {{"name", Kind::text, kRequired}, {"value"}}},
      {"UserIdentity", {{"username"}, {"autoUser", Kind::object, false, "AutoUserSpecification"}}},
      {"AutoUserSpecification",
       {{"scope", Kind::text, false, "", 0, {"task", "pool"}},
        {"elevationLevel", Kind::text, false, "", 0, {"nonadmin", "admin"}}}},
      {"ResourceFile",
       {{"autoStorageContainerName"},
        {"storageContainerUrl", Kind::uri},
        {"httpUrl", Kind::uri},
        {"blobPrefix"},
        {"filePath"},
        {"fileMode"},
        {"identityReference", Kind::object, false, "BatchNodeIdentityReference"}}},
      {"BatchNodeIdentityReference", {{"resourceId"}}},
      {"BatchJobCreateOptions",
       {{"id", Kind::text, kRequired, "", 64},
        {"displayName", Kind::text, false, "", 1024},
        {"priority", Kind::integer},
        {"maxParallelTasks", Kind::integer},
        {"poolInfo", Kind::object, kRequired, "BatchPoolInfo"},
        {"onAllTasksComplete", Kind::text, false, "", 0, {"noaction", "terminatejob"}},
        {"onTaskFailure", Kind::text, false, "", 0, {"noaction", "performexitoptionsjobaction"}},
        {"usesTaskDependencies", Kind::boolean},
        {"metadata", Kind::list, false, "BatchMetadataItem"}}},
      {"BatchPoolInfo", {{"poolId"}}},
      {"BatchTaskGroup", {{"value", Kind::list, kRequired, "BatchTaskCreateOptions"}}},
      {"BatchTaskCreateOptions",
       {{"id", Kind::text, kRequired, "", 64},
        {"displayName", Kind::text, false, "", 1024},
        {"exitConditions", Kind::object, false, "ExitConditions"},
        {"commandLine", Kind::text, kRequired},
        {"resourceFiles", Kind::list, false, "ResourceFile"},
        {"environmentSettings", Kind::list, false, "EnvironmentSetting"},
        {"constraints", Kind::object, false, "BatchTaskConstraints"},
        {"requiredSlots", Kind::integer},
        {"userIdentity", Kind::object, false, "UserIdentity"},
        {"dependsOn", Kind::object, false, "BatchTaskDependencies"}}},
      {"ExitConditions",
       {{"preProcessingError", Kind::object, false, "ExitOptions"},
        {"fileUploadError", Kind::object, false, "ExitOptions"},
        {"default", Kind::object, false, "ExitOptions"}}},
      {"ExitOptions",
       {{"jobAction", Kind::text, false, "", 0, {"none", "disable", "terminate"}},
        {"dependencyAction", Kind::text, false, "", 0, {"satisfy", "block"}}}},
      {"BatchTaskConstraints",
       {{"maxWallClockTime", Kind::duration},
        {"retentionTime", Kind::duration},
        {"maxTaskRetryCount", Kind::integer}}},
      {"BatchTaskDependencies",
       {{"taskIds", Kind::list}, {"taskIdRanges", Kind::list, false, "BatchTaskIdRange"}}},
      {"BatchTaskIdRange",
       {{"start", Kind::integer, kRequired}, {"end", Kind::integer, kRequired}}},
  };
  return kSchemas;
}

/// What the service offers; `{}` in a path stands for one segment.
struct Operation {
  std::string_view method{};
  std::string_view path{};
  int success = 200;
  std::vector<std::string_view> queries{};  ///< Beside api-version and timeOut.
  std::string_view body{};                  ///< Name of its schema; empty: none.
};

inline const std::vector<Operation>& operations() {
  static const std::vector<Operation> kOperations{
      {"GET", "/pools", 200, {"maxresults", "$filter", "$select", "$expand"}},
      {"POST", "/pools", 201, {}, "BatchPoolCreateOptions"},
      {"GET", "/pools/{}", 200, {"$select", "$expand"}},
      {"PATCH", "/pools/{}", 200, {}, "BatchPoolUpdateOptions"},
      {"DELETE", "/pools/{}", 202},
      {"POST", "/pools/{}/resize", 202, {}, "BatchPoolResizeOptions"},
      {"POST", "/pools/{}/stopresize", 202},
      {"GET", "/pools/{}/nodes", 200, {"maxresults", "$filter", "$select"}},
      {"POST", "/jobs", 201, {}, "BatchJobCreateOptions"},
      {"GET", "/jobs/{}", 200, {"$select", "$expand"}},
      {"GET", "/jobs/{}/taskcounts", 200},
      {"GET", "/jobs/{}/tasks", 200, {"maxresults", "$filter", "$select", "$expand"}},
      {"POST", "/jobs/{}/addtaskcollection", 200, {}, "BatchTaskGroup"},
      {"GET", "/jobs/{}/tasks/{}", 200, {"$select", "$expand"}},
      {"POST", "/jobs/{}/tasks/{}/terminate", 204},
  };
  return kOperations;
}

/// The properties that $select may name, by operation.
inline const std::map<std::string_view, std::vector<std::string_view>>& selectable() {
  static const std::vector<std::string_view> kTask{
      "id",           "displayName",   "url",          "eTag",           "lastModified",
      "creationTime", "state",         "commandLine",  "exitConditions", "resourceFiles",
      "constraints",  "requiredSlots", "userIdentity", "executionInfo",  "nodeInfo",
      "dependsOn"};
  static const std::map<std::string_view, std::vector<std::string_view>> kSelectable{
      {"/pools/{}/nodes",
       {"id", "url", "state", "schedulingState", "lastBootTime", "ipAddress", "affinityId",
        "vmSize", "totalTasksRun", "runningTasksCount", "runningTaskSlotsCount", "startTask",
        "startTaskInfo", "errors", "isDedicated"}},
      {"/jobs/{}/tasks", kTask},
      {"/jobs/{}/tasks/{}", kTask},
  };
  return kSelectable;
}

inline bool matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    if (pattern.starts_with("{}")) {
      pattern.remove_prefix(2);
      const std::size_t length = std::min(path.find('/'), path.size());
      if (length == 0) return false;
      path.remove_prefix(length);
    } else if (pattern.front() == path.front()) {
      pattern.remove_prefix(1);
      path.remove_prefix(1);
    } else {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

inline const Operation* find_operation(std::string_view method, std::string_view path) {
  const auto found = std::ranges::find_if(operations(), [&](const Operation& operation) {
    return operation.method == method && matches(operation.path, path);
  });
  return found == operations().end() ? nullptr : &*found;
}

/// What is wrong with a body: "BatchTaskCreateOptions.id is missing".
class SchemaCheck {
 public:
  static std::vector<std::string> run(const nlohmann::json& body, std::string_view schema) {
    SchemaCheck check;
    check.object(body, schema);
    return check.findings_;
  }

 private:
  void object(const nlohmann::json& value, std::string_view schema) {
    const auto& properties = schemas().at(schema);
    if (!value.is_object()) return note("{} is no object", schema);
    for (const auto& [name, inner] : value.items()) {
      const std::string_view wanted = name;
      const auto known = std::ranges::find(properties, wanted, &Property::name);
      if (known == properties.end()) {
        note("{}.{} is unknown", schema, wanted);
      } else {
        member(inner, *known, fmt::format("{}.{}", schema, wanted));
      }
    }
    for (const Property& property : properties) {
      if (property.required && !value.contains(property.name)) {
        note("{}.{} is missing", schema, property.name);
      }
    }
  }

  void member(const nlohmann::json& value, const Property& property, const std::string& where) {
    switch (property.kind) {
      case Kind::integer:
        if (!value.is_number_integer()) note("{} is no integer", where);
        break;
      case Kind::boolean:
        if (!value.is_boolean()) note("{} is no boolean", where);
        break;
      case Kind::object:
        object(value, property.of);
        break;
      case Kind::list:
        list(value, property, where);
        break;
      default:
        text(value, property, where);
    }
  }

  void list(const nlohmann::json& value, const Property& property, const std::string& where) {
    if (!value.is_array()) return note("{} is no list", where);
    for (const auto& entry : value) {
      if (!property.of.empty()) {
        object(entry, property.of);
      } else if (!entry.is_string()) {
        note("{} holds what is no text", where);
      }
    }
  }

  void text(const nlohmann::json& value, const Property& property, const std::string& where) {
    if (!value.is_string()) return note("{} is no text", where);
    const std::string text = value;
    if (property.length_max > 0 && text.size() > property.length_max) note("{} is too long", where);
    if (!property.one_of.empty() &&
        std::ranges::count(property.one_of, std::string_view(text)) == 0) {
      note("{} cannot be {}", where, text);
    }
    if (property.kind == Kind::uri && !text.starts_with("http")) note("{} is no URL", where);
    if (property.kind == Kind::duration && !text.starts_with("PT")) note("{} is no time", where);
  }

  template <class... Values>
  void note(fmt::format_string<Values&...> form, Values&&... values) {
    findings_.push_back(fmt::format(form, values...));
  }

  std::vector<std::string> findings_;
};

}  // namespace aloft::batch::testing
