// Who is here: users with at least one live connection, to this node or to another one that still tells of
// itself. I/O thread.
#pragma once

#include "core/time.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tickwire {

class presence {
public:
  using steady_time = std::chrono::steady_clock::time_point;

  // What is different about users.
  struct change {
    bool own_changed = false;            // who is connected to this node is different
    std::vector<std::string> came, went; // users who are online now and were not, and the other way round
  };

  // A connection to this node.
  change arrived(const std::string& user_id) {
    const bool was_online = online(user_id);
    change done;
    done.own_changed = ++connections_[user_id] == 1;
    if (!was_online) done.came.push_back(user_id);
    return done;
  }
  change left(const std::string& user_id, timestamp now) {
    last_seen_[user_id] = now;
    change done;
    const auto place = connections_.find(user_id);
    if (place == connections_.end() || --place->second > 0) return done;
    connections_.erase(place);
    done.own_changed = true;
    if (!online(user_id)) done.went.push_back(user_id);
    return done;
  }
  std::vector<std::string> here() const {
    std::vector<std::string> users;
    for (const auto& [user_id, count] : connections_) users.push_back(user_id);
    return users;
  }

  // Another node says who is connected to it. Of more nodes than nodes_max nothing is known.
  static constexpr std::size_t nodes_max = 64;
  change heard(const std::string& node, std::set<std::string> users, timestamp now, steady_time at) {
    if (!others_.contains(node) && others_.size() >= nodes_max) return {};
    const std::set<std::string> before = all();
    others_[node] = {std::move(users), at};
    return between(before, now);
  }
  // Nodes that have said nothing since then are gone.
  change forget_silent_since(steady_time then, timestamp now) {
    const std::set<std::string> before = all();
    for (auto place = others_.begin(); place != others_.end();) {
      if (place->second.heard_at > then)
        ++place;
      else
        place = others_.erase(place);
    }
    return between(before, now);
  }

  bool online(const std::string& user_id) const {
    if (connections_.contains(user_id)) return true;
    for (const auto& [name, node] : others_)
      if (node.users.contains(user_id)) return true;
    return false;
  }
  std::optional<timestamp> last_seen(const std::string& user_id) const {
    const auto place = last_seen_.find(user_id);
    return place == last_seen_.end() ? std::nullopt : std::optional(place->second);
  }

private:
  struct other_node {
    std::set<std::string> users;
    steady_time heard_at{};
  };

  std::set<std::string> all() const {
    std::set<std::string> users;
    for (const auto& [user_id, count] : connections_) users.insert(user_id);
    for (const auto& [name, node] : others_) users.insert(node.users.begin(), node.users.end());
    return users;
  }
  change between(const std::set<std::string>& before, timestamp at) {
    const std::set<std::string> now = all();
    change done;
    for (const std::string& user_id : now)
      if (!before.contains(user_id)) done.came.push_back(user_id);
    for (const std::string& user_id : before)
      if (!now.contains(user_id)) {
        last_seen_[user_id] = at;
        done.went.push_back(user_id);
      }
    return done;
  }

  std::map<std::string, int> connections_;     // to this node, by user
  std::map<std::string, other_node> others_;   // by node
  std::map<std::string, timestamp> last_seen_; // when a connection here, or the last one elsewhere, ended
};

} // namespace tickwire
