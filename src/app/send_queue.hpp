// Which messages may go to Graph now: in order within a chat, one at a time there, no faster than WhatsApp
// allows, and a chat that hangs delays no other. No clock and no I/O: the time comes in, what to do comes
// out. Each call costs O(log n) for each message it moves, whatever waits.
#pragma once

#include "core/send_pace.hpp"
#include "core/time.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tickwire {

// A message that waits. What it says, to whom, and what it quotes is read from the store when it goes: here
// stands only which one, so that a full queue is small.
struct send_job {
  std::string message_id;
  std::string chat_id;
  int attempt = 1;
  int try_number = 1;
  timestamp asked_at{}; // when a person asked for this attempt
  steady_time not_before{};
  steady_time give_up_at = steady_time::max(); // from then on it is too old to be sent by itself
  std::uint64_t order = 0;                     // its number among all that were added; the queue gives it
};

// WhatsApp's documented rates: 80 messages a second for a number (75, and 5 on credit, so that there are
// never more than 80 in any second); one in 6 s to a person, with 45 on credit.
struct send_rates {
  send_rate number{std::chrono::nanoseconds{1'000'000'000 / 75}, 5};
  send_rate pair{std::chrono::seconds{6}, 45};
  // Chats that are being sent to at once. Those that hang take places too, until their deadline.
  std::size_t in_flight_max = 256;
};

class send_queue {
public:
  send_queue(send_rates rates, steady_time now)
      : in_flight_max_(rates.in_flight_max)
      , rate_(rates.number)
      , number_(rate_, now)
      , pairs_(rates.pair) {}

  void add(send_job job);

  // The chats have turned out to be one, `into`: what waits in either goes in the order in which it was
  // added. Whoever still says `from` means it too.
  void merge(const std::string& from, const std::string& into, steady_time now);

  struct plan {
    std::vector<send_job> start;   // now
    std::vector<send_job> too_old; // now too: to be failed. Each of both must be reported by finished()
    std::optional<steady_time>
        look_again; // nothing changes before then, unless something is added or finished
  };
  // Starts at most so many; with 0 only what is too old is given out.
  plan next(steady_time now, std::size_t start_max = SIZE_MAX);

  // Nothing waits any more, and the number has no credit: somebody else may have used it. What is in flight
  // stays.
  void start_anew(steady_time now);

  // `again` is the same job for another try, put before all that was added to its chat later.
  void finished(const std::string& chat_id, std::optional<send_job> again);

  std::size_t waiting() const { return waiting_; }
  std::size_t in_flight() const { return in_flight_; }
  std::size_t people_remembered() const { return pairs_.size(); }

private:
  struct line {
    std::deque<send_job> jobs;
    std::size_t in_flight = 0; // at most one, but for chats that became one while they were sent to
    std::uint64_t turn = 0;    // its place among the ready ones, while it is one of them
    steady_time wakes{};       // its place among the sleeping ones, while it is one of them
  };
  using lines = std::map<std::string, line>;

  // How the chat is called today.
  const std::string& today(const std::string& chat_id) const;
  void wait_in_line(lines::iterator place);
  void leave_line(lines::iterator place);
  send_job take_first(lines::iterator place);

  std::size_t in_flight_max_;
  send_rate rate_;
  send_pace number_;
  pair_paces pairs_;
  lines lines_;                               // chats with a job that waits or is in flight
  std::map<std::string, std::string> became_; // chats that are part of another: few, and each only once
  // Chats with waiting jobs and none in flight stand in one of the first two, and in the third.
  std::set<std::pair<std::uint64_t, std::string>> ready_;     // by turn: no chat starves
  std::set<std::pair<steady_time, std::string>> sleeping_;    // by when to look again
  std::set<std::pair<steady_time, std::string>> given_up_at_; // by when the first job is too old
  std::uint64_t turns_ = 0;
  std::uint64_t added_ = 0;
  std::size_t waiting_ = 0;
  std::size_t in_flight_ = 0;
};

} // namespace tickwire
