// What clients of one namespace may have missed: on each thread the events in the order in which it delivered
// them. No I/O, no clock.
//
// Threads deliver in orders of their own. But each delivers the events of one sender (a thread, or all that
// are none of ours together) in the order in which that sender sent them. So what a client has is told by one
// number for each sender, on whatever thread it comes back.
#pragma once

#include "net/byte_share.hpp"
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

// Names an event: the number that its sender gave it, from 1.
struct event_number {
  std::uint32_t sender = 0;
  std::uint64_t count = 0;
  bool operator==(const event_number&) const = default;
};

// Clients are told it as a text, the last argument of each event: their offset.
std::string offset_text(const event_number& number);
std::optional<event_number> parse_offset(std::string_view text);

// Of each sender, all events up to a number; none of those that are not named.
class progress {
public:
  bool has(const event_number& number) const {
    return number.sender < counts_.size() && number.count <= counts_[number.sender];
  }
  bool has_all(const progress& other) const;
  void add(const event_number& number); // and what its sender sent before
  void add(const progress& other);

private:
  std::vector<std::uint64_t> counts_; // by sender
};

// That a client is or was in a room: what was delivered in between concerns it.
struct stay {
  std::string room;
  std::shared_ptr<const progress> from, until; // what had been delivered then; `until` is null: it is there
  bool covers(const event_number& number) const {
    return !from->has(number) && (!until || until->has(number));
  }
};

// What is known of a client: what it had when it came to this thread, and what of it is proven since.
struct received {
  progress before;
  std::optional<event_number> last; // it told us; none: it had nothing after `before`
  // It has what was delivered to it here before that; the earliest time there is: nothing is proven.
  std::chrono::steady_clock::time_point proven;
};

class recovery_log {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using events = std::vector<std::shared_ptr<const broadcast_event>>;

  // Events are kept for `keep` and within the limits. All logs that share `all_bytes` have max_bytes
  // together: who has something new gives up its own oldest for it.
  recovery_log(std::chrono::milliseconds keep, std::size_t max_packets, std::size_t max_bytes,
               byte_total all_bytes)
      : keep_(keep)
      , max_packets_(max_packets)
      , max_bytes_(max_bytes)
      , all_bytes_(std::move(all_bytes)) {}

  // `event` is null where nothing is to be sent again, but a client may name it.
  void append(const event_number& number, time_point now, std::size_t bytes,
              std::shared_ptr<const broadcast_event> event);
  bool empty() const { return entries_.empty(); }
  // When the oldest is older than they are kept; not of an empty one.
  time_point expires() const { return entries_.front().at + keep_; }
  void drop_old(time_point now);
  // All that has been delivered here.
  std::shared_ptr<const progress> reached();
  // What a client has, of all there is. Nothing: what it says cannot be.
  std::optional<progress> what_it_has(const received& client) const;
  // What it has not, of what was sent to all, to `id` or to a room while it was there, in order. Nothing:
  // some of that may be gone.
  std::optional<events> missed(const progress& has, time_point now, std::string_view id,
                               std::span<const stay> stays);

private:
  void drop_oldest(); // not of an empty one

  struct entry {
    event_number number;
    time_point at;
    std::size_t bytes;
    std::shared_ptr<const broadcast_event> event;
  };
  std::chrono::milliseconds keep_;
  std::size_t max_packets_, max_bytes_;
  byte_total all_bytes_;
  byte_share bytes_;
  std::deque<entry> entries_;
  progress reached_;
  std::shared_ptr<const progress> told_; // a copy of it, for all who asked since the last event
  // What is not here any more.
  progress gone_;
  event_number last_gone_;
  time_point last_gone_at_ = time_point::min();
};

} // namespace socketio::detail
