// SPDX-License-Identifier: Apache-2.0
#include "base/log/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace aloft {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::shared_ptr<spdlog::logger> make_logger(const LogOptions& options) {
  spdlog::sink_ptr sink;
  if (options.file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
  }
  auto logger = std::make_shared<spdlog::logger>("aloft", std::move(sink));
  logger->set_level(spdlog_level(options.level));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %P %l %v");
  logger->flush_on(spdlog::level::info);
  return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = make_logger({});
  return instance;
}

}  // namespace

void set_up_log(const LogOptions& options) {
  try {
    logger() = make_logger(options);
  } catch (const spdlog::spdlog_ex& exception) {
    write_log(LogLevel::warning, fmt::format("logging to standard error: {}", exception.what()));
  }
}

void write_log(LogLevel level, std::string_view message) {
  logger()->log(spdlog_level(level), message);
}

bool log_enabled(LogLevel level) {
  return logger()->should_log(spdlog_level(level));
}

}  // namespace aloft
