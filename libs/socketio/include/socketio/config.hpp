// Every limit, time and hook of the server, by name. Sizes are bytes unless they say otherwise. Nothing is
// checked: a limit of 0 means none of it, where it does not say that it means "no limit"; times count as
// at least 0 and less than 2^30 ms (12 days), since clients add two of them. A config is copied into the
// server and does not change any more.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

class http_request;
class cluster_adapter;

struct cors_options {
  // Exact origins ("https://example.org", compared as they are), or the single entry "*". Empty: no CORS
  // headers at all. CORS tells browsers which pages may read answers. It refuses nobody, and a browser opens
  // a WebSocket from any page: to admit only known origins look at the header in allow_request.
  std::vector<std::string> origins = {};
  bool credentials = false; // with "*", the origin is reflected, since browsers refuse "*" with credentials
};

// A cookie on the answer to the polling handshake, for load balancers that keep a client at one node by it.
// The server never reads it.
struct cookie_options {
  std::string name = "io"; // the value is the session's id, which grants access to it
  std::string attributes = "Path=/; HttpOnly; SameSite=Lax";
};

// Connection state recovery: a client that was cut off comes back to its id, rooms, data and missed events.
// Kept in the memory of this process: behind a load balancer clients must come back to the same one. Who
// missed more than max_queued_bytes begins anew.
struct recovery_options {
  std::chrono::milliseconds max_disconnection{120'000}; // how long a session that was cut off is kept
  bool skip_middlewares = true;                         // of a namespace, when a session is recovered
  std::size_t max_sessions = 10'000;                    // that are kept; beyond it the oldest go
  // Events kept for replay, until max_disconnection is over: how many of one namespace, how many bytes of all
  // namespaces together. When they do not reach back far enough, a session is not recovered.
  std::size_t max_packets = 50'000;
  std::size_t max_bytes = 64 * 1024 * 1024;
};

// A handshake or request that was refused, or a message that ended a connection. Good until the call returns.
struct connection_error {
  const http_request* request = nullptr; // null for what came over a WebSocket
  int code = 0; // Engine.IO's: 0 transport, 1 session, 2 method, 3 bad request, 4 forbidden, 5 version
  std::string_view message; // what the client is told
  std::string_view context; // for people: "message over the limit of 1000000 bytes", "TRANSPORT_MISMATCH"
};

// Answers allow_request, once, now or later, on any thread: admitted, or refused with a reason for the client
// (403 {"code":4,"message":reason}, or 400 with the reason as text where a WebSocket was asked for;
// "Forbidden" when empty).
using admit = std::function<void(bool admitted, std::string reason)>;
using header_list = std::vector<std::pair<std::string, std::string>>;

struct config {
  // --- Engine.IO ---
  // https://socket.io/docs/v4/engine-io-protocol/, version 4. Prefix of the requests that are ours; with both
  // slashes, as clients ask for it.
  std::string path = "/socket.io/";
  // From the last answer to the next question, and until the answer must be there, else "ping timeout". Both
  // are announced to clients, which give up after their sum. Kept to the millisecond.
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  std::chrono::milliseconds upgrade_timeout{10'000}; // a begun upgrade is given up then; polling goes on
  // Of one polling body or WebSocket message, announced to clients. More: 413, or close code 1009 ("transport
  // error").
  std::size_t max_payload = 1'000'000;
  std::size_t max_packets_per_poll = 16; // in one answer, at least 1; python-socketio's client gives up at 17
  bool allow_polling = true;
  bool allow_websocket = true;
  cors_options cors = {};
  std::optional<cookie_options> cookie = {};
  // A polling answer of so many bytes is gzipped for who accepts it; 0: never.
  std::size_t compress_from = 1024;
  // Whether a handshake is admitted; empty: everybody. Called once per session, before it exists, for both
  // transports, on an I/O thread; the request lives until the answer. When it throws, the handshake is
  // refused, and with 503 when it has not answered within allow_request_timeout.
  std::function<void(const http_request&, admit)> allow_request = {};
  std::chrono::milliseconds allow_request_timeout{30'000};
  // May add headers to the answer of a handshake (the first polling answer, the 101), Set-Cookie several
  // times. On an I/O thread. The values go out as they are: no line breaks in them.
  std::function<void(header_list&, const http_request&)> initial_headers = {};

  // --- Socket.IO ---
  std::chrono::milliseconds connect_timeout{45'000}; // until a client has joined some namespace
  // Binary parts of one packet; a client that sends one with more ends its connection. Stock clients take 10.
  std::size_t max_attachments = 10;
  // Bytes of one packet with its binary parts, and the time until all of them must be there; else the client
  // ends its connection.
  std::size_t max_attachment_bytes = 10'000'000;
  std::chrono::milliseconds attachment_timeout{30'000};
  // A middleware of a namespace must have called `next` by then, else the client is refused.
  std::chrono::milliseconds middleware_timeout{30'000};
  // Beyond it: CONNECT_ERROR "Too many namespaces on one connection".
  std::size_t max_namespaces_per_client = 16;
  std::size_t max_rooms_per_socket = 1'000; // joins beyond it are refused
  std::size_t max_pending_acks = 64; // questions to one socket that wait; beyond it: error::too_many_pending
  // Bytes of an event's name and depth of its JSON; with more a client ends its connection.
  std::size_t max_event_name = 256;
  std::size_t max_json_depth = 1'000;
  bool cleanup_empty_child_namespaces = true; // those of of_matching(), when their last socket has left
  std::optional<recovery_options> recovery = {};
  std::shared_ptr<cluster_adapter> cluster = {}; // null: this process is alone

  // --- threads ---
  // 1: everything happens on the thread that runs the io_context. More (up to 64): that thread and this many
  // less one of our own; handlers then run on the thread of their socket, side by side.
  std::size_t threads = 1;
  // Letters that wait for one of them (a broadcast is one for each thread). While more wait, clients are not
  // read, so that they cause no more; what the application says from threads of its own is not held back.
  std::size_t max_mail_between_threads = 50'000;

  // --- slow readers ---
  // A client is slow when it does not read. What is sent to it goes to the kernel at once when it is much;
  // what the kernel refuses, and what a poll has not fetched yet, waits. A client for which more than this
  // waits is cut off, as a transport that closed ("transport close", and the cause for people), so that it
  // reconnects. An event is never dropped silently. Each packet counts 64 bytes beside its own; one packet
  // alone may be as large as the application makes it. While an eighth of this waits, the client is not read:
  // it cannot ask for more than it takes.
  std::size_t max_queued_bytes = 8 * 1024 * 1024;
  // Cut off as well: when nothing of what waits was written, or fetched by a poll, for so long.
  std::chrono::milliseconds write_stall_timeout{15'000};
  // Events of one client that wait for packet middlewares; with more it is cut off.
  std::size_t max_queued_packets = 256;

  // --- HTTP ---
  std::size_t max_connections = 20'000; // of TCP; beyond it new ones are closed at once
  // Connections that have said nothing for two seconds, or no whole head of a first request: in all, and from
  // one address (not a trusted proxy's). Beyond it they are closed. None may take longer than head_timeout.
  std::size_t max_silent_connections = 2'000;
  std::size_t max_silent_per_address = 250;
  // Addresses of proxies ("10.0.0.7") whose header says where a request comes from: the last address in it
  // that is not a trusted proxy's own is that of the client, for http_request::remote_address() and the
  // handshake's.
  std::vector<std::string> trusted_proxies = {};
  std::string client_address_header = "X-Forwarded-For";
  // New sessions beyond it: 503 with Retry-After; 0: no limit.
  std::size_t max_handshakes_per_second = 0;
  // Sessions at once; a handshake beyond it gets 503 with Retry-After. A polling session needs no connection.
  std::size_t max_sessions = 20'000;
  std::size_t max_head_bytes = 16 * 1024;   // of a request, cookies and all, as Node's; beyond it 431
  std::size_t max_body_bytes = 1024 * 1024; // of application requests, unless body_limit says otherwise
  std::function<std::size_t(std::string_view method, std::string_view path)> body_limit = {};
  // Of requests that have come, whole or in part, and are not answered, of all connections together; 0: no
  // limit. Beyond it those that are not whole are refused, largest first, then new ones: 503 with
  // Retry-After.
  std::size_t max_bytes_in_flight = 0;
  std::chrono::milliseconds head_timeout{10'000}; // a begun request head must be complete by then
  std::chrono::milliseconds body_timeout{30'000}; // and its body by then
  // An idle connection is closed after it: later than proxies close theirs (mostly 60 s), whose next request
  // would else meet a connection that is just being closed.
  std::chrono::milliseconds keep_alive_timeout{75'000};
  // On every answer that has no header of that name: those of the application, refusals, polls, the 101 of a
  // WebSocket.
  header_list answer_headers = {};

  std::chrono::milliseconds answer_timeout{120'000}; // on_http has not answered by then: 503, and the end

  // Lines of a kind (the same but for numbers) that the log gets within ten seconds; the next one says how
  // many were left out. 0: no limit.
  std::size_t max_log_lines_per_kind = 20;
  // Told of refused handshakes, cut clients, broken connections and functions of the application that threw,
  // one short line each; no ids that grant access. Any I/O thread, several at a time; must not throw.
  std::function<void(std::string_view)> log = {};
  // Refusals and messages that broke the protocol, as values, for whoever counts. Any I/O thread.
  std::function<void(const connection_error&)> on_connection_error = {};
};

} // namespace socketio
