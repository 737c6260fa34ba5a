#include "base/logging.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <random>

namespace tickwire {

namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made =
        std::make_shared<spdlog::logger>("tickwire", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

// A line is a line: what comes from outside cannot begin another one.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return line;
}

} // namespace

void log_info(std::string_view line) { logger().info("{}", one_line(line)); }
void log_warning(std::string_view line) { logger().warn("{}", one_line(line)); }
void log_error(std::string_view line) { logger().error("{}", one_line(line)); }

std::string masked(std::string_view id) {
  static const std::size_t salt = std::random_device{}();
  const std::size_t hash = std::hash<std::string>{}(std::to_string(salt) + std::string(id));
  return fmt::format("…{:04x}", hash & 0xFFFF);
}

} // namespace tickwire
