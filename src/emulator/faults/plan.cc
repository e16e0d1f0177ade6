// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/plan.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <limits>

#include "base/file.h"
#include "base/name_table.h"
#include "http/message.h"

namespace aloft::emulator::faults {

namespace {

constexpr NameTable<Service, 2> kServices{{{Service::blob, "blob"}, {Service::batch, "batch"}}};
constexpr NameTable<NodeEvent, 3> kNodeEvents{
    {{NodeEvent::lose, "lose"}, {NodeEvent::preempt, "preempt"}, {NodeEvent::reboot, "reboot"}}};
constexpr NameTable<bool, 2> kDrops{{{false, "before"}, {true, "after"}}};
/// The only time there is for nodes, so far.
constexpr NameTable<bool, 1> kNodeTimes{{{true, "task-running"}}};

/// The entries of one table. Each is taken by its name; whatever is left then is a mistake.
class Entries {
 public:
  Entries(const toml::table& table, std::string section, const std::string& path)
      : table_(table), section_(std::move(section)), path_(path) {}

  template <class... Parts>
  auto fail_at(const toml::node& node, fmt::format_string<Parts...> text, Parts&&... parts) const {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}:{}: {}", path_, node.source().begin.line,
                            fmt::format(text, std::forward<Parts>(parts)...)));
  }
  auto fail_here(std::string_view what) const { return fail_at(table_, "{} {}", section_, what); }

  /// Null where there is none of this name.
  const toml::node* take(std::string_view name) {
    taken_.push_back(name);
    return table_.get(name);
  }

  Result<std::optional<std::string>> text(std::string_view name) {
    const toml::node* node = take(name);
    if (node == nullptr) return std::nullopt;
    if (!node->is_string()) return fail_at(*node, "{} is a string", name);
    return **node->as_string();
  }

  Result<bool> flag(std::string_view name) {
    const toml::node* node = take(name);
    if (node == nullptr) return false;
    if (!node->is_boolean()) return fail_at(*node, "{} is true or false", name);
    return **node->as_boolean();
  }

  Result<std::optional<std::uint64_t>> number(std::string_view name, std::int64_t min,
                                              std::int64_t max) {
    const toml::node* node = take(name);
    if (node == nullptr) return std::nullopt;
    const auto* integer = node->as_integer();
    if (integer == nullptr || **integer < min || **integer > max) {
      return fail_at(*node, "{} is a whole number from {} to {}", name, min, max);
    }
    return static_cast<std::uint64_t>(**integer);
  }

  template <class Value, std::size_t count>
  Result<std::optional<Value>> name_in_table(std::string_view name,
                                             const NameTable<Value, count>& table) {
    const std::optional<std::string> given = TRY(text(name));
    if (!given) return std::nullopt;
    const std::optional<Value> value = value_in(table, *given);
    if (value) return value;
    std::vector<std::string> names;
    for (const auto& [one, its_name] : table) names.push_back(fmt::format("\"{}\"", its_name));
    return fail_at(*table_.get(name), "{} is {}, not \"{}\"", name, fmt::join(names, " or "),
                   *given);
  }

  /// Those of a table among these.
  Entries inner(const toml::node& node, std::string_view name) const {
    return Entries(*node.as_table(), std::string(name), path_);
  }

  Result<void> finish() const {
    for (const auto& [key, value] : table_) {
      if (std::ranges::find(taken_, key.str()) != taken_.end()) continue;
      return fail_at(value, "{} takes {}; \"{}\" is not one of them", section_,
                     fmt::join(taken_, ", "), key.str());
    }
    return {};
  }

 private:
  const toml::table& table_;
  const std::string section_;
  const std::string& path_;
  std::vector<std::string_view> taken_;
};

constexpr std::int64_t kAnyNumber = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMillisecondsMax = 24 * 3'600'000;

Result<std::chrono::milliseconds> read_milliseconds(Entries& entries, std::string_view name) {
  const auto number = TRY(entries.number(name, 0, kMillisecondsMax));
  return std::chrono::milliseconds(number.value_or(0));
}

