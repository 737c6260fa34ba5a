// How many handshakes a thread begins in a second: a token bucket. No clock: the caller says what time it is.
#pragma once

#include "net/timers.hpp"

#include <algorithm>
#include <cstddef>

namespace socketio::detail {

class handshake_rate {
public:
  // `limit`: in a second, of all `threads`, each of which has its part and at least one; 0: no limit.
  handshake_rate(std::size_t limit, std::size_t threads)
      : unlimited_(limit == 0)
      , share_(std::max(1.0, static_cast<double>(limit) / static_cast<double>(threads)))
      , left_(share_) {}

  // False: it is one too many now.
  bool take(time_point now) {
    if (unlimited_) return true;
    const double passed = std::chrono::duration<double>(now - last_).count();
    left_ = std::min(share_, left_ + passed * share_);
    last_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

private:
  const bool unlimited_;
  const double share_;
  double left_;
  time_point last_{};
};

} // namespace socketio::detail
