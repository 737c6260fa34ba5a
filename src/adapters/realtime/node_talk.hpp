// What servers of one inbox tell each other through the cluster of their sockets (Redis). All of it is a
// hint: what is lost is found out some other way, only later, and what is not true harms little.
#pragma once

#include "app/presence.hpp"
#include "socketio/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace tickwire::realtime {

class node_talk {
public:
  // `name`: of this process, unlike any other's. `epoch`: of the log; others' words about another log do not
  // count.
  node_talk(boost::asio::io_context& io, socketio::server& server, presence& present, std::string name,
            std::string epoch);

  // Another server says so. I/O thread; set before begin().
  std::function<void(std::uint64_t head)> on_head;               // the log has this entry
  std::function<void(const presence::change& change)> on_people; // people came or went

  void begin();
  void stop() { timer_.cancel(), soon_.cancel(); }
  void tell_head(std::uint64_t head); // unless somebody has said so
  void tell_people();                 // soon, once for all that come and go meanwhile

private:
  void hear(std::string_view event, const socketio::packet_data& said);
  void tell_people_now();
  void look_after_people();

  socketio::nsp& nsp_;
  presence& presence_;
  const std::string name_, epoch_;
  boost::asio::steady_timer timer_, soon_;
  bool people_due_ = false;
  std::uint64_t told_head_ = 0, heard_head_ = 0;
};

} // namespace tickwire::realtime