Result<Frequency> read_frequency(Entries& entries) {
  Frequency frequency;
  frequency.after = TRY(entries.number("after", 0, kAnyNumber)).value_or(0);
  frequency.count = TRY(entries.number("count", 1, kAnyNumber));
  if (const toml::node* node = entries.take("probability")) {
    const auto value = node->value<double>();
    if (!value || !(*value >= 0 && *value <= 1)) {
      return entries.fail_at(*node, "probability is a number from 0 to 1");
    }
    frequency.probability = *value;
  }
  return frequency;
}

Result<void> read_headers(Entries& entries, RequestRule& rule) {
  const toml::node* node = entries.take("header");
  if (node == nullptr) return {};
  if (!node->is_table()) return entries.fail_at(*node, "header is a table of names and globs");
  for (const auto& [name, value] : *node->as_table()) {
    if (!value.is_string()) return entries.fail_at(value, "header {} is a string", name.str());
    rule.headers.emplace_back(name.str(), **value.as_string());
  }
  return {};
}

enum class Law { uniform, exponential, lognormal };
constexpr NameTable<Law, 3> kLaws{
    {{Law::uniform, "uniform"}, {Law::exponential, "exponential"}, {Law::lognormal, "lognormal"}}};

Result<double> read_positive(Entries& entries, std::string_view name, double max) {
  const toml::node* node = entries.take(name);
  if (node == nullptr) return entries.fail_here("needs " + std::string(name));
  const auto value = node->value<double>();
  if (!value || !(*value > 0 && *value <= max)) {
    return entries.fail_at(*node, "{} is a number above 0, {} at most", name, max);
  }
  return *value;
}

Result<Delay> read_law(Entries entries) {
  const std::optional<Law> law = TRY(entries.name_in_table("law", kLaws));
  if (!law) return entries.fail_here("needs law: \"uniform\", \"exponential\" or \"lognormal\"");
  Delay delay;
  if (*law == Law::uniform) {
    const auto min = TRY(entries.number("min", 0, kMillisecondsMax)).value_or(0);
    const double max = TRY(read_positive(entries, "max", kMillisecondsMax));
    if (static_cast<double>(min) > max) return entries.fail_here("has min above max");
    delay = UniformDelay{.min_ms = static_cast<double>(min), .max_ms = max};
  } else if (*law == Law::exponential) {
    const double mean = TRY(read_positive(entries, "mean", kMillisecondsMax));
    delay = ExponentialDelay{.mean_ms = mean};
  } else {
    const double median = TRY(read_positive(entries, "median", kMillisecondsMax));
    const double sigma = TRY(read_positive(entries, "sigma", 10));
    delay = LognormalDelay{.median_ms = median, .sigma = sigma};
  }
  TRY(entries.finish());
  return delay;
}

Result<Delay> read_delay(Entries& entries) {
  const toml::node* node = entries.take("delay_ms");
  if (node != nullptr && node->is_table()) return read_law(entries.inner(*node, "delay_ms"));
  return Delay(TRY(read_milliseconds(entries, "delay_ms")));
}

Result<void> read_refusal(Entries& entries, RequestRule& rule) {
  const auto status = TRY(entries.number("status", 400, 599));
  const auto code = TRY(entries.text("code"));
  const auto retry_after_s = TRY(entries.number("retry_after_s", 0, kAnyNumber));
  if (!status) {
    if (code || retry_after_s) return entries.fail_here("with code or retry_after_s needs status");
    return {};
  }
  rule.action = RequestRule::Refuse{.status = static_cast<int>(*status),
                                    .code = code.value_or("InternalError"),
                                    .retry_after_s = retry_after_s};
  return {};
}

Result<void> read_action(Entries& entries, RequestRule& rule) {
  rule.delay = TRY(read_delay(entries));
  rule.connection_bytes_per_s = TRY(entries.number("connection_bytes_per_s", 1, kAnyNumber));
  rule.copy_pending_ms = TRY(entries.number("copy_pending_ms", 1, kMillisecondsMax));
  TRY(read_refusal(entries, rule));
  const auto drop = TRY(entries.name_in_table("drop", kDrops));
  const auto reset = TRY(entries.number("reset_after_bytes", 0, kAnyNumber));
  const bool damage = TRY(entries.flag("damage"));
  const bool refuses = rule.action.index() != 0;
  if (int{refuses} + int{drop.has_value()} + int{reset.has_value()} + int{damage} > 1) {
    return entries.fail_here("takes only one of status, drop, reset_after_bytes and damage");
  }
  if (drop) rule.action = RequestRule::Drop{.is_carried_out = *drop};
  if (reset) rule.action = RequestRule::Reset{.after_bytes = *reset};
  if (damage) rule.action = RequestRule::Damage{};
  const bool waits = rule.delay != Delay();
  if (!waits && !rule.connection_bytes_per_s && !rule.total_bytes_per_s && !rule.copy_pending_ms &&
      rule.action.index() == 0) {
    return entries.fail_here(
        "does nothing: it needs delay_ms, connection_bytes_per_s, total_bytes_per_s, "
        "copy_pending_ms, status, drop, reset_after_bytes or damage");
  }
  return {};
}

