#include "net/shard.hpp"

#include "codec/base64.hpp"
#include "codec/utf8.hpp"
#include "codec/websocket.hpp"
#include "net/cors.hpp"
#include "net/gzip.hpp"
#include "net/runtime.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace socketio::detail {

using session::transport;

namespace {

constexpr std::chrono::seconds tombstone_life{5};
constexpr std::size_t tombstones_max = 1'000;

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

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

// "Connection: keep-alive, Upgrade" has the token "upgrade".
bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    std::string_view one = list.substr(0, end);
    while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
    if (equal_ignoring_case(one, token)) return true;
    if (end == std::string_view::npos) return false;
    list.remove_prefix(end + 1);
  }
  return false;
}

std::shared_ptr<const handshake_request> kept(const http_request& request) {
  std::string head;
  for (const auto& [name, value] : request.headers()) {
    for (char c : name) head += lower(c);
    head += ": ";
    head += value;
    head += "\r\n";
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::make_shared<const handshake_request>(
      request.target(), head, request.remote_address(),
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

} // namespace

http_response polling_answer(const socketio::config& settings, const http_request& request,
                             std::string body) {
  http_response response = plain(200, std::move(body), "text/plain; charset=UTF-8");
  response.headers.emplace_back("cache-control", "no-store");
  if (settings.compress_from > 0 && response.body.size() >= settings.compress_from &&
      accepts_gzip(request.joined_header("accept-encoding"))) {
    response.body = gzip(response.body);
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  return response;
}

shard::shard(runtime& all, loop& loop, std::size_t threads)
    : all_(all)
    , loop_(loop)
    , handshakes_(settings().max_handshakes_per_second, threads) {
  loop_.at_turn_end = [this] { return end_of_turn(); };
}

shard::~shard() {
  sessions_.clear();
  while (connection* one = first_) {
    first_ = one->after_;
    delete one;
  }
}

const socketio::config& shard::settings() const { return all_.settings(); }

void shard::log(std::string_view line) const {
  if (settings().log) settings().log(line);
}

void shard::report(const http_request* request, int code, std::string_view message,
                   std::string_view context) const {
  if (settings().on_connection_error)
    guard("on_connection_error", [&] { settings().on_connection_error({request, code, message, context}); });
  if (!settings().log) return;
  std::string line = request ? "request refused: " : "client cut: ";
  line += message;
  if (!context.empty()) line += ", " + std::string(context);
  settings().log(line);
}

// --- connections ---

void shard::adopt(int descriptor, std::string remote) {
  if (closing_) {
    ::close(descriptor);
    return all_.connection_gone();
  }
  auto fresh = std::make_unique<connection>(*this, descriptor, std::move(remote));
  if (!guard("epoll", [&] { fresh->start(); })) return all_.connection_gone(); // no memory for one more
  opened(*fresh.release());
}

void shard::opened(connection& connection) {
  connection.after_ = first_;
  if (first_) first_->before_ = &connection;
  first_ = &connection;
}

connection* shard::heaviest_unfinished() const {
  connection* heaviest = nullptr;
  for (connection* one = first_; one; one = one->after_)
    if (one->unfinished_bytes() > (heaviest ? heaviest->unfinished_bytes() : 0)) heaviest = one;
  return heaviest;
}

void shard::gone(connection& connection) {
  if (connection.before_) connection.before_->after_ = connection.after_;
  if (connection.after_) connection.after_->before_ = connection.before_;
  if (first_ == &connection) first_ = connection.after_;
  connection.before_ = connection.after_ = nullptr;
  loop_.bury(std::unique_ptr<mortal>(&connection));
  all_.connection_gone();
}

// A connection goes with the session that its request names.
void shard::hand_over(connection& moving, shard& to) {
  loop_.forget(moving.descriptor_);
  std::erase_if(resumable_, [&](const resumable& one) { return one.which == &moving; });
  if (moving.before_) moving.before_->after_ = moving.after_;
  if (moving.after_) moving.after_->before_ = moving.before_;
  if (first_ == &moving) first_ = moving.after_;
  moving.before_ = moving.after_ = nullptr;
  moving.leave_home(to);
  to.loop_.post([&to, mine = std::unique_ptr<connection>(&moving)]() mutable {
    connection& here = *mine.release();
    to.opened(here);
    if (!to.destroyed_ && to.guard("epoll", [&] { here.start(); }))
      here.arrived();
    else
      here.destroy();
  });
}

// --- answers ---

void shard::reply(exchange& exchange, http_response response) const {
  append_cors_headers(response.headers, settings().cors, exchange.view, false);
  exchange.answer(std::move(response));
}

void shard::refuse(exchange& exchange, bool upgrade, unsigned status, int code, std::string_view message,
                   std::string_view context, header_list headers) const {
  report(&exchange.view, code, message, context);
  if (upgrade) {
    http_response response = plain(400, std::string(message), "text/html"); // a browser sees nothing of it
    std::move(headers.begin(), headers.end(), std::back_inserter(response.headers));
    response.close = true;
    return reply(exchange, std::move(response));
  }
  reply(exchange, plain(status, error_body(code, message), "application/json"));
}

// --- requests ---

// The order of the checks and their bodies are Node's, so that clients see what they know.
void shard::on_engine_request(connection& from, std::shared_ptr<exchange> exchange) {
  const http_request& request = exchange->view;
  const bool upgrade = request.method() == "GET" && !request.header("upgrade").empty() &&
                       has_token(request.joined_header("upgrade"), "websocket") &&
                       has_token(request.joined_header("connection"), "upgrade");
  if (request.method() == "OPTIONS" && !settings().cors.origins.empty()) {
    http_response response = plain(204, "", "");
    append_cors_headers(response.headers, settings().cors, request, true);
    return exchange->answer(std::move(response));
  }

  const std::string name = request.query_value("transport");
  const bool polling = name == "polling" && settings().allow_polling;
  if (!polling && !(name == "websocket" && settings().allow_websocket))
    return refuse(*exchange, upgrade, 400, 0, "Transport unknown", "TRANSPORT_UNKNOWN");
  if (upgrade && polling) return refuse(*exchange, true, 400, 3, "Bad request", "TRANSPORT_MISMATCH");
  if (upgrade && !opens_websocket(*exchange)) return;

  const std::string sid = request.query_value("sid");
  if (sid.empty()) {
    if (request.method() != "GET") return refuse(*exchange, false, 400, 2, "Bad handshake method");
    if (!polling && !upgrade)
      return refuse(*exchange, false, 400, 3, "Bad request", "TRANSPORT_HANDSHAKE_ERROR");
    return handshake(std::move(exchange), upgrade);
  }

  if (shard* other = elsewhere(sid)) return from.move_to(*other);
  live_session* session = find(sid);
  if (!session) {
    if (polling && answer_tombstone(sid, *exchange)) return;
    return refuse(*exchange, upgrade, 400, 1, "Session ID unknown");
  }
  if (upgrade) {
    // A second WebSocket of a session is accepted and closed: a refusal by HTTP is an error that clients do
    // not expect here.
    const bool begins = session->engine.begin_upgrade(steady::now());
    header_list headers;
    append_cors_headers(headers, settings().cors, request, false);
    from.accept_upgrade(*exchange, headers);
    if (!begins) return from.finish_websocket(codec::close_code::none);
    session->probing = &from;
    from.session = session;
    return session->upgrade_began();
  }
  if (!polling || session->engine.current() != transport::polling)
    return refuse(*exchange, false, 400, 3, "Bad request", "TRANSPORT_MISMATCH");
  if (request.method() == "GET") return session->poll(std::move(exchange));
  if (request.method() != "POST") return reply(*exchange, plain(400, "", ""));
  if (exchange->too_large) {
    report(&request, 3, "Bad request",
           "body over the limit of " + std::to_string(settings().max_payload) + " bytes");
    return reply(*exchange, plain(413, "", ""));
  }
  if (request.header("content-type") == "application/octet-stream") {
    reply(*exchange, plain(400, "", ""));
    return session->cut("transport error", "invalid content");
  }
  // As Node decodes it. (In a WebSocket's text it ends the connection, RFC 6455.)
  if (!codec::valid_utf8(request.body())) exchange->message.body() = codec::to_utf8(request.body());
  session->post(std::move(exchange), from);
}

// RFC 6455, 4.2.1. False: it has been refused.
bool shard::opens_websocket(exchange& exchange) const {
  const http_request& request = exchange.view;
  const auto key = codec::base64_decode(request.joined_header("sec-websocket-key"));
  const bool version_fits = request.joined_header("sec-websocket-version") == "13";
  if (version_fits && key && key->size() == 16 && exchange.message.version() >= 11 &&
      codec::first_subprotocol(request.joined_header("sec-websocket-protocol")))
    return true;
  header_list headers;
  if (!version_fits) headers.emplace_back("Sec-WebSocket-Version", "13"); // 4.2.2: the one that is understood
  refuse(exchange, true, 400, 3, "Bad request", "TRANSPORT_HANDSHAKE_ERROR", std::move(headers));
  return false;
}

shard* shard::elsewhere(std::string_view sid) const {
  const std::size_t its = loop_of(sid);
  return its < all_.threads() && its != loop_.index() ? &all_.shard_at(its) : nullptr;
}

void shard::handshake(std::shared_ptr<exchange> exchange, bool websocket) {
  if (!handshakes_.take(steady::now())) return busy(*exchange, websocket, "too many handshakes per second");
  const auto& ask = settings().allow_request;
  if (!ask) return admitted(std::move(exchange), websocket);
  const auto asked = std::make_shared<std::atomic<bool>>(false);
  const admit answer = [this, exchange, websocket, asked](bool admits, std::string reason) {
    if (asked->exchange(true) || exchange->aborted) return;
    // The server may be gone, and this with it.
    exchange->home->run([this, exchange, websocket, admits, why = std::move(reason)] {
      if (exchange->aborted) return;
      if (admits) return admitted(exchange, websocket);
      refuse(*exchange, websocket, 403, 4,
             why.empty() ? std::string_view("Forbidden") : std::string_view(why), "MIDDLEWARE_FAILURE");
    });
  };
  if (!guard("allow_request", [&] { ask(exchange->view, answer); })) answer(false, "");
  if (*asked) return;
  loop_.after(settings().allow_request_timeout, [this, late = std::weak_ptr(exchange), websocket, asked] {
    const auto still_there = late.lock();
    if (still_there && !still_there->aborted && !asked->exchange(true))
      busy(*still_there, websocket, "allow_request did not answer within allow_request_timeout");
  });
}

void shard::busy(exchange& exchange, bool websocket, std::string_view why) {
  report(&exchange.view, 3, "Bad request", why);
  http_response response = plain(503, "", "");
  response.headers.emplace_back("Retry-After", "1");
  response.close = websocket || closing_;
  reply(exchange, std::move(response));
}

void shard::admitted(std::shared_ptr<exchange> exchange, bool websocket) {
  const http_request& request = exchange->view;
  connection* where = exchange->where;
  if (!where) return;
  if (request.query_value("EIO") != "4")
    return refuse(*exchange, websocket, 400, 5, "Unsupported protocol version");
  if (closing_) return busy(*exchange, websocket, "shutting down");
  if (all_.sessions >= settings().max_sessions) return busy(*exchange, websocket, "more than max_sessions");
  header_list headers;
  append_cors_headers(headers, settings().cors, request, false);
  if (settings().initial_headers)
    guard("initial_headers", [&] { settings().initial_headers(headers, request); });
  live_session& session = make_session(websocket ? transport::websocket : transport::polling, request);
  if (websocket) {
    where->accept_upgrade(*exchange, headers);
    session.websocket = where;
    where->session = &session;
    session.send(codec::text_packet(session.engine.open_packet()));
  } else {
    http_response response = polling_answer(settings(), request, session.engine.open_packet());
    for (auto& header : headers) response.headers.push_back(std::move(header));
    if (settings().cookie)
      response.headers.emplace_back("Set-Cookie", settings().cookie->name + "=" +
                                                      std::string(session.engine.sid()) + "; " +
                                                      settings().cookie->attributes);
    exchange->answer(std::move(response));
  }
  all_.app().began(*session.peer_);
}

// --- sessions ---

live_session* shard::find(std::string_view sid) {
  const auto place = sessions_.find(sid);
  return place == sessions_.end() ? nullptr : place->second.get();
}

live_session& shard::make_session(transport transport, const http_request& request) {
  auto made = std::make_unique<live_session>(*this, session_id_on(loop_.index()), transport, kept(request),
                                             steady::now());
  live_session& session = *made;
  sessions_.emplace(session.engine.sid(), std::move(made));
  ++all_.sessions;
  session.begin(all_.app().make_peer(session));
  session.rearm();
  return session;
}

void shard::ended(live_session& session) {
  if (session.engine.expects_late_poll()) {
    if (tombstones_.size() >= tombstones_max) tombstones_.pop_front();
    tombstone stone{{}, steady::now() + tombstone_life};
    std::memcpy(stone.sid.data(), session.engine.sid().data(), stone.sid.size());
    tombstones_.push_back(stone);
  }
  const auto place = sessions_.find(session.engine.sid());
  std::unique_ptr<live_session> last = std::move(place->second);
  sessions_.erase(place);
  all_.session_gone();
  loop_.bury(std::move(last)); // it is in the middle of one of its calls
  if (closing_) destroy_idle();
}

// A poll that comes behind the end of its session is answered once, as if it had waited.
bool shard::answer_tombstone(std::string_view sid, exchange& exchange) {
  if (exchange.view.method() != "GET") return false;
  const auto now = steady::now();
  while (!tombstones_.empty() && tombstones_.front().until < now) tombstones_.pop_front();
  const auto place = std::find_if(tombstones_.begin(), tombstones_.end(), [&](const tombstone& stone) {
    return std::string_view(stone.sid.data(), stone.sid.size()) == sid;
  });
  if (place == tombstones_.end()) return false;
  tombstones_.erase(place);
  reply(exchange, polling_answer(settings(), exchange.view, "6"));
  return true;
}

bool shard::end_of_turn() {
  if (dirty_.empty() && resumable_.empty()) return false;
  while (!resumable_.empty()) { // one by one: hand_over() strikes out what is left of who goes
    resumable next = std::move(resumable_.front());
    resumable_.erase(resumable_.begin());
    next.which->resume(std::move(next.rest));
  }
  // Several packets for one client leave in one write. Flushing may end sessions, whose handlers may send
  // again.
  std::vector<live_session*> now;
  now.swap(dirty_);
  // A broadcast touches every session, most of them cold: the next ones are fetched while this one is
  // written.
  constexpr std::size_t ahead = 4;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (i + ahead < now.size()) now[i + ahead]->prefetch();
    now[i]->flush();
  }
  now.clear();
  if (dirty_.empty() && now.capacity() <= 4096) dirty_.swap(now); // keeps its memory, unless it was a burst
  return true;
}

// --- closing ---

void shard::close_all(std::string_view reason) {
  closing_ = true;
  std::vector<live_session*> all;
  for (const auto& [sid, session] : sessions_) all.push_back(session.get());
  for (live_session* session : all) session->close(reason);
  destroy_idle();
}

// Connections on which nothing is under way; but as long as a polling client has not fetched the end of its
// session, it must be able to.
void shard::destroy_idle() {
  if (!sessions_.empty()) return;
  for (connection* one = first_; one;) {
    connection* after = one->after_;
    if (one->idle()) one->destroy();
    one = after;
  }
}

void shard::destroy_all() {
  destroyed_ = true;
  while (first_) first_->ended("transport close", "the server ends");
  // Those that nobody polls any more.
  std::vector<live_session*> all;
  for (const auto& [sid, session] : sessions_) all.push_back(session.get());
  for (live_session* session : all) session->cut("server shutting down");
}

} // namespace socketio::detail
