// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <iomanip>
#include <sstream>

namespace aloft::cli {

namespace {

constexpr std::size_t kNameColumns = 26;

// CLI11 indents continuation lines itself.
std::string wrap_beside_name(const std::string& text) {
  return wrap(text, kHelpColumns - kNameColumns);
}

}  // namespace

std::string wrap(std::string_view text, std::size_t columns) {
  std::string wrapped;
  std::size_t line_length = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '\n') {
      wrapped += '\n';
      line_length = 0;
      ++at;
      continue;
    }
    // A word takes the blanks before it along, so that indented lines stay as they are.
    const std::size_t word = std::min(text.find_first_not_of(' ', at), text.size());
    const std::size_t end = std::min(text.find_first_of(" \n", word), text.size());
    if (line_length > 0 && line_length + (end - at) > columns) {
      wrapped += '\n';
      line_length = 0;
      at = word;
    }
    wrapped += text.substr(at, end - at);
    line_length += end - at;
    at = end;
  }
  return wrapped;
}

HelpFormatter::HelpFormatter(std::string operands) : operands_(std::move(operands)) {
  column_width(kNameColumns);
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return wrap(app->get_description(), kHelpColumns) + "\n";
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  const std::string footer = app->get_footer();
  return footer.empty() ? footer : wrap(footer, kHelpColumns) + "\n";
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  std::string usage = CLI::Formatter::make_usage(app, std::move(name));
  if (!operands_.empty()) usage.insert(usage.find_last_not_of('\n') + 1, " " + operands_);
  return wrap(usage, kHelpColumns);
}

std::string HelpFormatter::make_subcommand(const CLI::App* sub) const {
  std::ostringstream line;
  CLI::detail::format_help(line, sub->get_display_name(true),
                           wrap_beside_name(sub->get_description()), kNameColumns);
  return line.str();
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  return wrap_beside_name(option->get_description());
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  return option->get_option_text().empty() ? "" : " " + option->get_option_text();
}

}  // namespace aloft::cli
