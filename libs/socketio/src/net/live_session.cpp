#include "net/live_session.hpp"

#include "net/connection.hpp"
#include "net/runtime.hpp"
#include "net/shard.hpp"

#include <algorithm>

namespace socketio::detail {

namespace {
// Long enough for a client on the same machine to be woken and read, too short for a person.
constexpr std::chrono::milliseconds first_packet_time{1};
} // namespace

using session::call_result;
using session::engine_session;

live_session::live_session(shard& home, const session::session_id& sid, session::transport transport,
                           std::shared_ptr<const handshake_request> request, time_point now)
    : engine(home.settings(), *this, sid, transport, now)
    , home_(home)
    , request_(std::move(request)) {}

live_session::~live_session() { home_loop().cancel(*this); }

loop& live_session::home_loop() const { return home_.its_loop(); }

void live_session::begin(std::unique_ptr<session_peer> peer) { peer_ = std::move(peer); }

// --- for the peer ---

bool live_session::ready() const {
  if (!engine.ready()) return false;
  // What waits only for the end of the turn leaves with it; what the kernel refused does not.
  return engine.current() == session::transport::polling || (websocket && websocket->writable());
}

void live_session::close(std::string_view reason, bool apart) {
  engine.close(reason, steady::now(), apart);
  rearm();
}

void live_session::cut(std::string_view reason, std::string_view detail) { engine.cut(reason, detail); }

void live_session::expect_join(std::chrono::milliseconds patience) {
  join_by_ = steady::now() + patience;
  rearm();
}

void live_session::mark_dirty() {
  if (engine.closed()) return;
  dirty_ = true;
  home_.mark_dirty(*this);
}

void live_session::flush() {
  dirty_ = false;
  if (held_until_ != time_point::min() && steady::now() < held_until_) return rearm();
  held_until_ = time_point::min();
  engine.flush(steady::now());
  if (engine.current() == session::transport::polling) rearm(); // what is left waits for a poll
}

void live_session::let_first_packet_arrive() {
  engine.flush(steady::now());
  if (engine.current() == session::transport::websocket) held_until_ = steady::now() + first_packet_time;
}

void live_session::release() {
  if (held_until_ == time_point::min()) return;
  held_until_ = time_point::min();
  if (!dirty_) mark_dirty();
}

// --- time ---

void live_session::rearm() {
  if (engine.closed()) return;
  time_point next = std::min(engine.deadline(), join_by_);
  if (held_until_ != time_point::min()) next = std::min(next, held_until_);
  // Moved only to an earlier time; else it fires early and looks again.
  if (next < home_loop().due(*this)) home_loop().schedule(*this, next);
}

void live_session::on_time(time_point now) {
  if (now >= held_until_) release();
  if (now >= join_by_) {
    join_by_ = time_point::max();
    engine.close("transport close", now);
  } else {
    engine.on_time(now);
  }
  rearm();
}

void live_session::stalled() {
  engine.stalled(steady::now());
  rearm();
}

// --- what comes ---

void live_session::websocket_message(connection& from, bool binary, std::string_view data) {
  release();
  if (probing == &from)
    engine.probe_message(binary, data, steady::now());
  else
    engine.websocket_message(binary, data, steady::now());
  rearm(); // a pong moves the next ping
}

void live_session::websocket_gone(connection& which, std::string_view reason, std::string_view detail) {
  if (probing == &which) {
    probing = nullptr;
    return engine.probe_ended();
  }
  if (websocket != &which) return;
  websocket = nullptr;
  engine.websocket_ended(reason, detail);
}

void live_session::poll(std::shared_ptr<exchange> exchange) {
  if (!parked_) parked_ = exchange;
  if (engine.poll(steady::now()) == call_result::overlap) {
    http_response refused;
    refused.status = 400;
    home_.reply(*exchange, std::move(refused));
  }
  rearm();
}

// Its client polls no more until its last POST is answered: one that waits for a poll is read on now.
void live_session::upgrade_began() {
  if (post_ && post_->waits) home_loop().go_on_next_turn(*this);
  rearm();
}

bool live_session::begin_post(connection& from) {
  if (engine.begin_post() != call_result::ok) return false;
  post_ = std::make_unique<incoming_post>();
  post_->from = &from;
  return true;
}

void live_session::post_lost(connection& from) {
  if (!post_ || post_->from != &from) return;
  post_.reset();
  engine.post_lost();
}

void live_session::post(std::shared_ptr<exchange> exchange, connection& from) {
  if ((!post_ || post_->from != &from) && !begin_post(from)) {
    http_response refused;
    refused.status = 400;
    return home_.reply(*exchange, std::move(refused));
  }
  post_->from = nullptr;
  post_->unheard = codec::payload_pieces(exchange->view.body());
  post_->exchange = std::move(exchange);
  hear_post();
}

void live_session::hear_post() {
  post_->waits = false;
  const std::shared_ptr<exchange> whose = post_->exchange;
  const call_result result = engine.hear_post(post_->unheard, steady::now());
  if (result == call_result::unheard) {
    post_->waits = true;
    if (engine.takes_more()) home_loop().go_on_next_turn(*this);
    return rearm();
  }
  post_.reset();
  http_response response;
  response.status = 400;
  if (result == call_result::ok) {
    response.status = 200;
    response.body = "ok";
    response.headers.emplace_back("Content-Type", "text/html");
  }
  home_.reply(*whose, std::move(response));
  rearm();
}

void live_session::go_on() {
  if (post_ && post_->waits && engine.takes_more()) hear_post();
}

void live_session::poll_lost(const exchange& exchange) {
  if (engine.current() != session::transport::polling) return;
  if (parked_ && parked_.get() != &exchange) return; // an older one, whose answer the client has seen
  parked_.reset();
  engine.poll_lost();
}

// --- what the engine asks for ---

void live_session::answer_poll(engine_session&, std::string body) {
  if (const auto exchange = std::exchange(parked_, nullptr))
    home_.reply(*exchange, polling_answer(home_.settings(), exchange->view, std::move(body)));
  if (post_ && post_->waits) home_loop().go_on_next_turn(*this); // if it was kept from being read
}

void live_session::wants_to_write(engine_session&) {
  if (websocket) websocket->write_websocket();
}

void live_session::offer(engine_session&) {
  if (!websocket) return;
  if (held_until_ != time_point::min()) {
    if (engine.takes_more()) return;
    held_until_ = time_point::min(); // too much to be held
  }
  websocket->offer();
}

void live_session::end_websocket(engine_session&) {
  if (connection* ending = websocket) {
    ending->finish_websocket(codec::close_code::none);
    websocket = nullptr;
  }
}

void live_session::end_probe(engine_session&) {
  if (connection* ending = std::exchange(probing, nullptr)) {
    ending->session = nullptr;
    ending->finish_websocket(codec::close_code::none);
  }
}

void live_session::write_probe(engine_session&, const codec::packet& packet) {
  if (probing) probing->write(packet);
}

void live_session::probe_became_transport(engine_session&) { websocket = std::exchange(probing, nullptr); }

void live_session::on_message(engine_session&, bool binary, std::string_view data) {
  const bool by_post = post_ && post_->exchange && !post_->waits;
  peer_->on_message(binary, data, by_post ? &post_->exchange->view : nullptr);
}

void live_session::on_closed(engine_session&, std::string_view reason, std::string_view detail) {
  if (!detail.empty()) home_.log("session ended: " + std::string(reason) + ", " + std::string(detail));
  end_websocket(engine);
  end_probe(engine);
  if (post_ && post_->from) std::exchange(post_->from, nullptr)->destroy();
  if (post_ && std::exchange(post_->waits, false)) { // the rest of it is not heard
    http_response refused;
    refused.status = 400;
    home_.reply(*post_->exchange, std::move(refused));
  }
  home_loop().cancel(*this);
  peer_->on_closed(reason, detail);
  home_.ended(*this);
}

} // namespace socketio::detail
