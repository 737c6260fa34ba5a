// Tickwire's events over Socket.IO: who may connect, what they missed, what happens now, who is typing.
#pragma once

#include "app/accounts.hpp"
#include "app/browser.hpp"
#include "app/live_updates.hpp"
#include "app/presence.hpp"
#include "app/reading.hpp"
#include "app/send_message.hpp"
#include "app/service_state.hpp"
#include "socketio/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string>
#include <vector>

namespace tickwire::realtime {

class live_server {
public:
  live_server(boost::asio::io_context& io, socketio::server& server, reading& reads, accounts& people,
              messaging& messages, presence& present, service_state& service, trusted_pages pages);

  // A commit's events, to everybody who may see them and has what came before.
  void publish(const encoded_event& event);

  // Users came or went, on whichever node.
  void tell_people(const presence::change& change);
  // Called when whom this node has to tell others of is different. Set once.
  std::function<void()> on_people_here = [] {};

  // Ends the connections of a session.
  void log_out(const std::string& token);
  // Sessions may have ended, or their users changed: looks all of them up again.
  void check_sessions();

  // `service_state` to everybody who has had its sync; later ones get it right after theirs when something is
  // wrong.
  void tell_service_state();

private:
  void admit(socketio::socket& socket, socketio::next next);
  void connected(socketio::socket& socket);
  task<void> catch_up(std::shared_ptr<socketio::socket> socket);
  task<void> mark_read(user who, std::string chat_id, std::uint64_t up_to, socketio::acknowledge ack);
  void on_register(socketio::socket& socket, const socketio::incoming& event);
  void relay(socketio::socket& socket, const socketio::incoming& event);
  void look_by(timestamp when);

  boost::asio::io_context& io_;
  socketio::nsp& nsp_;
  reading& reads_;
  accounts& people_;
  messaging& messages_;
  presence& presence_;
  service_state& service_;
  const trusted_pages pages_;
  boost::asio::steady_timer look_timer_;
  timestamp next_look_ = timestamp::max();
  bool checking_ = false, check_again_ = false;
};

} // namespace tickwire::realtime
