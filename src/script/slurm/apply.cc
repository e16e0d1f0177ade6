// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "script/slurm/internal/header.h"
#include "script/slurm/internal/options.h"
#include "script/slurm/internal/values.h"
#include "script/slurm/slurm_script.h"

namespace aloft::script::slurm {
namespace {

using workload::Diagnostic;
using workload::Job;
using workload::OutputPattern;
using Severity = Diagnostic::Severity;

/// An option with its value, and where it stands.
struct Setting {
  const Option* option;
  std::string value{};
  Word place{};
};

/// A job on its way from settings; collects what is wrong with them.
class Builder {
 public:
  Builder(const Source& source, Parsed& parsed) : source_(source), parsed_(parsed) {}

  void read_directive(const std::vector<Word>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      auto setting = read_setting(words, i);
      if (!setting) return;  // What follows on the line may belong to what was not understood.
      apply(*setting, false);
    }
  }

  void apply_override(const Override& given) {
    for (const Option& option : all_options()) {
      if (option.name == given.first) {
        apply({.option = &option, .value = given.second}, true);
        return;
      }
    }
    CHECK(!"the command line gave an option that sbatch does not have");
  }

  void finish() {
    Job& job = parsed_.job;
    if (memory_place_ && memory_per_cpu_place_) {
      complain(*memory_per_cpu_place_, "--mem and --mem-per-cpu exclude each other; keep one");
    }
    if (job.name.empty() && !named_) {
      job.name = std::filesystem::path(source_.file).filename().string();
    }
    if (!job.resources.tasks_asked && tasks_per_node_ > 0) {
      job.resources.tasks = tasks_per_node_ * job.resources.nodes;
    }
    if (job.output.empty())
      job.output = parse_file_pattern(job.array ? "slurm-%A_%a.out" : "slurm-%j.out");
    job.resources.gpus = std::max(gpus_, gpus_per_task_ * job.resources.tasks);
    if (job.directory.empty()) job.directory = source_.submit_directory;
    job.submit_directory = source_.submit_directory;
  }

 private:
  Diagnostic at(const Word& place) const {
    return {.file = place.line > 0 ? source_.file : "", .line = place.line, .column = place.column};
  }

  void complain(const Word& place, std::string message, Severity severity = Severity::error) {
    Diagnostic& diagnostic = parsed_.diagnostics.emplace_back(at(place));
    diagnostic.severity = severity;
    diagnostic.message = std::move(message);
  }

  /// The setting at words[i]; moves i to its last word. Complains and gives nothing if it is none.
  std::optional<Setting> read_setting(const std::vector<Word>& words, std::size_t& i) {
    const Word& word = words[i];
    if (word.text == "hetjob" || word.text == "packjob") {
      complain(word, "heterogeneous jobs are not supported; submit the parts as jobs of their own");
      return std::nullopt;
    }
    if (!word.text.starts_with('-') || word.text == "-" || word.text == "--") {
      complain(word, fmt::format("\"{}\" is not an option of sbatch", word.text));
      return std::nullopt;
    }
    return word.text.starts_with("--") ? read_long(words, i) : read_short(words, i);
  }

  std::optional<Setting> read_long(const std::vector<Word>& words, std::size_t& i) {
    const Word& word = words[i];
    const std::size_t mark = std::min(word.text.find('='), word.text.size());
    const Option* option = find_long(word, word.text.substr(2, mark - 2));
    if (option == nullptr) return std::nullopt;
    Setting setting{.option = option, .place = word};
    if (mark < word.text.size()) {
      setting.value = word.text.substr(mark + 1);
      if (option->argument == Option::Argument::none) {
        complain(word, fmt::format("--{} takes no value", option->name));
        return std::nullopt;
      }
      return setting;
    }
    return with_next_word(setting, words, i);
  }

  std::optional<Setting> read_short(const std::vector<Word>& words, std::size_t& i) {
    const Word& word = words[i];
    for (const Option& option : all_options()) {
      if (option.letter != word.text[1]) continue;
      Setting setting{.option = &option, .place = word};
      if (word.text.size() == 2) return with_next_word(setting, words, i);
      if (option.argument == Option::Argument::none) {
        complain(word, fmt::format("-{} takes no value; write \"{}\" as an option of its own",
                                   option.letter, word.text.substr(2)));
        return std::nullopt;
      }
      setting.value = word.text.substr(2);
      return setting;
    }
    complain(word, fmt::format("sbatch has no option {}", word.text.substr(0, 2)));
    return std::nullopt;
  }

  std::optional<Setting> with_next_word(Setting setting, const std::vector<Word>& words,
                                        std::size_t& i) {
    if (setting.option->argument != Option::Argument::required) return setting;
    if (i + 1 == words.size()) {
      complain(setting.place, fmt::format("{} needs a value", setting.place.text));
      return std::nullopt;
    }
    setting.value = words[++i].text;
    return setting;
  }

  /// As getopt_long: the full name, or a beginning that only one option has.
  const Option* find_long(const Word& word, const std::string& name) {
    std::vector<const Option*> found;
    for (const Option& option : all_options()) {
      if (option.name == name) return &option;
      if (option.name.starts_with(name)) found.push_back(&option);
    }
    if (found.size() == 1) return found.front();
    if (found.empty()) {
      complain(word, fmt::format("sbatch has no option --{}", name));
    } else {
      std::string names;
      for (const Option* option : found) names += fmt::format(" --{}", option->name);
      complain(word, fmt::format("--{} may mean{}", name, names));
    }
    return nullptr;
  }

