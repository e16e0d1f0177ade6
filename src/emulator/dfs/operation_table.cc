// SPDX-License-Identifier: Apache-2.0
#include "emulator/dfs/operation_table.h"

#include "emulator/dfs/operations/operations.h"

namespace aloft::emulator::dfs {

namespace {

using blob::Access;
using enum blob::Level;
using enum http::Method;
using enum Asks;

constexpr Access on_service(std::string_view permissions) {
  return {.on = Access::On::service, .permissions = permissions};
}
constexpr Access on_filesystem(std::string_view permissions) {
  return {.on = Access::On::container, .permissions = permissions};
}
constexpr Access on_path(std::string_view permissions) {
  return {.on = Access::On::object, .permissions = permissions};
}
constexpr Access kList{.on = Access::On::container,
                       .permissions = "l",
                       .by_container_sas = true,
                       .within = "directory"};
/// The root is a path in everything but its name.
constexpr Access on_root(std::string_view permissions) {
  return {.on = Access::On::container, .permissions = permissions, .by_container_sas = true};
}

constexpr Operation kOperations[] = {
    {"FilesystemList", get, account, resource, "account", on_service("l"), list_filesystems},
    {"FilesystemCreate", put, container, resource, "filesystem", on_filesystem("cw"),
     create_filesystem},
    {"FilesystemDelete", delete_, container, resource, "filesystem", on_filesystem("d"),
     delete_filesystem},
    {"FilesystemGetProperties", head, container, resource, "filesystem", on_filesystem("r"),
     get_filesystem_properties},
    {"FilesystemSetProperties", patch, container, resource, "filesystem", on_filesystem("w"),
     set_filesystem_properties},
    {"PathList", get, container, resource, "filesystem", kList, list_paths},
    {"PathCreate", put, blob, resource, "file", on_path("cw"), create_path},
    {"PathCreate", put, blob, resource, "directory", on_path("cw"), create_path},
    {"PathRename", put, blob, rename, "", on_path("cwm"), rename_path},
    {"PathAppend", patch, blob, action, "append", on_path("aw"), append_data},
    {"PathFlush", patch, blob, action, "flush", on_path("aw"), flush_data},
    {"PathSetProperties", patch, blob, action, "setProperties", on_path("w"), set_path_properties},
    {"PathSetAccessControl", patch, blob, action, "setAccessControl", on_path("op"),
     set_access_control},
    {"PathSetAccessControl", patch, container, action, "setAccessControl", on_root("op"),
     set_access_control},
    {"PathSetAccessControlRecursive", patch, blob, action, "setAccessControlRecursive",
     on_path("p"), set_access_control_recursive},
    {"PathSetAccessControlRecursive", patch, container, action, "setAccessControlRecursive",
     on_root("p"), set_access_control_recursive},
    {"PathGetAccessControl", head, blob, action, "getAccessControl", on_path("er"),
     get_access_control},
    {"PathGetAccessControl", head, container, action, "getAccessControl", on_root("er"),
     get_access_control},
    {"PathGetStatus", head, blob, action, "getStatus", on_path("er"), get_status},
    {"PathGetStatus", head, container, action, "getStatus", on_root("er"), get_status},
    {"PathGetProperties", head, blob, nothing, "", on_path("r"), get_path_properties},
    {"PathRead", get, blob, nothing, "", on_path("r"), read_path},
    {"PathDelete", delete_, blob, nothing, "", on_path("d"), delete_path},
    {"PathLease", post, blob, lease, "", on_path("dw"), lease_path},
};

Asks what_is_asked(const blob::Target& target, const http::Headers& headers) {
  if (headers.contains("x-ms-rename-source")) return rename;
  if (target.query.contains("resource")) return resource;
  if (target.query.contains("action")) return action;
  return headers.contains("x-ms-lease-action") ? lease : nothing;
}

}  // namespace

std::span<const Operation> all_operations() {
  return kOperations;
}

const Operation* find_operation(http::Method method, const blob::Target& target,
                                const http::Headers& headers) {
  const Asks asked = what_is_asked(target, headers);
  const std::string_view value = asked == resource ? target.query.get("resource")
                                 : asked == action ? target.query.get("action")
                                                   : "";
  for (const Operation& operation : kOperations) {
    if (operation.method == method && operation.level == target.level() &&
        operation.asks == asked && http::equal_ignoring_case(operation.value, value)) {
      return &operation;
    }
  }
  return nullptr;
}

}  // namespace aloft::emulator::dfs
