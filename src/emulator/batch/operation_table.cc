// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/operation_table.h"

#include "emulator/batch/operations/operations.h"

namespace aloft::emulator::batch {

namespace {

using enum http::Method;

Answer not_implemented(Call&) {
  return refuse(Refusal::not_implemented);
}

constexpr Operation kOperations[] = {
    {"Account_ListSupportedImages", get, "supportedimages", list_supported_images},
    {"Account_ListPoolNodeCounts", get, "nodecounts", list_node_counts},
    {"Application_List", get, "applications", list_nothing},
    {"Application_Get", get, "applications/{}", get_application},

    {"Pool_Add", post, "pools", add_pool},
    {"Pool_List", get, "pools", list_pools},
    {"Pool_Get", get, "pools/{}", get_pool},
    {"Pool_Exists", head, "pools/{}", pool_exists},
    {"Pool_Patch", patch, "pools/{}", patch_pool},
    {"Pool_Delete", delete_, "pools/{}", delete_pool},
    {"Pool_UpdateProperties", post, "pools/{}/updateproperties", update_pool},
    {"Pool_Resize", post, "pools/{}/resize", resize_pool},
    {"Pool_StopResize", post, "pools/{}/stopresize", stop_resize},
    {"Pool_RemoveNodes", post, "pools/{}/removenodes", remove_nodes},
    {"Pool_EnableAutoScale", post, "pools/{}/enableautoscale", refuse_auto_scale},
    {"Pool_EvaluateAutoScale", post, "pools/{}/evaluateautoscale", refuse_auto_scale},
    {"Pool_DisableAutoScale", post, "pools/{}/disableautoscale", disable_auto_scale},
    {"Pool_ListUsageMetrics", get, "poolusagemetrics", list_nothing},

    {"ComputeNode_List", get, "pools/{}/nodes", list_nodes},
    {"ComputeNode_Get", get, "pools/{}/nodes/{}", get_node},
    {"ComputeNode_Reboot", post, "pools/{}/nodes/{}/reboot", reboot_node},
    {"ComputeNode_Reimage", post, "pools/{}/nodes/{}/reimage", reimage_node},
    {"ComputeNode_DisableScheduling", post, "pools/{}/nodes/{}/disablescheduling",
     disable_node_scheduling},
    {"ComputeNode_EnableScheduling", post, "pools/{}/nodes/{}/enablescheduling",
     enable_node_scheduling},
    {"File_ListFromComputeNode", get, "pools/{}/nodes/{}/files", list_node_files},
    {"File_GetFromComputeNode", get, "pools/{}/nodes/{}/files/{…}", get_node_file},
    {"File_GetPropertiesFromComputeNode", head, "pools/{}/nodes/{}/files/{…}", head_node_file},
    {"File_DeleteFromComputeNode", delete_, "pools/{}/nodes/{}/files/{…}", not_implemented},
    {"ComputeNode_Start", post, "pools/{}/nodes/{}/start", not_implemented},
    {"ComputeNode_Deallocate", post, "pools/{}/nodes/{}/deallocate", not_implemented},
    {"ComputeNode_AddUser", post, "pools/{}/nodes/{}/users", not_implemented},
    {"ComputeNode_UpdateUser", put, "pools/{}/nodes/{}/users/{}", not_implemented},
    {"ComputeNode_DeleteUser", delete_, "pools/{}/nodes/{}/users/{}", not_implemented},
    {"ComputeNode_GetRemoteLoginSettings", get, "pools/{}/nodes/{}/remoteloginsettings",
     not_implemented},
    {"ComputeNode_GetRemoteDesktop", get, "pools/{}/nodes/{}/rdp", not_implemented},
    {"ComputeNode_UploadBatchServiceLogs", post, "pools/{}/nodes/{}/uploadbatchservicelogs",
     not_implemented},
    {"ComputeNodeExtension_List", get, "pools/{}/nodes/{}/extensions", list_nothing},
    {"ComputeNodeExtension_Get", get, "pools/{}/nodes/{}/extensions/{}", not_implemented},

    {"Job_Add", post, "jobs", add_job},
    {"Job_List", get, "jobs", list_jobs},
    {"Job_Get", get, "jobs/{}", get_job},
    {"Job_Patch", patch, "jobs/{}", patch_job},
    {"Job_Update", put, "jobs/{}", update_job},
    {"Job_Delete", delete_, "jobs/{}", delete_job},
    {"Job_Disable", post, "jobs/{}/disable", disable_job},
    {"Job_Enable", post, "jobs/{}/enable", enable_job},
    {"Job_Terminate", post, "jobs/{}/terminate", terminate_job},
    {"Job_GetTaskCounts", get, "jobs/{}/taskcounts", get_task_counts},
    {"Job_ListPreparationAndReleaseTaskStatus", get, "jobs/{}/jobpreparationandreleasetaskstatus",
     list_preparation_status},

    {"JobSchedule_List", get, "jobschedules", list_nothing},
    {"JobSchedule_Add", post, "jobschedules", not_implemented},

    {"Task_Add", post, "jobs/{}/tasks", add_one_task},
    {"Task_AddCollection", post, "jobs/{}/addtaskcollection", add_task_collection},
    {"Task_List", get, "jobs/{}/tasks", list_tasks},
    {"Task_Get", get, "jobs/{}/tasks/{}", get_task},
    {"Task_Update", put, "jobs/{}/tasks/{}", update_task},
    {"Task_Delete", delete_, "jobs/{}/tasks/{}", delete_task},
    {"Task_Terminate", post, "jobs/{}/tasks/{}/terminate", terminate_one_task},
    {"Task_Reactivate", post, "jobs/{}/tasks/{}/reactivate", reactivate_one_task},
    {"Task_ListSubtasks", get, "jobs/{}/tasks/{}/subtasksinfo", list_subtasks},
    {"File_ListFromTask", get, "jobs/{}/tasks/{}/files", list_task_files},
    {"File_GetFromTask", get, "jobs/{}/tasks/{}/files/{…}", get_task_file},
    {"File_GetPropertiesFromTask", head, "jobs/{}/tasks/{}/files/{…}", head_task_file},
    {"File_DeleteFromTask", delete_, "jobs/{}/tasks/{}/files/{…}", not_implemented},
};

/// Whether the path is of this form; fills `arguments`.
bool matches(std::string_view pattern, const std::vector<std::string>& segments,
             std::vector<std::string>& arguments) {
  arguments.clear();
  std::size_t index = 0;
  for (; !pattern.empty(); ++index) {
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    const std::string_view part = pattern.substr(0, end);
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
    if (index >= segments.size()) return false;
    if (part == "{…}") {
      std::string rest = segments[index];
      while (++index < segments.size()) (rest += '/') += segments[index];
      arguments.push_back(std::move(rest));
      return true;
    }
    if (part == "{}") {
      arguments.push_back(segments[index]);
    } else if (part != segments[index]) {
      return false;
    }
  }
  return index == segments.size();
}

}  // namespace

std::span<const Operation> all_operations() {
  return kOperations;
}

Outcome<Match> find_operation(http::Method method, const Target& target) {
  Match match;
  bool path_is_known = false;
  for (const Operation& operation : kOperations) {
    if (!matches(operation.path, target.segments, match.arguments)) continue;
    path_is_known = true;
    if (operation.method != method) continue;
    match.operation = &operation;
    return match;
  }
  return refuse(path_is_known ? Refusal::unsupported_http_verb : Refusal::invalid_uri);
}

}  // namespace aloft::emulator::batch
