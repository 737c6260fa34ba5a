#include "net/server_core.hpp"

#include "net/connection.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace socketio::detail {

namespace asio = boost::asio;
using boost::system::error_code;
using session::call_result;
using session::engine_session;
using session::transport;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds tombstone_life{5};
constexpr std::size_t tombstones_max = 10'000;
constexpr std::chrono::milliseconds accept_retry{50}; // after EMFILE and the like

http_response plain(unsigned status, std::string body, std::string_view type) {
  http_response response;
  response.status = status;
  response.body = std::move(body);
  if (!response.body.empty()) response.headers.emplace_back("Content-Type", std::string(type));
  return response;
}

std::string error_body(int code, std::string_view message) {
  std::string text = "{\"code\":" + std::to_string(code) + ",\"message\":\"";
  for (char c : message) {
    if (c == '"' || c == '\\') text += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) text += c;
  }
  return text + "\"}";
}

constexpr std::string_view json_type = "application/json";
constexpr std::string_view text_type = "text/plain; charset=UTF-8";

} // namespace

// --- live_session ---

live_session::live_session(server_core& core, std::string sid, session::transport transport,
                           session::time_point now)
    : engine(core.settings(), core, std::move(sid), transport, now)
    , timer(core.io())
    , connect_by(now + core.settings().connect_timeout)
    , core_(core) {}

void live_session::send(codec::packet packet) {
  engine.send(std::move(packet), {});
  core_.mark_dirty(*this);
}

void live_session::send(std::vector<codec::packet> packets) {
  engine.send_all(std::move(packets), {});
  core_.mark_dirty(*this);
}

void live_session::close(std::string_view reason) {
  engine.close(reason, clock::now());
  core_.rearm(*this);
}

void live_session::cut(std::string_view reason) { engine.cut(reason); }

// --- server_core ---

server_core::server_core(asio::io_context& io, socketio::config config)
    : io_(io)
    , config_(std::move(config))
    , hub_(io, config_)
    , acceptor_(io)
    , accept_pause_(io)
    , close_timer_(io) {}

server_core::~server_core() {
  *alive_ = false;
  error_code ignored;
  acceptor_.close(ignored);
  while (!connections_.empty()) {
    connection* one = *connections_.begin();
    connections_.erase(connections_.begin());
    one->destroy();
  }
}

