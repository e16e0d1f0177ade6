// SPDX-License-Identifier: Apache-2.0
#include "enter/run_options.h"

#include <optional>

namespace aloft::enter {
namespace {

tl::unexpected<Error> wrong(const std::string& what) {
  return fail(ErrorCode::invalid_argument, what + "; see aloft run --help");
}

Result<PathMap> parse_map(const std::string& text) {
  const std::size_t equals = text.find('=');
  PathMap map{.path = text.substr(0, equals),
              .uri = equals == std::string::npos ? "" : text.substr(equals + 1)};
  while (map.path.size() > 1 && map.path.ends_with('/')) map.path.pop_back();
  if (!map.path.starts_with('/') || map.path.size() < 2 ||
      map.path.find("/../") != std::string::npos || map.path.ends_with("/..") ||
      !map.uri.starts_with("az://")) {
    return wrong("--map takes /PREFIX=az://ACCOUNT/CONTAINER[/PATH], not '" + text + "'");
  }
  return map;
}

/// Sets one option that has a value.
Result<void> set_value(RunOptions& options, std::string_view name, const std::string& value) {
  if (name == "--ids") {
    if (value != "squash" && value != "stored") {
      return wrong("--ids takes squash or stored, not '" + value + "'");
    }
    options.ids = value;
  } else if (name == "--chdir") {
    if (value.empty()) return wrong("--chdir needs a directory");
    options.chdir = value;
  } else {
    options.maps.push_back(TRY(parse_map(value)));
  }
  return {};
}

bool takes_value(std::string_view name) {
  return name == "--ids" || name == "--chdir" || name == "--map";
}

bool set_flag(RunOptions& options, std::string_view name) {
  if (name == "--help" || name == "-h") return options.help = true;
  if (name == "--read-only") return options.read_only = true;
  if (name == "--group-signals") return options.group_signals = true;
  return false;
}

}  // namespace

Result<RunOptions> parse_run_options(std::span<const std::string> arguments) {
  RunOptions options;
  std::size_t next = 0;
  while (next < arguments.size()) {
    const std::string& word = arguments[next];
    if (!word.starts_with('-') || word == "-") break;
    ++next;
    if (word == "--") break;
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (!takes_value(name)) {
      if (equals != std::string::npos || !set_flag(options, name)) {
        return wrong("unknown option '" + word + "'");
      }
    } else if (equals != std::string::npos) {
      TRY(set_value(options, name, word.substr(equals + 1)));
    } else if (next < arguments.size()) {
      TRY(set_value(options, name, arguments[next++]));
    } else {
      return wrong("option " + name + " needs a value");
    }
  }
  options.command.assign(arguments.begin() + static_cast<std::ptrdiff_t>(next), arguments.end());
  return options;
}

std::string_view run_help() {
  return R"(Usage: aloft run [OPTIONS] [--] COMMAND [ARGUMENTS…]

Runs COMMAND with the containers of all accounts in sight below /aloft:
az://ACCOUNT/CONTAINER/PATH is the file /aloft/az/ACCOUNT/CONTAINER/PATH.
Arguments that are az:// URIs (also in --option=URI) become such paths. No
other process sees the mount, and no root is needed.

  --chdir DIR|az://…     start there instead of in the present directory
  --group-signals        pass no signals on to COMMAND: for programs that signal
                         the whole process group, so that COMMAND has them
  --ids squash|stored    show all files as yours (the default for ordinary
                         users), or with their stored owners (for root)
  --map PREFIX=az://…    show what is at the URI under PREFIX, too
  --read-only            refuse every change
  -h, --help             print this

Exits with COMMAND's own code (128+N if signal N ended it) once all that it
wrote is stored; 125 if Aloft itself failed, 126 if COMMAND cannot be run,
127 if it is not found. 'aloft doctor' checks what this host allows.
)";
}

std::string_view shell_help() {
  return R"(Usage: aloft shell [OPTIONS]

Starts $SHELL with the containers of all accounts in sight below /aloft, as
'aloft run $SHELL' does; the options are those of 'aloft run'.
)";
}

}  // namespace aloft::enter
