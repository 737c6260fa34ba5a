// Joining what a connection missed with what happens while it is told: no gap, no repetition. No I/O.
#pragma once

#include "app/ports.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tickwire {

// One connection's place in the stream. From the moment it is made, events are held; release() gives them and
// lets later ones through.
class live_cursor {
public:
  // `head`: the newest entry committed when the connection began; what is at or below it comes from the log.
  explicit live_cursor(std::uint64_t head)
      : head_(head) {}
  std::uint64_t head() const { return head_; }

  // What is at or below this comes from the log, too. Before release().
  void go_on_from(std::uint64_t head) {
    head_ = std::max(head_, head);
    std::erase_if(held_, [this](const encoded_event& event) { return event.seq <= head_; });
  }

  // True: pass the event on now. False: it is held, or was part of what comes from the log.
  bool offer(const encoded_event& event) {
    if (event.seq <= head_) return false;
    if (released_) return true;
    held_.push_back(event);
    return false;
  }

  std::vector<encoded_event> release() {
    released_ = true;
    return std::move(held_);
  }

private:
  std::uint64_t head_;
  bool released_ = false;
  std::vector<encoded_event> held_;
};

} // namespace tickwire