boost::system::result<std::uint16_t> server_core::listen(const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return error;
  const asio::ip::tcp::endpoint endpoint(address, port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(4096, error);
  if (error) {
    error_code ignored;
    acceptor_.close(ignored);
    return error;
  }
  accept_next();
  return acceptor_.local_endpoint().port();
}

void server_core::accept_next() {
  acceptor_.async_accept(
      [this, alive = std::weak_ptr(alive_)](error_code error, asio::ip::tcp::socket socket) {
        if (alive.expired() || !acceptor_.is_open()) return;
        if (error == asio::error::operation_aborted) return;
        if (error) {
          // Out of descriptors: trying at once would spin until somebody leaves.
          accept_pause_.expires_after(accept_retry);
          accept_pause_.async_wait([this, alive](error_code wait_error) {
            if (!wait_error && !alive.expired()) accept_next();
          });
          return;
        }
        if (connections_.size() < config_.max_connections)
          std::make_shared<connection>(*this, std::move(socket))->start();
        else
          log("connection refused: too many");
        accept_next();
      });
}

void server_core::opened(connection& connection) { connections_.insert(&connection); }

void server_core::gone(connection& connection) {
  if (!*alive_) return;
  connections_.erase(&connection);
  if (closing_ && connections_.empty()) finish_closing();
}

void server_core::close(std::chrono::milliseconds patience, std::function<void()> done) {
  closing_ = true;
  closed_ = std::move(done);
  error_code ignored;
  acceptor_.close(ignored);
  std::vector<live_session*> all;
  for (const auto& [sid, session] : sessions_) all.push_back(session.get());
  for (live_session* session : all) session->engine.close("server shutting down", clock::now());
  std::vector<std::shared_ptr<connection>> quiet;
  for (connection* one : connections_)
    if (one->idle()) quiet.push_back(one->shared_from_this());
  for (const auto& one : quiet) one->destroy();
  quiet.clear();
  close_timer_.expires_after(patience);
  close_timer_.async_wait([this, alive = std::weak_ptr(alive_)](error_code error) {
    if (error || alive.expired()) return;
    std::vector<std::shared_ptr<connection>> left;
    for (connection* one : connections_) left.push_back(one->shared_from_this());
    for (const auto& one : left) one->destroy();
    finish_closing();
  });
  if (connections_.empty()) finish_closing();
}

void server_core::finish_closing() {
  if (!closed_) return;
  close_timer_.cancel();
  asio::post(io_, std::exchange(closed_, nullptr));
}

live_session* server_core::find(std::string_view sid) {
  const auto place = sessions_.find(std::string(sid));
  return place == sessions_.end() ? nullptr : place->second.get();
}

live_session& server_core::of(engine_session& session) { return *by_engine_.at(&session); }

std::vector<std::pair<std::string, std::string>> server_core::cors_headers(const http_request& request,
                                                                           bool preflight) const {
  std::vector<std::pair<std::string, std::string>> headers;
  const auto& cors = config_.cors;
  if (cors.origins.empty()) return headers;
  const std::string origin(request.header("origin"));
  const bool any = cors.origins.front() == "*";
  if (any && !cors.credentials) {
    headers.emplace_back("Access-Control-Allow-Origin", "*");
  } else {
    headers.emplace_back("Vary", "Origin");
    if (origin.empty() ||
        (!any && std::find(cors.origins.begin(), cors.origins.end(), origin) == cors.origins.end()))
      return headers;
    headers.emplace_back("Access-Control-Allow-Origin", origin);
  }
  if (cors.credentials) headers.emplace_back("Access-Control-Allow-Credentials", "true");
  if (preflight) {
    headers.emplace_back("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
    const std::string asked(request.header("access-control-request-headers"));
    if (!asked.empty()) headers.emplace_back("Access-Control-Allow-Headers", asked);
    headers.emplace_back("Vary", "Access-Control-Request-Headers");
  }
  return headers;
}

// The order of the checks and their bodies are Node's (see the README), so that clients see what they know.
void server_core::on_engine_request(std::shared_ptr<exchange> exchange) {
  const http_request& request = exchange->view;
  const bool preflight = request.method() == "OPTIONS" && !config_.cors.origins.empty();
  const auto reply = [&](http_response response) {
    for (auto& header : cors_headers(request, preflight)) response.headers.push_back(std::move(header));
    exchange->answer(std::move(response));
  };
  const auto refuse = [&](unsigned status, int code, std::string_view message) {
    log("handshake refused: " + std::string(message));
    reply(plain(status, error_body(code, message), json_type));
  };
  if (preflight) return reply(plain(204, "", ""));

  const std::string name = request.query_value("transport");
  const bool polling = name == "polling" && config_.allow_polling;
  if (!polling && !(name == "websocket" && config_.allow_websocket))
    return refuse(400, 0, "Transport unknown");
  const std::string sid = request.query_value("sid");
  if (!sid.empty()) {
    live_session* session = find(sid);
    if (!session) {
      if (polling && answer_tombstone(sid, exchange)) return;
      return refuse(400, 1, "Session ID unknown");
    }
    if (!polling || session->engine.current() != transport::polling) return refuse(400, 3, "Bad request");
    if (request.method() == "GET") return on_poll(*session, std::move(exchange));
    if (request.method() == "POST") return on_post(*session, std::move(exchange));
    return reply(plain(400, "", ""));
  }
  if (request.method() != "GET") return refuse(400, 2, "Bad handshake method");
  if (!polling) return refuse(400, 3, "Bad request");
  if (request.query_value("EIO") != "4") return refuse(400, 5, "Unsupported protocol version");
  std::string reason = "Forbidden";
  if (config_.allow_request && !config_.allow_request(request, reason)) return refuse(403, 4, reason);
  if (closing_) return reply(plain(503, "", ""));
  handshake_by_polling(std::move(exchange));
}

live_session& server_core::make_session(transport transport, const http_request& request) {
  handshake shake;
  shake.address = std::string(request.remote_address());
  shake.query = std::string(request.query());
  for (std::string_view name :
       {"cookie", "origin", "host", "user-agent", "authorization", "x-forwarded-for", "x-forwarded-proto"})
    if (const std::string_view value = request.header(name); !value.empty())
      shake.headers.emplace_back(name, value);
  auto made = std::make_unique<live_session>(*this, random_id(), transport, clock::now());
  live_session& session = *made;
  session.peer = std::make_shared<client>(hub_, session, std::move(shake));
  by_engine_.emplace(&session.engine, &session);
  sessions_.emplace(session.engine.sid(), std::move(made));
  rearm(session);
  return session;
}

void server_core::handshake_by_polling(std::shared_ptr<exchange> exchange) {
  live_session& session = make_session(transport::polling, exchange->view);
  http_response response = plain(200, session.engine.open_packet(), text_type);
  response.headers.emplace_back("cache-control", "no-store");
  for (auto& header : cors_headers(exchange->view, false)) response.headers.push_back(std::move(header));
  exchange->answer(std::move(response));
}

void server_core::on_poll(live_session& session, std::shared_ptr<exchange> exchange) {
  const bool free = !session.parked;
  if (free) session.parked = exchange;
  const std::string sid = session.engine.sid();
  const call_result result = session.engine.poll(clock::now());
  if (result == call_result::overlap) {
    http_response response = plain(400, "", "");
    for (auto& header : cors_headers(exchange->view, false)) response.headers.push_back(std::move(header));
    exchange->answer(std::move(response));
  }
  if (live_session* still = find(sid)) rearm(*still);
}

void server_core::on_post(live_session& session, std::shared_ptr<exchange> exchange) {
  const auto reply = [&](http_response response) {
    for (auto& header : cors_headers(exchange->view, false)) response.headers.push_back(std::move(header));
    exchange->answer(std::move(response));
  };
  if (exchange->too_large) {
    log("polling body over the limit");
    return reply(plain(413, "", ""));
  }
  if (exchange->view.header("content-type") == "application/octet-stream") {
    reply(plain(400, "", ""));
    return session.engine.cut("transport error");
  }
  const std::string sid = session.engine.sid();
  if (session.engine.begin_post() == call_result::overlap) return reply(plain(400, "", ""));
  const call_result result = session.engine.end_post(exchange->view.body(), clock::now());
  if (result == call_result::ok)
    reply(plain(200, "ok", "text/html"));
  else
    reply(plain(400, "", ""));
  if (live_session* still = find(sid)) {
    still->engine.flush();
    if (live_session* after = find(sid)) rearm(*after);
  }
}

bool server_core::answer_tombstone(const std::string& sid, std::shared_ptr<exchange>& exchange) {
  if (exchange->view.method() != "GET") return false;
  const auto place =
      std::find_if(tombstones_.begin(), tombstones_.end(), [&](const tombstone& t) { return t.sid == sid; });
  if (place == tombstones_.end() || clock::now() > place->until) return false;
  tombstones_.erase(place);
  http_response response = plain(200, "6", text_type);
  for (auto& header : cors_headers(exchange->view, false)) response.headers.push_back(std::move(header));
  exchange->answer(std::move(response));
  return true;
}

std::optional<server_core::refusal> server_core::on_upgrade(const http_request& request,
                                                            connection& connection) {
  const auto refuse = [&](unsigned status, std::string text) {
    log("upgrade refused: " + text);
    return refusal{status, std::move(text)};
  };
  if (request.query_value("transport") != "websocket" || !config_.allow_websocket)
    return refuse(400, "Transport unknown");
  const std::string sid = request.query_value("sid");
  if (!sid.empty()) {
    live_session* session = find(sid);
    if (!session) return refuse(400, "Session ID unknown");
    // A second WebSocket of a session is accepted and closed (connection.session stays null): a refusal by
    // HTTP is an error that clients do not expect here.
    if (!session->engine.begin_upgrade(clock::now())) return std::nullopt;
    session->probing = &connection;
    connection.session = session;
    rearm(*session);
    return std::nullopt;
  }
  if (request.query_value("EIO") != "4") return refuse(400, "Unsupported protocol version");
  std::string reason = "Forbidden";
  if (config_.allow_request && !config_.allow_request(request, reason)) return refuse(400, reason);
  if (closing_) return refuse(503, "Shutting down");
  live_session& session = make_session(transport::websocket, request);
  session.websocket = &connection;
  connection.session = &session;
  return std::nullopt;
}

void server_core::websocket_ready(connection& connection) {
  if (!connection.session) return connection.finish_websocket(codec::close_code::none);
  if (connection.session->websocket != &connection) return; // probing: the client speaks first
  connection.session->engine.send(codec::text_packet(connection.session->engine.open_packet()), clock::now());
}

void server_core::websocket_message(connection& connection, bool binary, std::string_view data) {
  live_session* session = connection.session;
  if (!session) return;
  const auto now = clock::now();
  if (session->probing == &connection) {
    session->engine.probe_message(binary, data, now);
    if (connection.session) rearm(*connection.session);
    return;
  }
  session->engine.websocket_message(binary, data, now);
}

void server_core::websocket_gone(connection& connection, std::string_view reason) {
  live_session* session = std::exchange(connection.session, nullptr);
  if (!session) return;
  if (session->probing == &connection) {
    session->probing = nullptr;
    session->engine.probe_ended();
    return;
  }
  session->websocket = nullptr;
  session->engine.websocket_ended(reason);
}

void server_core::request_aborted(const exchange& exchange) {
  const std::string sid = exchange.view.query_value("sid");
  live_session* session = sid.empty() ? nullptr : find(sid);
  if (!session || session->parked.get() != &exchange) return;
  session->parked.reset();
  session->engine.poll_aborted();
}

void server_core::stalled(connection& connection, bool is) {
  live_session* session = connection.session;
  if (!session || session->websocket != &connection) return;
  if (!is) {
    session->stalled_until = session::time_point::max();
    return;
  }
  session->stalled_until = std::min(session->stalled_until, clock::now() + config_.write_stall_timeout);
  rearm(*session);
}

// --- time ---

void server_core::rearm(live_session& session) {
  auto next = std::min(session.engine.deadline(), session.stalled_until);
  if (!session.peer->joined_any()) next = std::min(next, session.connect_by);
  if (next >= session.armed) return; // fires early and looks again
  session.armed = next;
  session.timer.expires_at(next);
  session.timer.async_wait(
      [this, sid = session.engine.sid(), alive = std::weak_ptr(alive_)](error_code error) {
        if (!error && !alive.expired()) on_timer(sid);
      });
}

void server_core::on_timer(const std::string& sid) {
  live_session* session = find(sid);
  if (!session) return;
  session->armed = session::time_point::max();
  const auto now = clock::now();
  if (now >= session->stalled_until) {
    log("client cut: nothing could be written to it");
    if (session->websocket) session->websocket->destroy();
    session->engine.cut("slow client");
  } else if (!session->peer->joined_any() && now >= session->connect_by) {
    session->connect_by = session::time_point::max();
    session->engine.close("transport close", now);
  } else {
    session->engine.on_time(now);
  }
  if (live_session* still = find(sid)) rearm(*still);
}

// --- sending ---

void server_core::mark_dirty(live_session& session) {
  if (session.dirty || session.engine.closed()) return;
  session.dirty = true;
  dirty_.push_back(session.engine.sid());
  if (std::exchange(flush_posted_, true)) return;
  asio::post(io_, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) flush_dirty();
  });
}

