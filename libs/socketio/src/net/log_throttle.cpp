#include "net/log_throttle.hpp"

#include <algorithm>
#include <functional>

namespace socketio::detail {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

} // namespace

std::optional<std::string> log_throttle::pass(std::string_view line, time_point now) {
  std::string told(line);
  if (most_ == 0) return told;
  std::string name(line); // of its kind: its numbers vary
  std::erase_if(name, is_digit);
  const std::scoped_lock lock(mutex_);
  kind& its = kinds_[std::hash<std::string>{}(name) % kinds_.size()];
  if (its.since == time_point{} || now - its.since >= interval) {
    if (its.left_out > 0) told += " (" + std::to_string(its.left_out) + " more like it were left out)";
    its = {.since = now};
  }
  if (its.told == most_) {
    ++its.left_out;
    return std::nullopt;
  }
  ++its.told;
  return told;
}

} // namespace socketio::detail
