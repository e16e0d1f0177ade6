// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/service/batch_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <optional>

#include "azure/service_error.h"
#include "executor/azure_batch/service/answers.h"

namespace aloft::batch {
namespace {

struct Known {
  std::string_view batch_code;
  ErrorCode code;
  std::string_view words;
};

constexpr std::string_view kQuota =
    "a quota of the Batch account is used up; ask for more in the Azure portal or free some";

/// The one table from Batch's codes to ours.
constexpr Known kKnown[] = {
    {"PoolNotFound", ErrorCode::not_found,
     "the pool does not exist; `aloft pool create` makes one"},
    {"JobNotFound", ErrorCode::not_found, "the Batch job does not exist"},
    {"TaskNotFound", ErrorCode::not_found, "the task does not exist"},
    {"NodeNotFound", ErrorCode::not_found, "the node does not exist"},
    {"ResourceNotFound", ErrorCode::not_found, "it does not exist"},
    {"PoolExists", ErrorCode::already_exists, "a pool of this name exists already"},
    {"JobExists", ErrorCode::already_exists, "a Batch job of this name exists already"},
    {"TaskExists", ErrorCode::already_exists, "a task of this name exists already"},
    {"PoolBeingDeleted", ErrorCode::precondition_failed,
     "a pool of this name is still being deleted; try again when it is gone"},
    {"JobBeingDeleted", ErrorCode::precondition_failed,
     "the Batch job is being deleted; try again when it is gone"},
    {"PoolBeingResized", ErrorCode::precondition_failed,
     "the pool is being resized; try again when it is steady"},
    {"PoolBeingCreated", ErrorCode::precondition_failed,
     "the pool is still being created; try again later"},
    {"JobDisabled", ErrorCode::precondition_failed,
     "the Batch job is disabled; enable it in the Azure portal"},
    {"JobCompleted", ErrorCode::precondition_failed,
     "the Batch job was terminated and takes no more tasks; delete it in the Azure portal"},
    {"JobBeingTerminated", ErrorCode::precondition_failed,
     "the Batch job is being terminated; delete it in the Azure portal when it has ended"},
    {"JobNotActive", ErrorCode::precondition_failed,
     "the Batch job is not active and takes no tasks"},
    {"TaskCompleted", ErrorCode::precondition_failed, "the task has ended"},
    {"TaskDependenciesNotSpecifiedOnJob", ErrorCode::precondition_failed,
     "the Batch job was made without dependencies, so not by Aloft; delete it in the Azure portal"},
    {"ConditionNotMet", ErrorCode::precondition_failed, "it changed since it was looked at"},
    {"ActiveJobAndScheduleQuotaReached", ErrorCode::no_space, kQuota},
    {"PoolQuotaReached", ErrorCode::no_space, kQuota},
    {"AccountCoreQuotaReached", ErrorCode::no_space, kQuota},
    {"QuotaExceeded", ErrorCode::no_space, kQuota},
    {"AuthenticationFailed", ErrorCode::permission_denied,
     "the Batch account key is refused; check it (AZURE_BATCH_ACCESS_KEY or accounts.toml), or "
     "the identity that is used instead (`aloft account test --batch`)"},
    {"AccountIsDisabled", ErrorCode::permission_denied, "the Batch account is disabled"},
    {"InsufficientAccountPermissions", ErrorCode::permission_denied,
     "the account's key or identity may not do this"},
    {"ServerBusy", ErrorCode::throttled, "the service asks to slow down"},
    {"TooManyRequests", ErrorCode::throttled, "the service asks to slow down"},
    {"InternalError", ErrorCode::unavailable, "the service has a passing fault"},
    {"OperationTimedOut", ErrorCode::unavailable, "the service took too long"},
    {"RequestBodyTooLarge", ErrorCode::invalid_argument, "it is too large for one request"},
    {"TaskDependencyListTooLong", ErrorCode::invalid_argument,
     "it names too many tasks one by one that it waits for"},
    {"InvalidPropertyValue", ErrorCode::invalid_argument, "the service refuses a value"},
    {"MissingRequiredProperty", ErrorCode::invalid_argument, "a value is missing"},
    {"InvalidRequestBody", ErrorCode::invalid_argument, "the service refuses the request"},
    {"InvalidAutoScalingSettings", ErrorCode::precondition_failed,
     "the pool resizes itself by a formula"},
};

struct Meaning {
  ErrorCode code;
  std::string_view words;
};

Meaning meaning_of(std::string_view batch_code, int status) {
  const auto* const known = std::ranges::find(kKnown, batch_code, &Known::batch_code);
  if (known != std::end(kKnown)) return {known->code, known->words};
  const azure::Meaning meaning = azure::meaning_of_status(status);
  return {meaning.code, meaning.words};
}

/// Refusals in which only the service knows what is wrong.
bool needs_the_services_words(const Error& error) {
  return error.code == ErrorCode::invalid_argument || error.code == ErrorCode::no_space;
}

std::optional<std::chrono::system_clock::time_point> date_of(const http::Answer& answer) {
  std::tm parts{};
  const std::string text(answer.headers.get("Date"));
  const char* rest = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

/// Batch takes a signature for 15 minutes around its date.
std::string clock_skew(const http::Answer& answer, std::chrono::system_clock::time_point now) {
  const auto date = date_of(answer);
  if (!date) return {};
  const auto behind = std::chrono::round<std::chrono::minutes>(*date - now);
  if (std::chrono::abs(behind) < std::chrono::minutes(14)) return {};
  return fmt::format("this machine's clock is {} minutes {} the service's; set it right",
                     std::chrono::abs(behind).count(), behind.count() > 0 ? "behind" : "ahead of");
}

}  // namespace

std::string code_of(const http::Answer& answer) {
  return parse_fault(answer.text).code;
}

Error error_of_answer(const http::Answer& answer, const Request& request,
                      std::chrono::system_clock::time_point now) {
  const Fault fault = parse_fault(answer.text);
  const Meaning meaning = meaning_of(fault.code, answer.status);
  std::string words(meaning.words);
  if (fault.code == "AuthenticationFailed") {
    if (const std::string skew = clock_skew(answer, now); !skew.empty()) words = skew;
  }
  Error error{.code = meaning.code,
              .message = fmt::format("{} failed: {} ({}{}{})", request.doing, words, answer.status,
                                     fault.code.empty() ? "" : " ", fault.code),
              .request_id = std::string(answer.headers.get("request-id")),
              .retry_after = azure::retry_after(answer.headers)};
  if (needs_the_services_words(error) && !fault.message.empty()) {
    error.message += ": " + fault.message;
    if (!fault.details.empty()) error.message += fmt::format(" ({})", fault.details);
  }
  return error;
}

Error error_of_task(const Request& request, std::string_view task, std::string_view code,
                    std::string_view message) {
  const Meaning meaning = meaning_of(code, 400);
  return {.code = meaning.code,
          .message = fmt::format("{} failed at task {}: {} ({}): {}", request.doing, task,
                                 meaning.words, code, message)};
}

Error error_of_transport(Error error, const Request& request) {
  error.message = fmt::format("{} failed: {}", request.doing, error.message);
  return error;
}

Error senseless(const http::Answer& answer, const Request& request, std::string_view what) {
  return {.code = ErrorCode::corrupt,
          .message = fmt::format("{} failed: the answer makes no sense: {}", request.doing, what),
          .request_id = std::string(answer.headers.get("request-id"))};
}

}  // namespace aloft::batch
