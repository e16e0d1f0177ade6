// SPDX-License-Identifier: Apache-2.0
#include "daemon/protocol.h"

#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

namespace aloft::daemon {
namespace {

using nlohmann::json;

/// Throws json::exception where a field is absent or of another type.
Request request_of(const json& fields, const std::string& operation) {
  if (operation == "hello") {
    return Hello{.protocol = fields.at("protocol").get<int>(),
                 .version = fields.at("version").get<std::string>()};
  }
  if (operation == "mount") {
    return MountRequest{.root = fields.at("root").get<std::string>(),
                        .directory = fields.at("directory").get<std::string>(),
                        .in_namespace = fields.at("in_namespace").get<bool>(),
                        .read_only = fields.at("read_only").get<bool>(),
                        .squash_ids = fields.at("squash_ids").get<bool>(),
                        .environment = fields.at("environment").get<Variables>()};
  }
  if (operation == "drain") return Drain{.mount = fields.at("mount").get<std::uint64_t>()};
  if (operation == "wait_unmounted") {
    return WaitUnmounted{.mount = fields.at("mount").get<std::uint64_t>()};
  }
  if (operation == "status") return Status{};
  return Stop{};
}

bool is_known(const std::string& operation) {
  return operation == "hello" || operation == "mount" || operation == "drain" ||
         operation == "wait_unmounted" || operation == "status" || operation == "stop";
}

std::string text_of(const json& answer) {
  return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

EnvironmentLookup lookup_in(Variables variables) {
  const auto shared = std::make_shared<const Variables>(std::move(variables));
  return [shared](const char* name) -> const char* {
    const auto found = shared->find(name);
    return found == shared->end() ? nullptr : found->second.c_str();
  };
}

Result<Request> parse_request(std::string_view text) {
  try {
    const json fields = json::parse(text);
    const auto operation = fields.at("op").get<std::string>();
    if (!is_known(operation)) {
      return fail(ErrorCode::invalid_argument, "the daemon does not know '" + operation + "'");
    }
    return request_of(fields, operation);
  } catch (const json::exception& exception) {
    return fail(ErrorCode::invalid_argument,
                std::string("the daemon cannot read the request: ") + exception.what());
  }
}

std::string answer_ok() {
  return text_of({{"ok", true}});
}

std::string answer_error(const Error& error) {
  return text_of({{"ok", false},
                  {"code", name_of(error.code)},
                  {"errno", error.os_errno},
                  {"message", error.message},
                  {"request_id", error.request_id}});
}

std::string answer_drained(const std::vector<std::string>& problems) {
  return text_of({{"ok", true}, {"problems", problems}});
}

std::string answer_mounted(std::uint64_t mount) {
  return text_of({{"ok", true}, {"mount", mount}});
}

std::string answer_status(const std::string& version, const std::vector<MountStatus>& mounts) {
  json list = json::array();
  for (const MountStatus& mount : mounts) {
    list.push_back({{"mount", mount.id},
                    {"root", mount.root},
                    {"directory", mount.directory},
                    {"in_namespace", mount.in_namespace},
                    {"read_only", mount.read_only}});
  }
  return text_of({{"ok", true}, {"pid", ::getpid()}, {"version", version}, {"mounts", list}});
}

}  // namespace aloft::daemon