// Once per turn: several packets for one client leave in one write.
void server_core::flush_dirty() {
  flush_posted_ = false;
  ended_.clear();
  for (const std::string& sid : std::exchange(dirty_, {})) {
    live_session* session = find(sid);
    if (!session) continue;
    session->dirty = false;
    session->engine.flush();
  }
}

// --- what sessions ask for ---

void server_core::answer_poll(engine_session& engine, std::string body) {
  const auto exchange = std::exchange(of(engine).parked, nullptr);
  if (!exchange) return;
  http_response response = plain(200, std::move(body), text_type);
  response.headers.emplace_back("cache-control", "no-store");
  for (auto& header : cors_headers(exchange->view, false)) response.headers.push_back(std::move(header));
  exchange->answer(std::move(response));
}

void server_core::wants_to_write(engine_session& engine) {
  if (connection* websocket = of(engine).websocket) websocket->write_from_session();
}

void server_core::end_websocket(engine_session& engine) {
  if (connection* websocket = of(engine).websocket) {
    websocket->finish_websocket(codec::close_code::none);
    of(engine).websocket = nullptr;
  }
}

void server_core::end_probe(engine_session& engine) {
  if (connection* probing = std::exchange(of(engine).probing, nullptr)) {
    probing->session = nullptr;
    probing->finish_websocket(codec::close_code::none);
  }
}

