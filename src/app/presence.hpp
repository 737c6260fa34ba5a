// Who is here: users with at least one live connection. I/O thread.
#pragma once

#include "core/time.hpp"

#include <optional>
#include <string>
#include <unordered_map>

namespace tickwire {

class presence {
public:
  // True when this is the user's first connection.
  bool arrived(const std::string& user_id) { return ++people_[user_id].connections == 1; }

  // True when it was the last one.
  bool left(const std::string& user_id, timestamp now) {
    person& who = people_[user_id];
    who.last_seen = now;
    return --who.connections == 0;
  }

  bool online(const std::string& user_id) const {
    const auto place = people_.find(user_id);
    return place != people_.end() && place->second.connections > 0;
  }
  std::optional<timestamp> last_seen(const std::string& user_id) const {
    const auto place = people_.find(user_id);
    return place == people_.end() ? std::nullopt : place->second.last_seen;
  }

private:
  struct person {
    int connections = 0;
    std::optional<timestamp> last_seen;
  };
  std::unordered_map<std::string, person> people_;
};

} // namespace tickwire
