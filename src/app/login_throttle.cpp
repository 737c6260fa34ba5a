#include "app/login_throttle.hpp"

#include <algorithm>

namespace tickwire {

std::string login_throttle::source_key(const login_source& source) {
  return source.name + "\n" + (source.device.empty() ? source.address : source.device);
}

std::chrono::seconds login_throttle::left(failures* before, const rule& rule, clock::time_point now) {
  if (!before) return {};
  if (now - before->last > rule.forgotten_after) {
    before->count = 0;
    before->wait_until = {};
  }
  return now < before->wait_until ? std::chrono::ceil<std::chrono::seconds>(before->wait_until - now)
                                  : std::chrono::seconds{0};
}

void login_throttle::count(failures& its, const rule& rule, clock::time_point now) {
  its.last = now;
  if (++its.count <= rule.free) return;
  const auto doubled = std::chrono::seconds{1LL << std::min<std::size_t>(its.count - rule.free - 1, 10)};
  its.wait_until = now + std::min(doubled, rule.longest_wait);
}

void login_throttle::uncount(failures* its) {
  if (!its || its->count == 0) return;
  --its->count;
  its->wait_until = {};
}

bool login_throttle::known(const login_source& source) {
  return !source.device.empty() || known_places_.find(source_key(source));
}

std::chrono::seconds login_throttle::begin(const login_source& source, clock::time_point now) {
  const std::string key = source_key(source);
  const bool stranger = !known(source);
  if (const auto wait = left(by_source_.find(key), rules_.same_source, now); wait.count() > 0) return wait;
  if (stranger) {
    const auto wait = std::max(left(by_address_.find(source.address), rules_.same_address, now),
                               left(by_name_.find(source.name), rules_.same_name, now));
    if (wait.count() > 0) return wait;
    count(by_address_.at(source.address), rules_.same_address, now);
    count(by_name_.at(source.name), rules_.same_name, now);
  }
  count(by_source_.at(key), rules_.same_source, now);
  return {};
}

void login_throttle::succeeded(const login_source& source) {
  withdrawn(source);
  by_source_.erase(source_key(source));
  known_places_.at(source_key(source));
}

void login_throttle::withdrawn(const login_source& source) {
  if (!known(source)) {
    uncount(by_address_.find(source.address));
    uncount(by_name_.find(source.name));
  }
  uncount(by_source_.find(source_key(source)));
}

} // namespace tickwire
