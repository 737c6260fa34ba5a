// Every limit and time of the server, by name.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

class http_request;

struct cors_options {
  // Exact origins ("https://example.org"), or the single entry "*". Empty: no CORS headers at all.
  std::vector<std::string> origins;
  bool credentials = false; // with "*", the origin is reflected, since browsers refuse "*" with credentials
};

struct config {
  // Engine.IO
  std::string path = "/socket.io/";                // prefix of the requests that are ours
  std::chrono::milliseconds ping_interval{25'000}; // announced to clients
  std::chrono::milliseconds ping_timeout{20'000};  // announced to clients
  std::chrono::milliseconds upgrade_timeout{10'000};
  std::size_t max_payload = 1'000'000; // bytes of one polling body or WebSocket message, announced to clients
  std::size_t max_packets_per_poll = 16; // python-socketio's client gives up at 17
  bool allow_polling = true;
  bool allow_websocket = true;
  cors_options cors;
  // Whether a handshake is admitted; the text is the reason told to the client. Empty function: everybody.
  // Called once per session, before it exists, on the I/O thread.
  std::function<bool(const http_request&, std::string& reason)> allow_request;

  // Socket.IO
  std::chrono::milliseconds connect_timeout{45'000}; // until a client has joined some namespace
  std::size_t max_attachments = 10;                  // binary parts of one packet
  std::size_t max_namespaces_per_client = 16;
  std::size_t max_pending_acks = 64; // of one socket
  std::size_t max_event_name = 256;  // bytes
  std::size_t max_json_depth = 32;

  // Slow readers: a client with more than this waiting is cut off, as a transport that closed, so that it
  // reconnects.
  std::size_t max_queued_packets = 256;
  std::size_t max_queued_bytes = 1024 * 1024;
  std::chrono::milliseconds write_stall_timeout{15'000}; // nothing of what waits could be written for so long

  // HTTP
  std::size_t max_connections = 20'000;
  std::size_t max_head_bytes = 8 * 1024;
  std::size_t max_body_bytes = 1024 * 1024; // of application requests, unless body_limit says otherwise
  std::function<std::size_t(std::string_view method, std::string_view path)> body_limit;
  std::chrono::milliseconds head_timeout{10'000};       // a begun request head must be complete by then
  std::chrono::milliseconds body_timeout{30'000};       // and its body by then
  std::chrono::milliseconds keep_alive_timeout{60'000}; // an idle connection is closed after

  // Told of refused handshakes, cut clients and broken connections, one short line each; no ids that grant
  // access.
  std::function<void(std::string_view)> log;
};

} // namespace socketio
