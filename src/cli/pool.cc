// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "azure/names/blob_uri.h"
#include "cli/batch_jobs.h"
#include "cli/command.h"
#include "cli/failures.h"
#include "cli/interruption.h"
#include "cli/job_home.h"
#include "cli/job_text.h"
#include "cli/output.h"
#include "executor/azure_batch/home.h"
#include "executor/azure_batch/pools.h"

namespace aloft::cli {
namespace {

/// Pools change within minutes; a call about them within seconds.
constexpr std::chrono::minutes kCallTimeMax{5};

struct PoolArguments {
  executor::PoolPlan plan{};
};

Limits limits_of(const Interruption& interruption) {
  return Limits::within(kCallTimeMax, interruption.limits().stop);
}

Result<std::shared_ptr<batch::BatchClient>> open_batch(const Context& context) {
  return open_batch_accounts(context.environment)("");
}

std::string nodes_text(const batch::NodeCounts& nodes) {
  return nodes.spot == 0 ? std::to_string(nodes.dedicated)
                         : fmt::format("{}+{} spot", nodes.dedicated, nodes.spot);
}

std::string state_text(const batch::Pool& pool) {
  if (pool.state == batch::Pool::State::deleting) return "deleting";
  if (!pool.resize_errors.empty()) return "resize failed";
  switch (pool.allocation) {
    case batch::Pool::Allocation::steady:
      return "steady";
    case batch::Pool::Allocation::resizing:
      return "resizing";
    case batch::Pool::Allocation::stopping:
      break;
  }
  return "stopping";
}

nlohmann::json to_json(const batch::Pool& pool) {
  auto errors = nlohmann::json::array();
  for (const auto& error : pool.resize_errors) {
    errors.push_back({{"code", error.code}, {"message", error.message}});
  }
  return {{"pool", pool.id},
          {"size", pool.vm_size},
          {"state", state_text(pool)},
          {"nodes", pool.current.dedicated},
          {"spot_nodes", pool.current.spot},
          {"target_nodes", pool.target.dedicated},
          {"target_spot_nodes", pool.target.spot},
          {"slots_per_node", pool.slots_per_node},
          {"resize_errors", errors}};
}

nlohmann::json to_json(const batch::Node& node) {
  nlohmann::json json{{"node", node.id},
                      {"state", node.state},
                      {"spot", node.spot},
                      {"running_slots", node.running_slots}};
  if (!node.start_task_failure.empty()) json["start_task_failure"] = node.start_task_failure;
  return json;
}

constexpr const char* kPoolColumns = "{:<20} {:<20} {:<13} {:>9} {:>9} {:>4}";

std::string pool_heading() {
  return fmt::format(kPoolColumns, "POOL", "SIZE", "STATE", "NODES", "TARGET", "SLOTS");
}

std::string pool_line(const batch::Pool& pool) {
  return fmt::format(kPoolColumns, pool.id, pool.vm_size, state_text(pool),
                     nodes_text(pool.current), nodes_text(pool.target), pool.slots_per_node);
}

std::string nodes_to_come(const batch::NodeCounts& nodes) {
  return nodes.spot == 0 ? counted(nodes.dedicated, "node") : nodes_text(nodes) + " nodes";
}

/// What becomes of a pool.
void print(const Context& context, const std::string& pool, const std::string& words) {
  Output output;
  if (context.json) {
    output.json({{"pool", pool}});
  } else {
    output.line(fmt::format("pool {} {}", pool, words));
  }
}

Result<void> create(const PoolArguments& arguments, Context& context) {
  const std::string home = chosen_home(context);
  if (home.empty()) {
    return fail(ErrorCode::invalid_argument,
                "pool create needs --home az://ACCOUNT/CONTAINER: nodes fetch Aloft from there");
  }
  const Interruption interruption;
  const Limits limits = limits_of(interruption);
  const auto client = TRY(open_batch(context));
  const auto container = TRY(open_home_container(context.environment, home, limits.stop));
  const std::string launcher = TRY(launcher_path());
  const executor::Bundle bundle = TRY(executor::find_bundle(launcher));
  const azure::BlobUri uri = TRY(azure::parse_blob_uri(home));
  const auto place = TRY(place_of_account(context.environment, uri.account));
  TRY(executor::BatchHome(container).keep_bundle(bundle, limits));
  executor::NodeBundle on_nodes{.digest = bundle.digest,
                                .url = fmt::format("{}/{}/{}", place.endpoint, uri.container,
                                                   executor::BatchHome::bundle_key(bundle.digest))};
  TRY(executor::make_pool(*client, arguments.plan, std::move(on_nodes), limits));
  print(context, arguments.plan.id,
        arguments.plan.nodes.total() == 0
            ? fmt::format("is made; `aloft pool resize {} --nodes N` gives it nodes",
                          arguments.plan.id)
            : fmt::format("is made; {} to come", nodes_to_come(arguments.plan.nodes)));
  return {};
}

Result<void> list(Context& context) {
  const Interruption interruption;
  const auto client = TRY(open_batch(context));
  const auto pools = TRY(client->pools(limits_of(interruption)));
  Output output;
  if (context.json) {
    auto document = nlohmann::json::array();
    for (const auto& pool : pools) document.push_back(to_json(pool));
    output.json(document);
    return {};
  }
  output.line(pool_heading());
  for (const auto& pool : pools) output.line(output.name(pool_line(pool)));
  return {};
}

Result<void> show(const std::string& id, Context& context) {
  const Interruption interruption;
  const Limits limits = limits_of(interruption);
  const auto client = TRY(open_batch(context));
  const batch::Pool pool = TRY(client->pool(id, limits));
  const auto nodes = TRY(client->nodes(id, limits));
  Output output;
  if (context.json) {
    auto document = to_json(pool);
    document["node_list"] = nlohmann::json::array();
    for (const auto& node : nodes) document["node_list"].push_back(to_json(node));
    output.json(document);
    return {};
  }
  output.line(pool_heading());
  output.line(output.name(pool_line(pool)));
  for (const auto& error : pool.resize_errors) {
    output.line(output.name(fmt::format("  {}: {}", error.code, error.message)));
  }
  for (const auto& node : nodes) {
    output.line(output.name(fmt::format("  {:<40} {:<18} {} of {} slots{}", node.id, node.state,
                                        node.running_slots, pool.slots_per_node,
                                        node.spot ? ", spot" : "")));
    if (!node.start_task_failure.empty()) {
      output.line(output.name("    start task: " + node.start_task_failure));
    }
  }
  return {};
}

Result<void> resize(const PoolArguments& arguments, Context& context) {
  const Interruption interruption;
  const auto client = TRY(open_batch(context));
  TRY(executor::resize_pool(*client, arguments.plan.id, arguments.plan.nodes,
                            limits_of(interruption)));
  print(context, arguments.plan.id, "will have " + nodes_to_come(arguments.plan.nodes));
  return {};
}

Result<void> remove(const std::string& id, Context& context) {
  const Interruption interruption;
  const auto client = TRY(open_batch(context));
  TRY(client->delete_pool(id, limits_of(interruption)));
  print(context, id, "and its nodes go");
  return {};
}

void add_id(CLI::App& command, const std::shared_ptr<PoolArguments>& arguments) {
  command.add_option("POOL", arguments->plan.id, "Its name")->required();
}

void add_nodes(CLI::App& command, const std::shared_ptr<PoolArguments>& arguments) {
  command.add_option("--nodes", arguments->plan.nodes.dedicated, "How many nodes it shall have")
      ->option_text("N");
  command
      .add_option("--spot", arguments->plan.nodes.spot,
                  "How many more at a low price, which Azure may take back at any time")
      ->option_text("N");
}

void add_create(CLI::App& pool, Context& context) {
  auto arguments = std::make_shared<PoolArguments>();
  auto* command = pool.add_subcommand("create", "Make a pool whose nodes can run Aloft's tasks");
  add_id(*command, arguments);
  command->add_option("--size", arguments->plan.vm_size, "Of its machines: Standard_D4s_v5, ...")
      ->required()
      ->option_text("SIZE");
  add_nodes(*command, arguments);
  command
      ->add_option("--slots", arguments->plan.slots,
                   "How many slots each node has for tasks; as many as cores where not said")
      ->option_text("N");
  command
      ->add_option("--cores", arguments->plan.cores,
                   "How many cores each node has, where the name of its size does not tell")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  add_home_option(*command, context,
                  "The container az://ACCOUNT/CONTAINER that will hold its jobs (ALOFT_JOB_HOME); "
                  "nodes fetch Aloft from there");
  add_json_option(*command, context, "the pool's name");
  command->callback([arguments, &context] {
    if (const auto done = create(*arguments, context); !done) report(context, done.error());
  });
}

void add_list(CLI::App& pool, Context& context) {
  auto* command = pool.add_subcommand("list", "List the pools of the Batch account");
  add_json_option(*command, context, "the list");
  command->callback([&context] {
    if (const auto done = list(context); !done) report(context, done.error());
  });
}

void add_show(CLI::App& pool, Context& context) {
  auto arguments = std::make_shared<PoolArguments>();
  auto* command = pool.add_subcommand("show", "Show a pool and its nodes");
  add_id(*command, arguments);
  add_json_option(*command, context, "the pool and its nodes");
  command->callback([arguments, &context] {
    if (const auto done = show(arguments->plan.id, context); !done) report(context, done.error());
  });
}

void add_resize(CLI::App& pool, Context& context) {
  auto arguments = std::make_shared<PoolArguments>();
  auto* command = pool.add_subcommand("resize", "Change how many nodes a pool has");
  command->footer(
      "What is not said becomes 0. Tasks of nodes that go are repeated on another one.");
  add_id(*command, arguments);
  add_nodes(*command, arguments);
  add_json_option(*command, context, "the pool's name");
  command->callback([command, arguments, &context] {
    if (command->count("--nodes") + command->count("--spot") == 0) {
      report(context, {.code = ErrorCode::invalid_argument,
                       .message = "pool resize needs --nodes or --spot: how many there shall be"});
      return;
    }
    if (const auto done = resize(*arguments, context); !done) report(context, done.error());
  });
}

void add_delete(CLI::App& pool, Context& context) {
  auto arguments = std::make_shared<PoolArguments>();
  auto* command = pool.add_subcommand("delete", "Remove a pool and its nodes");
  command->footer("Tasks that wait stay in Batch; `aloft cancel` ends them.");
  add_id(*command, arguments);
  add_json_option(*command, context, "the pool's name");
  command->callback([arguments, &context] {
    if (const auto done = remove(arguments->plan.id, context); !done) {
      report(context, done.error());
    }
  });
}

}  // namespace

void add_pool_command(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("pool", "Pools of machines on Azure Batch");
  command->require_subcommand(1);
  add_create(*command, context);
  add_list(*command, context);
  add_show(*command, context);
  add_resize(*command, context);
  add_delete(*command, context);
}

}  // namespace aloft::cli
