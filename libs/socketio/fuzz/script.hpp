// A script of several connections to a server in the same process: what is sent on each, when they are
// closed, how time goes by. Any bytes are a script: they are sent as they are on the connection that is
// chosen, except that \xff begins a command of the next byte:
//
//   0…7   chooses a connection, opened when it is not open       n r   it stops reading, reads again
//   c h   closes it, closes its sending half                     f     lets the server run
//   tB    2^(B & 15) ms go by                                    q     the server begins to close
//   H     a polling handshake                                    V     a WebSocket handshake
//   PD    a poll of session D (a digit)                          WD    a WebSocket for session D: the upgrade
//   OD    a POST to session D, its body up to e                  sD pD o   the id of session D, recovery id
//   D, last offset T B   a text or binary frame up to e, U one that is not the last of its message, M N the
//   next and the last part G C   a ping or close frame up to e                          xB    B & 127 times
//   32 letters        F  the byte \xff
//
// What must hold: the server answers what it answers by the letter of its protocols, comes to rest after each
// step, keeps its memory in bounds, serves another client meanwhile and afterwards, and in the end every
// connection is closed.
#pragma once

#include "answers.hpp"

#include "net/runtime.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace socketio::fuzz {

class world {
public:
  // `path` is where the server takes its sessions; `use_it` is how an ordinary client finds it in order.
  world(boost::asio::io_context& io, detail::runtime& engine, std::string path);
  ~world();

  void play(std::string_view script);
  // Told of each packet of text that a client of the script reads.
  void on_packet(std::function<void(std::string_view packet)> told) { known_.on_packet = std::move(told); }
  // Whether clients have left something unread, or were cut off.
  bool lossy() const { return lossy_; }
  // Waits until every connection is closed.
  void come_to_an_end();

  // --- an ordinary client, on a connection of its own ---
  std::string get(const std::string& target); // the text of the answer
  std::string post(const std::string& target, const std::string& body);
  std::string fresh_session(); // its sid
  const std::string& path() const { return path_; }
  bool closing() const { return closing_; }

  void run_server();

private:
  struct peer;
  peer& current();
  void flush();
  void read_all();
  bool read_some();
  void pass_time(std::chrono::milliseconds time);
  void command(std::string_view& script);
  void end_group();
  void append(std::string_view text);
  std::string request(std::string_view method, std::string_view query, std::string_view more = {},
                      std::string_view body = {});
  std::string exchange_on_own_connection(const std::string& request);

  boost::asio::io_context& io_;
  detail::runtime& engine_;
  const std::string path_;
  known_ids known_;
  std::array<std::unique_ptr<peer>, 8> peers_;
  std::size_t chosen_ = 0;
  std::size_t opened_ = 0;
  int steps_left_ = 64; // of time
  std::string unsent_;  // for the chosen connection
  char group_ = 0;      // the command that began what is gathered now
  std::string group_query_, gathered_;
  bool closing_ = false, closed_ = false, lossy_ = false;
};

} // namespace socketio::fuzz
