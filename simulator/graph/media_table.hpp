#pragma once
// Media that was uploaded by the business or sent by a customer. Bounded: the oldest go first.

#include "simulator/state/clock.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace simulator {

struct media {
  std::string id{};
  std::string mime_type{};
  std::string filename{};
  std::string sha256{}; ///< base64
  std::shared_ptr<const std::string> bytes{};
  wall_time expires{}; ///< 30 days after an upload, 7 days after it came from a customer
};

class media_table {
public:
  static constexpr std::size_t bytes_max = 256 << 20;

  const media& put(media made);
  /// Nothing when unknown or expired.
  const media* find(const std::string& id, wall_time now) const;
  bool erase(const std::string& id);

private:
  std::map<std::string, media> table_;
  std::deque<std::string> order_;
  std::size_t bytes_ = 0;
};

} // namespace simulator
