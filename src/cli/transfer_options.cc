// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer_options.h"

#include "base/byte_size.h"
#include "transfer/memory_budget.h"

namespace aloft::cli {

namespace {

// Less would not hold two parts.
constexpr std::uint64_t kMemoryBytesMin = 32_MiB;
// With less, a request waits so long for its turn that the copy looks dead.
constexpr std::uint64_t kBytesPerSecondMin = 16_KiB;

}  // namespace

void add_parallel_options(CLI::App& command, TransferOptions& options) {
  command
      .add_option("-j,--parallel", options.threads,
                  "At most so many files and parts are under way at once, 1 to 256 (default 64)")
      ->check(CLI::Range(1, 256))
      ->option_text("N");
  command.add_flag("-q,--quiet", options.quiet, "No progress and no summary, only what fails");
}

void add_transfer_options(CLI::App& command, TransferOptions& options) {
  add_parallel_options(command, options);
  command
      .add_option("--memory", options.memory,
                  "Memory for content, such as 512M (default: an eighth of the machine's, at "
                  "least 256M)")
      ->option_text("SIZE");
  command
      .add_option("--bandwidth", options.bandwidth,
                  "At most so many bytes a second through here, such as 20M, both directions "
                  "together")
      ->option_text("RATE");
}

void add_selection_options(CLI::App& command, SelectionRules& rules) {
  using Effect = transfer::Selection::Effect;
  const auto add = [&](const char* name, Effect effect, const char* what) {
    // Called for each as it comes, so that the order of both kinds is kept.
    command
        .add_option_function<std::string>(
            name,
            [&rules, effect](const std::string& pattern) {
              rules.push_back({.effect = effect, .pattern = pattern});
            },
            what)
        ->trigger_on_parse()
        ->option_text("GLOB");
  };
  add("--include", Effect::include,
      "Take what matches, such as '*.csv'; as the first such option: only that");
  add("--exclude", Effect::exclude,
      "Leave out what matches, such as 'tmp/' or '/build/**'; of all these options the last one "
      "that matches decides");
}

Result<std::uint64_t> memory_bytes(const TransferOptions& options) {
  if (options.memory.empty()) return transfer::default_memory_bytes();
  auto parsed = parse_byte_size(options.memory);
  if (!parsed) return fail(parsed.error().code, "--memory: " + parsed.error().message);
  if (*parsed >= kMemoryBytesMin) return *parsed;
  return fail(ErrorCode::invalid_argument,
              "--memory " + options.memory + " is too little; give at least 32M");
}

Result<std::uint64_t> bytes_per_second(const TransferOptions& options) {
  if (options.bandwidth.empty()) return std::uint64_t{0};
  std::string_view text = options.bandwidth;
  if (text.ends_with("/s")) text.remove_suffix(2);
  auto parsed = parse_byte_size(text);
  if (!parsed) return fail(parsed.error().code, "--bandwidth: " + parsed.error().message);
  if (*parsed >= kBytesPerSecondMin) return *parsed;
  return fail(ErrorCode::invalid_argument,
              "--bandwidth " + options.bandwidth + " is too little; give at least 16K");
}

}  // namespace aloft::cli