void server_core::write_probe(engine_session& engine, const codec::packet& packet) {
  if (connection* probing = of(engine).probing) probing->write(packet);
}

void server_core::probe_became_transport(engine_session& engine) {
  live_session& session = of(engine);
  session.websocket = std::exchange(session.probing, nullptr);
}

void server_core::on_message(engine_session& engine, bool binary, std::string_view data) {
  const auto peer = of(engine).peer;
  peer->on_message(binary, data);
}

void server_core::on_closed(engine_session& engine, std::string_view reason) {
  live_session& session = of(engine);
  if (reason == "slow client") log("client cut: too much waits for it");
  if (session.websocket) {
    session.websocket->session = nullptr;
    session.websocket->finish_websocket(codec::close_code::none);
    session.websocket = nullptr;
  }
  if (connection* probing = std::exchange(session.probing, nullptr)) {
    probing->session = nullptr;
    probing->finish_websocket(codec::close_code::none);
  }
  session.timer.cancel();
  if (engine.current() == transport::polling) {
    if (tombstones_.size() >= tombstones_max) tombstones_.pop_front();
    tombstones_.push_back({engine.sid(), clock::now() + tombstone_life});
  }
  const auto peer = session.peer;
  // The session is in the middle of one of its calls: it must outlive this turn.
  const auto place = sessions_.find(engine.sid());
  ended_.push_back(std::move(place->second));
  sessions_.erase(place);
  by_engine_.erase(&engine);
  asio::post(io_, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) ended_.clear();
  });
  peer->on_closed(reason == "slow client" ? "transport close" : reason);
}

} // namespace socketio::detail
