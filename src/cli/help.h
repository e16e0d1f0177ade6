// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace aloft::cli {

/// How wide help may be: what fits an ordinary terminal and a mail.
inline constexpr std::size_t kHelpColumns = 80;

/// `text` with line ends put between words so that no line is longer than `columns` (but a word
/// that alone is longer); line ends that are there stay.
std::string wrap(std::string_view text, std::size_t columns);

/// Help texts of all commands: as CLI11 makes them, but within kHelpColumns, and without its notes
/// on types and ranges: what an option takes is its option_text(), the rest its description says.
class HelpFormatter final : public CLI::Formatter {
 public:
  /// `operands`: what the usage line ends with where the parser does not know it.
  explicit HelpFormatter(std::string operands = {});
  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_subcommand(const CLI::App* sub) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_option_opts(const CLI::Option* option) const override;

 private:
  std::string operands_;
};

}  // namespace aloft::cli
