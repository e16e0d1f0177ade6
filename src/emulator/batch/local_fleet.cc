// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/local_fleet.h"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <system_error>
#include <thread>

#include "base/log/log.h"

namespace aloft::emulator::batch {

namespace {
constexpr std::chrono::milliseconds kPauseWhileNothingIsKept{200};
}  // namespace

/// One machine: a thread that does what it is told in order, and one for each attempt.
class LocalFleet::Machine {
 public:
  Machine(NodeOptions options, Ledger& ledger, FleetEvents& events,
          std::shared_ptr<Machine> predecessor)
      : options_(std::move(options)),
        ledger_(ledger),
        events_(events),
        predecessor_(std::move(predecessor)),
        control_([this] { work(); }) {}
  ~Machine() { finish(); }

  void open(std::optional<Attempt> start_task) {
    post([this, start_task = std::move(start_task)] { open_node(start_task); });
  }
  void start(std::uint64_t run, Attempt attempt, std::uint64_t position) {
    auto stop = std::stop_source();
    shared_.lock()->stops.emplace(run, stop);
    post([this, run, stop, position, attempt = std::move(attempt)] {
      start_attempt(run, stop, position, attempt);
    });
  }
  void stop(std::uint64_t run) {
    const auto shared = shared_.lock();
    const auto found = shared->stops.find(run);
    if (found != shared->stops.end()) found->second.request_stop();
  }
  void remove(std::string job, std::string task) {
    post([this, job = std::move(job), task = std::move(task)] {
      const auto node = shared_.lock()->node;
      if (!node) return;
      const auto removed = task.empty() ? node->remove_job(job) : node->remove_task(job, task);
      if (!removed) log(LogLevel::warning, "files of a task stay: {}", removed.error().message);
    });
  }
  /// Nothing more is told from now on.
  void close(bool forget) {
    {
      const auto shared = shared_.lock();
      shared->closed = true;
      shared->forget = forget;
      if (shared->node) shared->node->lose();
      for (auto& [run, stop] : shared->stops) stop.request_stop();
    }
    changed_.notify_all();
  }
  /// After close(): waits for its end.
  void finish() {
    if (control_.joinable()) control_.join();
  }
  bool is_finished() { return shared_.lock()->finished; }
  std::shared_ptr<const Node> node() { return shared_.lock()->node; }

 private:
  struct Shared {
    std::shared_ptr<Node> node;
    std::deque<std::function<void()>> orders;
    std::map<std::uint64_t, std::stop_source> stops;
    bool closed = false;
    bool forget = false;
    bool finished = false;
  };

  void post(std::function<void()> order) {
    shared_.lock()->orders.push_back(std::move(order));
    changed_.notify_all();
  }

  void work() {
    if (predecessor_) predecessor_->finish();
    predecessor_.reset();
    while (auto order = next_order()) (*order)();
    for (auto& [run, thread] : attempts_) thread.join();
    attempts_.clear();
    if (forget_node()) {
      std::error_code error;
      std::filesystem::remove_all(options_.root, error);
      if (error) log(LogLevel::warning, "{} stays: {}", options_.root, error.message());
    }
    shared_.lock()->finished = true;
  }

  /// Whether its directory is to go, too.
  bool forget_node() {
    const auto shared = shared_.lock();
    shared->node.reset();
    return shared->forget;
  }

  /// Nothing once it is closed.
  std::optional<std::function<void()>> next_order() {
    auto shared = shared_.lock();
    changed_.wait(shared.mutex_lock(), [&] { return shared->closed || !shared->orders.empty(); });
    if (shared->closed) return std::nullopt;
    auto order = std::move(shared->orders.front());
    shared->orders.pop_front();
    return order;
  }

  bool is_closed() { return shared_.lock()->closed; }

  void open_node(const std::optional<Attempt>& start_task) {
    auto node = shared_.lock()->node;
    if (!node) {
      auto opened = Node::open(options_);
      if (!opened) {
        events_.on_opened(options_.name, fail(opened.error()), std::nullopt);
        return;
      }
      node = std::move(*opened);
      const auto shared = shared_.lock();
      if (shared->closed) node->lose();
      shared->node = node;
    }
    std::optional<AttemptEnd> end;
    if (start_task) end = node->run(*start_task, {});
    if (!is_closed()) events_.on_opened(options_.name, {}, end);
  }

  void start_attempt(std::uint64_t run, const std::stop_source& stop, std::uint64_t position,
                     const Attempt& attempt) {
    try {
      std::thread thread(
          [this, run, stop, position, attempt] { run_attempt(run, stop, position, attempt); });
      attempts_.emplace(run, std::move(thread));
    } catch (const std::system_error& exception) {
      shared_.lock()->stops.erase(run);
      if (!is_closed()) events_.on_ended(run, without_thread(exception));
    }
  }

