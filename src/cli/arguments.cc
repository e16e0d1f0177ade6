// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <iostream>
#include <sstream>
#include <vector>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/suggestion.h"

namespace aloft::cli {

namespace {

int wrong_usage(const std::string& program, const std::string& message) {
  std::cerr << program << ": " << message << "\nTry '" << program << " --help'.\n";
  return kWrongUsage;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string meant = nearest(word, candidates);
  return meant.empty() ? "" : "; did you mean '" + meant + "'?";
}

// The first argument that is no option must be a command, and so on below one that has commands:
// the options before a command take no values.
std::optional<int> check_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = &app;
  std::string program = app.get_name();
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("-")) continue;
    const std::vector<std::string> names = command_names(*command);
    if (names.empty()) return std::nullopt;
    if (std::ranges::find(names, word) == names.end()) {
      return wrong_usage(program, "there is no command '" + word + "'" + did_you_mean(word, names));
    }
    command = command->get_subcommand(word);
    program += " " + word;
  }
  return std::nullopt;
}

// The parser's words, but where they show how it is made.
std::string sentence(const CLI::ParseError& error) {
  const std::string text = error.what();  // "--time: 1 required TEXT missing"
  const bool misses_value =
      error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch) &&
      text.starts_with("--") && text.ends_with(" missing");
  if (misses_value) return "the option " + text.substr(0, text.find(':')) + " needs a value";
  constexpr std::string_view kNoNumber = "Could not convert: ";  // "Could not convert: --nodes = x"
  if (!text.starts_with(kNoNumber)) return text;
  const std::size_t equals = text.find(" = ");
  if (equals == std::string::npos) return text;
  return text.substr(kNoNumber.size(), equals - kNoNumber.size()) + " does not take '" +
         text.substr(equals + 3) + "'";
}

// What the parser could not place, as the user typed it.
int unexpected(const CLI::App& command, const std::string& program, const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  if (words.empty()) return wrong_usage(program, "there are more arguments than it takes");
  const std::string& word = words.front();
  if (word.starts_with("-")) {
    const std::string name = word.substr(0, word.find('='));
    const std::vector<std::string> names = option_names(command);
    if (std::ranges::find(names, name) != names.end()) {
      return wrong_usage(
          program, "the option '" + name + "' belongs behind the command: " + program + " " + name);
    }
    return wrong_usage(program, "there is no option '" + name + "'" + did_you_mean(name, names));
  }
  return wrong_usage(program, "there is no use for the argument '" + word + "'");
}

}  // namespace

void add_human_option(CLI::App& command, bool& human) {
  command.set_help_flag("--help");  // Else it has -h.
  command.add_flag("-h,--human", human, "Sizes such as 4.5 GiB, not bytes");
}

void prepare_commands(CLI::App& app) {
  const bool taken = app.get_option_no_throw("-h") != app.get_help_ptr();
  app.set_help_flag(taken ? "--help" : "-h,--help", "Print this help and exit");
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    // Those in no group are hidden.
    if (!command->get_group().empty()) command->group("Commands");
    prepare_commands(*command);
  }
}

std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv) {
  if (const auto wrong = check_command(app, argc, argv)) return wrong;
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& help_or_version) {
    std::ostringstream text;
    const int code = app.exit(help_or_version, text);
    Output().bytes(std::as_bytes(std::span(text.view())));
    return code;
  } catch (const CLI::ParseError& error) {
    const CLI::App* command = &app;
    std::string program = app.get_name();
    while (!command->get_subcommands().empty()) {
      command = command->get_subcommands().front();
      program += " " + command->get_name();
    }
    const bool extras = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
    if (extras || (command == &app && argc > 1)) return unexpected(*command, program, app);
    if (!command_names(*command).empty()) return wrong_usage(program, "say which command to run");
    return wrong_usage(program, sentence(error));
  }
}

}  // namespace aloft::cli
