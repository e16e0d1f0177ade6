// SPDX-License-Identifier: Apache-2.0
#include "cli/copy_text.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iostream>

#include "base/directories.h"
#include "cli/failures.h"
#include "cli/interruption.h"
#include "cli/output.h"

namespace aloft::cli {

namespace {

mode_t present_umask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

}  // namespace

void add_trust_modes_option(CLI::App& command, bool& trust_modes) {
  command.add_flag("--trust-modes", trust_modes,
                   "On disk also restore owners, groups and set-uid bits; only for containers "
                   "whose writers you trust");
}

void add_md5_option(CLI::App& command, bool& md5) {
  command.add_flag("--md5", md5,
                   "Record the MD5 (Content-MD5) of what is uploaded, and compare what is "
                   "downloaded with the one recorded, if there is one");
}

Result<transfer::CopyOptions> copy_options(const CopyArguments& arguments) {
  transfer::CopyOptions copy{
      .restore = {.trust_modes = arguments.trust_modes, .umask = present_umask()},
      .threads = arguments.transfer.threads};
  copy.selection = TRY(transfer::Selection::of(arguments.rules));
  copy.memory_bytes = TRY(memory_bytes(arguments.transfer));
  copy.md5 = arguments.md5;
  // A part is sent at once, so smaller ones make a low rate even.
  const std::uint64_t rate = TRY(bytes_per_second(arguments.transfer));
  if (rate > 0) copy.part_size_bytes = std::clamp<std::uint64_t>(rate / 2, 1_MiB, 8_MiB);
  return copy;
}

std::string journal_directory() {
  return local_directory() + "/copies";
}

std::string summary(std::string_view done, const transfer::CopyReport& report, double seconds) {
  std::string text = fmt::format("{} {}, {} in {:.1f} s", done, counted(report.files, "file"),
                                 format_byte_size(report.bytes), seconds);
  if (seconds > 0 && report.bytes > 0) {
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(report.bytes) / seconds);
    text += " (" + format_byte_size(rate) + "/s)";
  }
  if (report.hard_linked > 0) {
    text +=
        fmt::format("; {} to files with several names", counted(report.hard_linked, "hard link"));
  }
  if (report.renamed > 0) {
    text += fmt::format("; {} renamed as a whole", report.renamed);
  }
  if (!report.failures.empty()) text += "; " + counted(report.failures.size(), "failure");
  return text;
}

nlohmann::json to_json(const transfer::CopyReport& report, double seconds) {
  return {{"event", "summary"},
          {"files", report.files},
          {"directories", report.directories},
          {"symlinks", report.symlinks},
          {"bytes", report.bytes},
          {"hard_linked", report.hard_linked},
          {"renamed", report.renamed},
          {"seconds", seconds},
          {"failures", to_json(report.failures)}};
}

void report_copy(Context& context, const transfer::CopyReport& report, const CopyArguments& options,
                 const nlohmann::json& document, const std::string& text) {
  report_failures(report.failures);
  if (report.journal_failure) {
    std::cerr << "aloft: an interrupted copy would begin anew: "
              << without_controls(report.journal_failure->message) << "\n";
  }
  if (context.json) Output().json_line(document);
  if (!context.json && !options.transfer.quiet) std::cerr << text << "\n";
  context.exit_code = report.failures.empty() ? kSuccess : kFailed;
}

void run_copy(Context& context, const CopyArguments& options, std::string_view done,
              const std::function<Result<transfer::CopyReport>(const Limits&)>& copy) {
  const Interruption interruption;
  const Stopwatch stopwatch;
  const auto copied = copy(interruption.limits());
  if (!copied) return report(context, copied.error(), interruption);
  const double seconds = stopwatch.seconds();
  report_copy(context, *copied, options, to_json(*copied, seconds),
              summary(done, *copied, seconds));
}

}  // namespace aloft::cli