  void apply(const Setting& setting, bool override) {
    const Option& option = *setting.option;
    switch (option.effect) {
      case Option::Effect::printing:
        return;
      case Option::Effect::refused:
        return complain(setting.place,
                        fmt::format("--{} is not supported; remove it or run the job without Aloft",
                                    option.name));
      case Option::Effect::ineffective:
        parsed_.job.hints[std::string(option.name)] = setting.value;
        return complain(setting.place, fmt::format("--{} has no effect here", option.name),
                        Severity::warning);
      case Option::Effect::applied:
        break;
    }
    if (auto applied = apply_value(setting, override); !applied) {
      complain(setting.place, fmt::format("--{}: {}", option.name, applied.error().message));
    }
  }

  Result<void> apply_value(const Setting& setting, bool override) {
    const std::string_view name = setting.option->name;
    const std::string& value = setting.value;
    Job& job = parsed_.job;
    if (name == "array") {
      job.array = TRY(workload::parse_array_spec(value));
    } else if (name == "chdir") {
      TRY(set_directory(value));
    } else if (name == "comment") {
      job.comment = value;
    } else if (name == "dependency") {
      job.dependencies = TRY(parse_dependency(value));
      parsed_.at_dependency = at(setting.place);
    } else if (name == "error") {
      job.error = TRY(pattern_of(value));
    } else if (name == "output") {
      job.output = TRY(pattern_of(value));
    } else if (name == "input") {
      job.input = value;
    } else if (name == "export") {
      job.environment_export = TRY(parse_export(value));
    } else if (name == "job-name") {
      job.name = value;
      named_ = true;
    } else if (name == "kill-on-invalid-dep") {
      if (value != "yes") {
        complain(setting.place,
                 "--kill-on-invalid-dep has no effect: a job whose dependency can never hold ends",
                 Severity::warning);
      }
    } else if (name == "open-mode") {
      TRY(set_open_mode(value));
    } else if (name == "requeue" || name == "no-requeue") {
      job.requeue = name == "requeue";
    } else {
      TRY(apply_resource(setting, override));
    }
    return {};
  }

  Result<void> apply_resource(const Setting& setting, bool override) {
    const std::string_view name = setting.option->name;
    const std::string& value = setting.value;
    workload::Resources& resources = parsed_.job.resources;
    if (name == "cpus-per-task") {
      resources.cpus_per_task = TRY(parse_count(value));
      resources.cpus_per_task_asked = true;
    } else if (name == "ntasks") {
      resources.tasks = TRY(parse_count(value));
      resources.tasks_asked = true;
    } else if (name == "ntasks-per-node" || name == "tasks-per-node") {
      tasks_per_node_ = TRY(parse_count(value));
      parsed_.job.hints["ntasks-per-node"] = value;
    } else if (name == "nodes") {
      resources.nodes = TRY(parse_nodes(value));
      resources.nodes_asked = true;
    } else if (name == "mem") {
      const std::uint64_t bytes = TRY(parse_memory(value));
      // --mem=0 asks for all that the node has, which is what a task sees anyway.
      resources.memory_per_node_bytes = bytes > 0 ? std::optional(bytes) : std::nullopt;
      memory_place_ = setting.place;
      if (override) resources.memory_per_cpu_bytes.reset(), memory_per_cpu_place_.reset();
    } else if (name == "mem-per-cpu") {
      resources.memory_per_cpu_bytes = TRY(parse_memory(value));
      memory_per_cpu_place_ = setting.place;
      if (override) resources.memory_per_node_bytes.reset(), memory_place_.reset();
    } else if (name == "time") {
      resources.wall_time = TRY(parse_time_limit(value));
    } else if (name == "gres") {
      gpus_ = TRY(parse_gres(value));
    } else if (name == "gpus" || name == "gpus-per-node") {
      gpus_ = TRY(parse_gpus(value));
    } else if (name == "gpus-per-task") {
      gpus_per_task_ = TRY(parse_gpus(value));
    } else if (name == "exclusive") {
      resources.exclusive = true;
    } else {
      CHECK(!"an applied option has no meaning");
    }
    return {};
  }

  Result<void> set_directory(const std::string& value) {
    if (value.empty()) return fail(ErrorCode::invalid_argument, "a directory is missing");
    const bool placed = value.starts_with('/') || value.starts_with("az://");
    parsed_.job.directory = placed ? value : source_.submit_directory + "/" + value;
    return {};
  }

  static Result<OutputPattern> pattern_of(const std::string& value) {
    if (value.empty()) return fail(ErrorCode::invalid_argument, "a file name is missing");
    if (value == "none") return OutputPattern::literal("/dev/null");
    return parse_file_pattern(value);
  }

  Result<void> set_open_mode(const std::string& value) {
    if (value != "a" && value != "append" && value != "t" && value != "truncate") {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("\"{}\" is neither append nor truncate", value));
    }
    parsed_.job.open_mode =
        value.starts_with('a') ? workload::OpenMode::append : workload::OpenMode::truncate;
    return {};
  }

  const Source& source_;
  Parsed& parsed_;
  std::optional<Word> memory_place_, memory_per_cpu_place_;
  std::uint32_t tasks_per_node_ = 0, gpus_ = 0, gpus_per_task_ = 0;
  bool named_ = false;
};

}  // namespace

Parsed parse_script(std::string_view content, const Source& source,
                    const std::vector<Override>& overrides) {
  Parsed parsed;
  const Header header = read_header(content, source.file, parsed.diagnostics);
  Builder builder(source, parsed);
  for (const auto& words : header.directives) builder.read_directive(words);
  for (const Override& given : overrides) builder.apply_override(given);
  builder.finish();
  std::stable_sort(parsed.diagnostics.begin(), parsed.diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     // What has no line comes from the command line and stands behind the script's.
                     return (a.line > 0 ? a.line : 1 << 30) < (b.line > 0 ? b.line : 1 << 30);
                   });
  return parsed;
}

}  // namespace aloft::script::slurm
