// The logs of all inboxes of a store, to look for what was kept without being understood. Blocks; what goes
// wrong is thrown. A server may run meanwhile.
#pragma once

#include "app/ports.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tickwire {

class kept_archive {
public:
  virtual ~kept_archive() = default;
  // The numbers (phone_number_id) that have a log, in order.
  virtual std::vector<std::string> inboxes() = 0;
  virtual std::vector<entry> kept(const std::string& inbox, const kept_query& wanted) = 0;
  virtual std::optional<entry> find(const std::string& inbox, const std::string& key) = 0;
};

} // namespace tickwire