  AttemptEnd without_thread(const std::system_error& exception) const {
    log(LogLevel::warning, "node {} cannot start a thread for a task: {}", options_.name,
        exception.what());
    const auto now = options_.clock->wall_now();
    return {.started = now,
            .ended = now,
            .failure = FailureInfo{
                .category = FailureInfo::Category::server,
                .code = "CommandLaunchFailed",
                .message = "The emulator has no thread left for the task: run fewer at a time.",
                .details = {{"Message", exception.what()}}}};
  }

  void run_attempt(std::uint64_t run, const std::stop_source& stop, std::uint64_t position,
                   const Attempt& attempt) {
    // A task must not run before it is kept that it does: see Ledger.
    while (!ledger_.wait(position) && !stop.stop_requested()) {
      Clock& clock = *options_.clock;
      clock.sleep_until(clock.now() + kPauseWhileNothingIsKept, stop.get_token());
    }
    const auto node = shared_.lock()->node;
    AttemptEnd end = node->run(attempt, stop.get_token());
    if (is_closed()) return;
    shared_.lock()->stops.erase(run);
    post([this, run] {
      attempts_[run].join();
      attempts_.erase(run);
    });
    events_.on_ended(run, std::move(end));
  }

  const NodeOptions options_;
  Ledger& ledger_;
  FleetEvents& events_;
  std::shared_ptr<Machine> predecessor_;
  std::map<std::uint64_t, std::thread> attempts_;  // For the control thread alone.
  Guarded<Shared> shared_;
  std::condition_variable changed_;
  std::thread control_;
};

LocalFleet::LocalFleet(LocalFleetOptions options, Ledger& ledger)
    : options_(std::move(options)), ledger_(ledger) {}

LocalFleet::~LocalFleet() {
  shut_down();
}

void LocalFleet::shut_down() {
  Machines ending;
  std::swap(ending, *machines_.lock());
  for (const auto& [name, machine] : ending.open) machine->close(false);
  for (const auto& [name, machine] : ending.closing) machine->finish();
  for (const auto& [name, machine] : ending.open) machine->finish();
}

Result<void> LocalFleet::end_leftovers() const {
  std::error_code error;
  for (const auto& node : std::filesystem::directory_iterator(options_.directory, error)) {
    TRY(Node::end_leftovers(node.path()));
  }
  if (error) return fail_os(error.value(), "cannot read " + options_.directory);
  return {};
}

Result<void> LocalFleet::open(const NodeName& name, std::optional<Attempt> start_task) {
  const auto machines = machines_.lock();
  if (!machines->open.contains(name.node)) {
    const auto predecessor = machines->closing.find(name.node);
    const bool follows = predecessor != machines->closing.end();
    try {
      machines->open.emplace(name.node,
                             std::make_shared<Machine>(options_of(name), ledger_, *events_,
                                                       follows ? predecessor->second : nullptr));
    } catch (const std::system_error& exception) {
      return fail_os(exception.code().value(),
                     "cannot start a thread for node '" + name.node + "', use smaller pools");
    }
    if (follows) machines->closing.erase(predecessor);
  }
  machines->open[name.node]->open(std::move(start_task));
  return {};
}

NodeOptions LocalFleet::options_of(const NodeName& name) const {
  NodeOptions node = options_.node;
  node.root = options_.directory + "/" + name.node;
  node.name = name.node;
  node.pool = name.pool;
  node.is_dedicated = name.is_dedicated;
  return node;
}

void LocalFleet::close(const std::string& node, bool forget) {
  const auto machines = machines_.lock();
  std::erase_if(machines->closing, [](const auto& entry) { return entry.second->is_finished(); });
  const auto found = machines->open.extract(node);
  if (!found) return;
  found.mapped()->close(forget);
  machines->closing[node] = found.mapped();
}

void LocalFleet::start(const std::string& node, std::uint64_t run, Attempt attempt,
                       std::uint64_t position) {
  if (const auto found = machine(node)) found->start(run, std::move(attempt), position);
}

void LocalFleet::stop(std::uint64_t run) {
  const auto machines = machines_.lock();
  for (const auto& [name, machine] : machines->open) machine->stop(run);
}

void LocalFleet::remove_task(const std::string& node, std::string job, std::string task) {
  if (const auto found = machine(node)) found->remove(std::move(job), std::move(task));
}

void LocalFleet::remove_job(const std::string& job) {
  const auto machines = machines_.lock();
  for (const auto& [name, machine] : machines->open) machine->remove(job, {});
}

std::shared_ptr<const Node> LocalFleet::find(const std::string& node) const {
  const auto found = machine(node);
  return found ? found->node() : nullptr;
}

std::shared_ptr<LocalFleet::Machine> LocalFleet::machine(const std::string& node) const {
  const auto machines = machines_.lock();
  const auto found = machines->open.find(node);
  return found == machines->open.end() ? nullptr : found->second;
}

}  // namespace aloft::emulator::batch