Result<RequestRule> read_request_rule(Entries entries) {
  RequestRule rule;
  rule.service = TRY(entries.name_in_table("service", kServices));
  rule.method = TRY(entries.text("method")).value_or("");
  if (!rule.method.empty() && http::parse_method(rule.method) == http::Method::other) {
    return entries.fail_here("has a method that no service has: \"" + rule.method + "\"");
  }
  rule.target = TRY(entries.text("target")).value_or(rule.target);
  TRY(read_headers(entries, rule));
  rule.frequency = TRY(read_frequency(entries));
  rule.total_bytes_per_s = TRY(entries.number("total_bytes_per_s", 1, kAnyNumber));
  TRY(read_action(entries, rule));
  TRY(entries.finish());
  return rule;
}

Result<NodeRule> read_node_rule(Entries entries) {
  NodeRule rule;
  rule.pool = TRY(entries.text("pool")).value_or(rule.pool);
  rule.job = TRY(entries.text("job")).value_or(rule.job);
  rule.task = TRY(entries.text("task")).value_or(rule.task);
  rule.frequency = TRY(read_frequency(entries));
  rule.delay = TRY(read_milliseconds(entries, "after_ms"));
  TRY(entries.name_in_table("when", kNodeTimes));
  const auto event = TRY(entries.name_in_table("event", kNodeEvents));
  TRY(entries.finish());
  if (!event) return entries.fail_here("needs event: \"lose\", \"preempt\" or \"reboot\"");
  rule.event = *event;
  return rule;
}

/// The tables [[name]] in their order.
template <class Rule>
Result<std::vector<Rule>> read_rules(Entries& file, std::string_view name, const std::string& path,
                                     Result<Rule> (*read)(Entries)) {
  std::vector<Rule> rules;
  const toml::node* node = file.take(name);
  if (node == nullptr) return rules;
  if (!node->is_array_of_tables()) {
    return file.fail_at(*node, "{} is written as tables, each headed [[{}]]", name, name);
  }
  for (const toml::node& one : *node->as_array()) {
    rules.push_back(TRY(read(Entries(*one.as_table(), fmt::format("[[{}]]", name), path))));
  }
  return rules;
}

Result<Plan> read_plan(const toml::table& table, const std::string& path, Random& random) {
  // Of eight digits or so, since people repeat it.
  constexpr std::uint64_t kSeedBound = 100'000'000;
  Entries file(table, "the file", path);
  Plan plan;
  plan.seed = TRY(file.number("seed", 0, kAnyNumber)).value_or(random.below(kSeedBound));
  plan.requests = TRY(read_rules(file, "request", path, read_request_rule));
  plan.nodes = TRY(read_rules(file, "node", path, read_node_rule));
  TRY(file.finish());
  return plan;
}

}  // namespace

Result<Plan> parse_plan(std::string_view text, const std::string& path, Random& random) {
  try {
    return read_plan(toml::parse(text, path), path, random);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
}

Result<RequestRule> parse_request_fault(std::string_view text) {
  const std::string path(kFaultField);
  try {
    const toml::table document = toml::parse(fmt::format("fault = {{ {} }}", text), path);
    if (document.size() != 1) return fail(ErrorCode::invalid_argument, path + ": is one rule");
    Entries entries(*document["fault"].as_table(), path, path);
    RequestRule rule;
    TRY(read_action(entries, rule));
    TRY(entries.finish());
    return rule;
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: {}", path, error.description()));
  }
}

Result<Plan> load_plan(const std::string& path) {
  const std::string text = TRY(read_file(path));
  return parse_plan(text, path, system_random());
}

}  // namespace aloft::emulator::faults
