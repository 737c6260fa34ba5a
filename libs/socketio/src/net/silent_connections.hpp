// How many connections say nothing, in all and from one address.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace socketio::detail {

// Any thread. Who has entered leaves once.
class silent_connections {
public:
  silent_connections(std::size_t most, std::size_t most_per_address)
      : most_(most)
      , most_per_address_(most_per_address) {}

  // What is full, by the name of its limit; empty: it has entered.
  std::string_view enter(const std::string& address, bool is_proxy) {
    const std::scoped_lock lock(mutex_);
    if (all_ >= most_) return "max_silent_connections";
    std::size_t& here = by_address_[address];
    if (!is_proxy && here >= most_per_address_) {
      if (here == 0) by_address_.erase(address);
      return "max_silent_per_address";
    }
    ++here;
    ++all_;
    return {};
  }
  void leave(const std::string& address) {
    const std::scoped_lock lock(mutex_);
    const auto its = by_address_.find(address);
    if (--its->second == 0) by_address_.erase(its);
    --all_;
  }

private:
  const std::size_t most_, most_per_address_;
  std::mutex mutex_;
  std::size_t all_ = 0;
  std::map<std::string, std::size_t> by_address_;
};

} // namespace socketio::detail
