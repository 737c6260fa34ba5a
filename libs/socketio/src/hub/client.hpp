// The Socket.IO side of a session: what its client says becomes events, answers and joins of its sockets.
#pragma once

#include "codec/socket_packet.hpp"
#include "hub/handlers.hpp"
#include "net/live_session.hpp"
#include "socketio/server.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::detail {

// An answer that a client owes us.
struct pending_ack final : timer {
  pending_ack(socket& owner, std::uint64_t id, ack_handler answered)
      : owner(owner)
      , id(id)
      , answered(std::move(answered)) {}
  ~pending_ack();
  void on_time(time_point now) override;
  socket& owner;
  std::uint64_t id;
  ack_handler answered;
};

// An answer that we owe a client.
struct ack_once {
  std::weak_ptr<socket> whom;
  std::shared_ptr<way_to_loop> home; // of the socket
  std::uint64_t id = 0;
  std::atomic<bool> done = false;
};

// Events of one socket that wait for packet middlewares, in the order in which they came.
struct packet_line {
  struct waiting {
    std::string name;
    incoming event;
    std::size_t bytes = 0;                 // of its packet
    std::shared_ptr<const handlers> table; // since it is the first
    std::size_t asked = 0;                 // how many of the middlewares
    bool answered = true;                  // by the last that was asked
    std::optional<connect_error> refused;
  };
  std::list<std::shared_ptr<waiting>> events; // takes least when it is empty
  std::size_t bytes = 0;
  bool moving = false; // who moves it on is at it
};

// One session seen from Socket.IO: the sockets it has joined, and the binary packet it is in the middle of.
class client final : public session_peer {
public:
  client(hub& hub, live_session& link);
  ~client() override;

  void on_message(bool binary, std::string_view data, const http_request* request) override;
  void on_closed(std::string_view reason, std::string_view detail) override;

  live_session& link() { return link_; }
  void leave(socket& socket, std::string_view reason, std::string_view detail = {});
  void disconnect_all(); // DISCONNECT in each namespace, then the end

private:
  friend class hub;
  friend class socketio::socket;
  // Its parts are on their way, and late when its time comes.
  struct half_packet final : timer {
    explicit half_packet(client& owner)
        : owner(owner) {}
    ~half_packet();
    void on_time(time_point now) override;
    client& owner;
    codec::socket_packet packet;
    std::vector<std::string> attachments;
    std::size_t bytes = 0;
  };

  void on_packet(codec::socket_packet packet, std::vector<std::string> attachments, std::size_t bytes);
  void on_event(socket& target, codec::socket_packet packet, std::vector<std::string> attachments,
                std::size_t bytes);
  void on_ack(socket& target, std::uint64_t id, packet_data answer);
  void connect(std::string_view nsp_name, boost::json::value auth);
  void ask_middleware(std::shared_ptr<socket> socket, std::shared_ptr<const handlers> table,
                      std::size_t index);
  void admit(const std::shared_ptr<socket>& socket);
  void refuse(const std::shared_ptr<socket>& socket, const connect_error& error);
  void give_back(socket& not_admitted);
  void violation(std::string_view what);
  socket* find(std::string_view nsp) const;

  hub& hub_;
  live_session& link_;
  bool closed_ = false;
  std::vector<std::shared_ptr<socket>> sockets_; // connected, or their middlewares are being asked
  std::unique_ptr<half_packet> half_;
};

} // namespace socketio::detail
