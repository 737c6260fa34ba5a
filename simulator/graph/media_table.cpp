#include "simulator/graph/media_table.hpp"

namespace simulator {

const media& media_table::put(media made) {
  bytes_ += made.bytes->size();
  while (bytes_ > bytes_max && !order_.empty()) {
    erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(made.id);
  const auto id = made.id;
  return table_.insert_or_assign(id, std::move(made)).first->second;
}

const media* media_table::find(const std::string& id, wall_time now) const {
  const auto found = table_.find(id);
  return found == table_.end() || found->second.expires < now ? nullptr : &found->second;
}

bool media_table::erase(const std::string& id) {
  const auto found = table_.find(id);
  if (found == table_.end()) return false;
  bytes_ -= found->second.bytes->size();
  table_.erase(found);
  return true;
}

} // namespace simulator
