// Whether the one who holds a lease still shows that it lives. Pure: what is seen and the time come in. The
// clocks of machines are never compared: a holder raises a number, and who watches uses its own clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tickwire {

class lease_watch {
public:
  using time = std::chrono::steady_clock::time_point;

  explicit lease_watch(std::chrono::milliseconds patience)
      : patience_(patience) {}

  // The lease was read: may somebody else take it? Yes when nobody holds it, and when its number has not
  // changed for as long as our patience, all of which we could see.
  bool may_be_taken(const std::string& holder, std::uint64_t beat, time now) {
    if (holder.empty()) return true;
    if (!since_ || holder != holder_ || beat != beat_) {
      since_ = now;
      holder_ = holder;
      beat_ = beat;
    }
    return now - *since_ >= patience_;
  }

  // The lease could not be read. The holder could not raise it either, perhaps.
  void not_seen() { since_.reset(); }

private:
  const std::chrono::milliseconds patience_;
  std::optional<time> since_; // when it was seen first as it is
  std::string holder_;
  std::uint64_t beat_ = 0;
};

} // namespace tickwire
