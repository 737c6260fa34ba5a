// Which messages may go to Graph now: in order within a chat, one at a time there, no faster than WhatsApp
// allows, and a chat that hangs delays no other. No clock and no I/O: the time comes in, what to do comes
// out.
#pragma once

#include "app/ports.hpp"
#include "core/send_policy.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tickwire {

using steady_time = std::chrono::steady_clock::time_point;

struct send_job {
  outgoing_message message;
  std::string chat_id;
  int attempt = 1;
  int try_number = 1;
  steady_time not_before{};
};

// WhatsApp's documented rates: 80 messages a second for a number; one in 6 s to a person, with 45 on credit.
struct send_rates {
  double per_second = 80, burst = 80;
  double pair_per_second = 1.0 / 6, pair_burst = 45;
  std::size_t parallel = 32; // chats that are being sent to at once
};

class send_queue {
public:
  explicit send_queue(send_rates rates = {})
      : rates_(rates)
      , number_(rates.per_second, rates.burst) {}

  void add(send_job job);

  struct plan {
    std::vector<send_job> start; // now; each must be reported by finished()
    std::optional<steady_time>
        look_again; // nothing changes before then, unless something is added or finished
  };
  plan next(steady_time now);

  // `again` is the same job for another try, put before all others of its chat.
  void finished(const std::string& chat_id, std::optional<send_job> again);

  bool idle() const { return active_.empty() && chats_.empty(); }
  std::size_t active() const { return active_.size(); }

private:
  send_rates rates_;
  token_bucket number_;
  std::map<std::string, token_bucket> pairs_;
  std::map<std::string, std::deque<send_job>> chats_; // waiting, none empty
  std::deque<std::string> order_;                     // chats that wait, in order of arrival: no chat starves
  std::set<std::string> active_;
};

} // namespace tickwire
