// The events of one namespace that a client may have missed, in the order in which they were sent. No I/O, no
// clock.
#pragma once

#include "socketio/cluster.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::detail {

struct broadcast_event;

// Offsets are counters, told to clients as text: the last argument of each event.
std::string offset_text(std::uint64_t counter);
std::optional<std::uint64_t> parse_offset(std::string_view text);

class recovery_log {
public:
  using time_point = std::chrono::steady_clock::time_point;

  // Events are kept for `keep`: what is older was surely received or its receiver given up (its heartbeat
  // answered, or the session expired). What the limits push out earlier is lost.
  // It knows nothing of what was sent up to `last_event`, when it begins.
  recovery_log(std::chrono::milliseconds keep, std::size_t max_packets, std::size_t max_bytes,
               std::uint64_t last_event)
      : keep_(keep)
      , max_packets_(max_packets)
      , max_bytes_(max_bytes)
      , lost_up_to_(last_event) {}

  void append(std::uint64_t counter, time_point now, std::size_t bytes,
              std::shared_ptr<const broadcast_event> event);
  // What was sent to any of `rooms`, or to all, after `counter`, in order; nothing when something of it may
  // be lost.
  std::optional<std::vector<std::shared_ptr<const broadcast_event>>>
  missed_after(std::uint64_t counter, time_point now, std::span<const std::string> rooms);

private:
  void drop_old(time_point now);

  struct entry {
    std::uint64_t counter;
    time_point at;
    std::size_t bytes;
    std::shared_ptr<const broadcast_event> event;
  };
  std::chrono::milliseconds keep_;
  std::size_t max_packets_, max_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t lost_up_to_; // before its time, or pushed out by the limits
  std::deque<entry> entries_;
};

} // namespace socketio::detail
