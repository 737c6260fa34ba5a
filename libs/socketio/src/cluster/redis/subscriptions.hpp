// Which namespaces Redis sends us, as against those we want: a state machine without sockets.
//
// Redis confirms what it is told channel by channel, and later. So of each namespace only one change is under
// way at a time, and its confirmations can belong to nothing else. What is opened and closed meanwhile is
// only remembered, and the next change follows from what is wanted by then.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::cluster {

class subscriptions {
public:
  static constexpr std::size_t channels_each = 4; // that Redis confirms, of one namespace
  // Namespaces whose changes are under way at once: what waits for Redis is bounded, however many there are.
  static constexpr std::size_t changes_max = 64;

  struct change {
    std::string nsp;
    bool subscribe = false; // else the namespace is unsubscribed
  };

  subscriptions() = default;
  subscriptions(subscriptions&&) = default;
  subscriptions& operator=(subscriptions&&) = default;

  // --- what is wanted ---
  void open(std::string_view nsp);
  void close(std::string_view nsp);

  // --- what happens ---
  void up();   // a new connection to Redis, on which nothing is subscribed
  void down(); // it is lost, and with it every subscription
  // Redis has confirmed one of the namespace's channels. True: the change is complete.
  bool confirmed(std::string_view nsp, bool subscribed);

  // The next change to tell Redis, in the order in which they were wanted. Nothing: there is none, or enough
  // are under way, or Redis is down.
  std::optional<change> next();

  // --- what is ---
  bool wants(std::string_view nsp) const;
  bool listens(std::string_view nsp) const; // wanted, and all its channels come
  // Neither wanted nor subscribed: nothing of it will be heard.
  bool knows(std::string_view nsp) const { return all_.find(nsp) != all_.end(); }

private:
  enum class phase : unsigned char { silent, subscribing, listening, unsubscribing };
  struct one {
    bool wanted = true;
    phase is = phase::silent;
    std::size_t unconfirmed = 0;                         // channels of the change under way
    std::optional<std::list<std::string>::iterator> due; // its place in due_
  };
  using table = std::map<std::string, one, std::less<>>;

  static bool under_way(const one& it) { return it.unconfirmed > 0; }
  static bool settled(const one& it) { return it.is == (it.wanted ? phase::listening : phase::silent); }
  void look_at(table::iterator at);

  table all_;
  std::list<std::string> due_; // names that need a change, once each
  std::size_t under_way_ = 0;
  bool up_ = false;
};

} // namespace socketio::cluster
