// A table for what strangers make us remember. It has a limit in bytes; beyond it, what was not used for the
// longest time is forgotten first. One thread.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace tickwire {

template <class Value>
class bounded_table {
public:
  // A value counts as sizeof(Value): it must own no other memory.
  explicit bounded_table(std::size_t bytes_max)
      : bytes_max_(bytes_max) {}

  // The value of a key, which counts as used now; null when there is none.
  Value* find(std::string_view key) {
    const auto place = places_.find(key);
    if (place == places_.end()) return nullptr;
    by_age_.splice(by_age_.begin(), by_age_, place->second);
    return &place->second->second;
  }

  // The same, but made when there is none, at the cost of the oldest. The reference holds until the next
  // call.
  Value& at(std::string_view key) {
    if (Value* known = find(key)) return *known;
    by_age_.emplace_front(std::string(key), Value{});
    places_.emplace(by_age_.front().first, by_age_.begin());
    bytes_ += cost(by_age_.front().first);
    while (bytes_ > bytes_max_ && by_age_.size() > 1) drop(std::prev(by_age_.end()));
    return by_age_.front().second;
  }

  void erase(std::string_view key) {
    if (const auto place = places_.find(key); place != places_.end()) drop(place->second);
  }
  void clear() {
    places_.clear();
    by_age_.clear();
    bytes_ = 0;
  }

  std::size_t size() const { return by_age_.size(); }
  std::size_t bytes() const { return bytes_; }

private:
  using item = std::pair<std::string, Value>;
  using place = typename std::list<item>::iterator;

  // With what the list and the index need for it, roughly.
  static std::size_t cost(const std::string& key) { return sizeof(item) + key.size() + 96; }

  void drop(place which) {
    bytes_ -= cost(which->first);
    places_.erase(which->first);
    by_age_.erase(which);
  }

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<item> by_age_;                             // youngest first
  std::unordered_map<std::string_view, place> places_; // keys live in the list
};

} // namespace tickwire
