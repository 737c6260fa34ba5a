// A Socket.IO client over WebSocket, only as clever as a load needs.
#pragma once

#include "poller.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace load {

class websocket_client;

class client_events {
public:
  virtual ~client_events() = default;
  virtual void connected(websocket_client&) {}
  // A Socket.IO event or acknowledgement, whole: `42["echo",…]`.
  virtual void message(websocket_client&, std::string_view) {}
  // The server has ended the connection: the run is worth nothing, unless it counts such clients.
  virtual void ended(websocket_client&) { throw connection_ended(); }
};

class websocket_client final : public watcher {
public:
  websocket_client(unsigned number, client_events& events)
      : number(number)
      , events_(&events) {}
  ~websocket_client() override { close(); }
  websocket_client(const websocket_client&) = delete;
  websocket_client& operator=(const websocket_client&) = delete;

  void connect(poller& poller, std::uint16_t port, bool browser = false);
  void close();
  void send(std::string_view text);
  void readable() override;

  const unsigned number;

private:
  enum class phase : std::uint8_t { idle, http, open, joining, connected };
  // How many bytes of it were used.
  std::size_t take(std::string_view bytes);
  std::size_t take_http(std::string_view bytes);
  std::size_t take_frame(std::string_view bytes);
  void packet(std::string_view text);
  void send_frame(unsigned opcode, std::string_view payload);

  client_events* events_;
  int fd_ = -1;
  phase phase_ = phase::idle;
  std::string rest_; // the begin of a frame that has not come whole
};

} // namespace load
