// SPDX-License-Identifier: Apache-2.0
#include "script/slurm/slurm_script.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>
#include <set>

#include "script/slurm/internal/options.h"
#include "workload/job_json.h"

namespace aloft::script::slurm {
namespace {

using testing::HasSubstr;
using workload::Diagnostic;

Parsed parse(const std::string& header, const std::vector<Override>& overrides = {}) {
  return parse_script("#!/bin/sh\n" + header + "\ntrue\n",
                      {.file = "job.sh", .submit_directory = "/submit"}, overrides);
}

std::string shown(const Parsed& parsed) {
  std::string text = to_json(parsed.job);
  for (const auto& diagnostic : parsed.diagnostics) text += to_text(diagnostic);
  return text;
}

TEST(SlurmScript, StopsReadingAtTheFirstCommand) {
  EXPECT_EQ(parse("echo\n#SBATCH -J late").job.name, "job.sh");
  EXPECT_EQ(parse("\n# note\n  \n#SBATCH -J early").job.name, "early");
}

TEST(SlurmScript, LetsTheCommandLineWin) {
  const Parsed parsed =
      parse("#SBATCH -J script -o s.out --mem=5", {{"job-name", "given"}, {"mem-per-cpu", "1G"}});
  EXPECT_EQ(parsed.job.name, "given");
  EXPECT_EQ(parsed.job.output, workload::OutputPattern::literal("s.out"));
  EXPECT_FALSE(has_error(parsed.diagnostics));
  EXPECT_EQ(parsed.job.resources.memory_per_cpu_bytes, 1ull << 30);
}

TEST(SlurmScript, NamesFileLineAndColumnOfAMistake) {
  const Parsed parsed = parse("#SBATCH -J good\n#SBATCH -c 2 --tme=5");
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(to_text(parsed.diagnostics[0]), "job.sh:3:14: error: sbatch has no option --tme");
}

TEST(SlurmScript, SaysWhatIsWrongOnTheCommandLine) {
  const Parsed parsed = parse("", {{"array", "5-1"}});
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_THAT(to_text(parsed.diagnostics[0]), HasSubstr("error: --array: \"5-1\""));
}

TEST(SlurmScript, RemembersWhereTheDependencyThatCountsStands) {
  EXPECT_EQ(to_text(parse("#SBATCH -d afterok:1\n#SBATCH -J x -d afterok:2").at_dependency),
            "job.sh:3:14: error: ");
  EXPECT_EQ(to_text(parse("#SBATCH -d afterok:1", {{"dependency", "afterok:2"}}).at_dependency),
            "error: ");
}

TEST(SlurmScript, RefusesWhatIsNoScript) {
  for (const char* content :
       {"", "\n\n", "echo no interpreter\n", "#!\n", "#!/bin/sh\r\necho\r\n"}) {
    EXPECT_TRUE(has_error(parse_script(content, {.file = "x"}).diagnostics)) << content;
  }
  EXPECT_TRUE(has_error(parse_script(std::string("\x7f"
                                                 "ELF\0\0",
                                                 6),
                                     {.file = "x"})
                            .diagnostics));
}

TEST(SlurmScript, HasEachOptionOnceWithOneLetter) {
  std::set<std::string_view> names;
  std::set<char> letters;
  for (const Option& option : all_options()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    if (option.letter == 0) continue;
    EXPECT_TRUE(letters.insert(option.letter).second) << option.name;
  }
}

// The commonest fault of translators: an option that is read and forgotten.
TEST(SlurmScript, LosesNoOptionSilently) {
  const std::string without = shown(parse("#SBATCH --comment=x"));
  for (const Option& option : all_options()) {
    if (option.effect == Option::Effect::printing || option.name == "kill-on-invalid-dep") {
      continue;  // They ask for what happens anyway.
    }
    std::string value;
    if (option.argument == Option::Argument::required) {
      const std::string name(option.name);
      value = name == "dependency"                               ? "=singleton"
              : name == "open-mode"                              ? "=append"
              : name == "gres"                                   ? "=gpu:3"
              : name.find("tasks-per-node") != std::string::npos ? "=3"
                                                                 : "=3";
    }
    EXPECT_NE(shown(parse(fmt::format("#SBATCH --comment=x --{}{}", option.name, value))), without)
        << option.name;
  }
}

TEST(SlurmScript, SurvivesAnyHeader) {
  const std::uint32_t seed = 4711;
  std::mt19937 random(seed);
  const std::string letters = "-=abcnotJ %:,?+\"'\\#0123456789\t/\xff";
  for (int round = 0; round < 3000; ++round) {
    std::string header = "#SBATCH ";
    for (auto length = random() % 40; length > 0; --length) {
      if (random() % 12 == 0) {
        const auto options = all_options();
        header += fmt::format("--{}=", options[random() % options.size()].name);
      }
      header += letters[random() % letters.size()];
    }
    const Parsed parsed = parse(header);
    if (!has_error(parsed.diagnostics)) {
      EXPECT_TRUE(workload::job_from_json(to_json(parsed.job)))
          << "seed " << seed << ": " << header;
    }
  }
}

}  // namespace
}  // namespace aloft::script::slurm
