// What is said on one connection to Redis, and what is heard: greeting, commands and their answers in order,
// messages of subscribed channels, pings, and when silence means that nobody is there. No sockets, no clocks.
#pragma once

#include "cluster/redis/resp.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace socketio::cluster {

using time_point = std::chrono::steady_clock::time_point;

struct dialogue_settings {
  std::string username, password; // AUTH when there is a password
  int database = 0;
  std::chrono::milliseconds greeting_timeout{5'000};
  std::chrono::milliseconds ping_interval{10'000};
};

namespace hears {
struct nothing {};
struct greeted {}; // from now on commands are welcome
struct count {     // how many listen to the channel that was asked for
  std::string id;
  std::size_t listeners = 0;
};
struct confirmed {     // a subscription, or its end
  std::string channel; // or pattern
  bool subscribed = false;
};
struct message {
  std::string pattern; // empty for a plain channel
  std::string channel, text;
};
struct refusal { // of a command; the connection goes on
  std::string why;
  std::string id; // of the count that was asked for
};
struct failure { // the connection is of no use
  std::string why;
};
} // namespace hears
using heard = std::variant<hears::nothing, hears::greeted, hears::count, hears::confirmed, hears::message,
                           hears::refusal, hears::failure>;

class dialogue {
public:
  dialogue(const dialogue_settings& settings, time_point now);

  // --- to say ---
  void publish(redis_command publish);
  void count_listeners(redis_command count, std::string id); // PUBSUB NUMSUB
  void subscribe(redis_command subscribe);                   // any of the four that change subscriptions
  // What is to be written next, in order, about so many bytes at most; it is forgotten here.
  std::vector<redis_command> take(std::size_t about_bytes);
  bool has_more() const { return !output_.empty(); }

  // --- heard ---
  void on_bytes(time_point now); // any sign of life
  heard on_reply(redis_reply reply);

  // Lets time pass: may have something to say then. Gives the moment of the next call, or nothing when Redis
  // is taken for dead.
  std::optional<time_point> at(time_point now);

  bool greeted() const { return greeted_; }

private:
  struct expected {
    enum class kind : std::uint8_t { greeting, last_greeting, ping, publication, count };
    kind is;
    std::string id;
    byte_budget::hold hold; // what the command waits with, until it is answered
  };

  void say(redis_command command) { output_.push_back(std::move(command)); }
  void say(redis_command command, expected::kind answer, std::string id = {});
  heard on_push(redis_reply& reply);
  heard on_answer(redis_reply& reply);

  dialogue_settings settings_;
  std::deque<redis_command> output_;
  std::deque<expected> expected_; // answers, in the order of their commands
  bool greeted_ = false;
  bool listens_ = false;             // has subscribed once: pongs are pushes from then on
  std::optional<time_point> pinged_; // since the last sign of life
  time_point began_, last_sign_;
};

// How long to wait before the next attempt: doubled from attempt to attempt, from the start again after a
// connection that has held for a while.
class backoff {
public:
  backoff(std::chrono::milliseconds first, std::chrono::milliseconds most);
  std::chrono::milliseconds next(std::chrono::steady_clock::duration last_connection);

private:
  std::chrono::milliseconds first_, most_, next_;
};

} // namespace socketio::cluster
