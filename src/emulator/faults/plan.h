// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "emulator/faults/delay.h"

// Faults as a file asks for them, in TOML:
//
//   seed = 7                      # repeats what chance decides; else one at random
//
//   [[request]]                   # the first rule that strikes a request decides
//   service = "blob"              # or "batch"; without it, both
//   method = "PUT"
//   target = "*/box/*comp=block&*"         # a glob over path and query as sent
//   header = { x-ms-version = "2021-*" }   # globs; all must match
//   after = 2                     # this many that match pass first
//   count = 3                     # at most so many are struck
//   probability = 0.5
//   delay_ms = 100                # before anything else; or by a law of chance, one of
//   # { law = "uniform", min = 10, max = 50 }, { law = "exponential", mean = 20 },
//   # { law = "lognormal", median = 20, sigma = 1 }
//   connection_bytes_per_s = 1000000       # of the bodies of each request struck
//   total_bytes_per_s = 5000000            # of those of all requests struck, together
//   copy_pending_ms = 500         # a copy that the request begins is pending so long
//   # these alone, or with one of:
//   status = 503                  # refused, not carried out; code and retry_after_s may follow
//   code = "ServerBusy"
//   retry_after_s = 1
//   drop = "before"               # no answer, "before" or "after" the request is carried out
//   reset_after_bytes = 1000      # the answer breaks off
//   damage = true                 # one bit of its body is another one when it arrives
//
//   [[node]]                      # of Azure Batch
//   pool = "*"                    # globs over ids, as are job and task
//   event = "lose"                # or "preempt", or "reboot"
//   when = "task-running"
//   after_ms = 500                # after the start of the task, if it still runs then
//                                 # after, count and probability as above
namespace aloft::emulator::faults {

enum class Service { blob, batch };

/// Which of the occasions that match are struck.
struct Frequency {
  std::uint64_t after = 0;               ///< This many pass first.
  std::optional<std::uint64_t> count{};  ///< At most so many are struck.
  double probability = 1;
};

struct RequestRule {
  /// Answered with this error, and not carried out.
  struct Refuse {
    int status = 0;
    std::string code{};
    std::optional<std::uint64_t> retry_after_s{};
  };
  /// The connection ends without an answer.
  struct Drop {
    bool is_carried_out = false;
  };
  /// Carried out; the answer breaks off.
  struct Reset {
    std::uint64_t after_bytes = 0;
  };
  /// One bit of the body flips on its way.
  struct Damage {};

  std::optional<Service> service{};                            ///< Nothing: both.
  std::string method{};                                        ///< Empty: all.
  std::string target = "*";                                    ///< A glob.
  std::vector<std::pair<std::string, std::string>> headers{};  ///< Names, and globs of values.
  Frequency frequency{};
  Delay delay{};
  /// Connections carry one request at a time, so that what holds for a request holds for its
  /// connection.
  std::optional<std::uint64_t> connection_bytes_per_s{};
  std::optional<std::uint64_t> total_bytes_per_s{};
  std::optional<std::uint64_t> copy_pending_ms{};  ///< Of Copy Blob, unless that is synchronous.
  std::variant<std::monostate, Refuse, Drop, Reset, Damage> action{};
};

enum class NodeEvent {
  lose,     ///< The machine breaks: unusable, then replaced.
  preempt,  ///< Azure takes it away: preempted, then replaced.
  reboot,   ///< It restarts of itself.
};

/// Strikes a node some time after a task has started there.
struct NodeRule {
  std::string pool = "*";  ///< A glob, as are the next two.
  std::string job = "*";
  std::string task = "*";
  Frequency frequency{};
  NodeEvent event = NodeEvent::lose;
  std::chrono::milliseconds delay{0};
};

struct Plan {
  std::uint64_t seed = 0;
  std::vector<RequestRule> requests{};
  std::vector<NodeRule> nodes{};
};

/// `path` is for messages; `random` gives the seed where the file has none. Fails with
/// invalid_argument, naming the line, where anything in the file is not as above.
Result<Plan> parse_plan(std::string_view text, const std::string& path, Random& random);

/// What the header field kFaultField asks of its own request: the entries of [[request]] that say
/// what happens, all but total_bytes_per_s, with commas between them. Fails with invalid_argument.
inline constexpr std::string_view kFaultField = "x-aloft-fault";
Result<RequestRule> parse_request_fault(std::string_view text);

/// As above; also fails as reading a file does.
Result<Plan> load_plan(const std::string& path);

}  // namespace aloft::emulator::faults
