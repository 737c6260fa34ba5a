#include "session/session.hpp"

#include "codec/utf8.hpp"

#include <algorithm>
#include <utility>

namespace socketio::session {

namespace {

using codec::packet;
using codec::packet_type;

const packet& ping_packet() {
  static const packet shared = codec::text_packet("2");
  return shared;
}
const packet& probe_answer() {
  static const packet shared = codec::text_packet("3probe");
  return shared;
}

// While a client upgrades, its polls must come back, or it never pauses polling; at once would make it poll
// in a tight loop until it has seen our "3probe".
constexpr std::chrono::milliseconds noop_delay{50};
constexpr std::chrono::milliseconds late_ping{50};
// So much is collected before the kernel is offered it in the middle of a turn: one write's worth.
constexpr std::size_t offer_packets = 64;
constexpr std::size_t offer_bytes = 64 * 1024;
// What a packet in a queue costs beside its bytes: its place there and, where it is not shared, its memory.
constexpr std::size_t packet_cost = 64;
// How long a close that nobody has fetched yet waits for a poll.
constexpr std::chrono::seconds close_patience{30};

std::size_t cost_of(const packet& packet) { return packet.frame().size() + packet_cost; }

} // namespace

engine_session::engine_session(const config& config, session_shell& shell, const session_id& sid,
                               transport transport, time_point now)
    : config_(config)
    , shell_(shell)
    , sid_(sid)
    , transport_(transport)
    , ping_at_(now + config.ping_interval)
    , proven_(now) {}

std::string engine_session::open_packet() const {
  const bool offers_upgrade = transport_ == transport::polling && config_.allow_websocket;
  return "0{\"sid\":\"" + std::string(sid()) +
         "\",\"upgrades\":" + (offers_upgrade ? "[\"websocket\"]" : "[]") +
         ",\"pingInterval\":" + std::to_string(config_.ping_interval.count()) +
         ",\"pingTimeout\":" + std::to_string(config_.ping_timeout.count()) +
         ",\"maxPayload\":" + std::to_string(config_.max_payload) + "}";
}

call_result engine_session::poll(time_point now) {
  if (transport_ == transport::websocket) return call_result::mismatch;
  if (parked_) {
    // The first one learns that it is over, the second one is refused.
    end("transport error", "a second GET while the first waits");
    return call_result::overlap;
  }
  parked_ = true;
  taken_by_ = never;
  if (closing_) {
    hand_over_last();
    return call_result::ok;
  }
  if (queued_packets() > 0)
    answer_parked();
  else if (upgrading_)
    noop_at_ = now + noop_delay;
  return call_result::ok;
}

void engine_session::poll_lost() {
  if (closed_) return;
  parked_ = false;
  end("transport close", "a poll was cut off");
}

call_result engine_session::begin_post() {
  if (transport_ == transport::websocket) return call_result::mismatch;
  if (posting_) {
    end("transport error", "a second POST while the first is read");
    return call_result::overlap;
  }
  posting_ = true;
  return call_result::ok;
}

call_result engine_session::hear_post(codec::payload_pieces& body, time_point now) {
  codec::decoded_packet packet;
  std::string_view piece;
  for (std::size_t heard = 0; !closed_; ++heard) {
    if (heard > 0 && (heard == messages_per_turn || !takes_more())) return call_result::unheard;
    if (!body.next(piece)) {
      posting_ = false;
      return call_result::ok;
    }
    if (!codec::valid_utf8(piece) || !codec::decode_packet(piece, packet)) {
      end("parse error", "not an Engine.IO packet");
      return call_result::broken;
    }
    if (!heard_packet(packet, now)) return call_result::broken;
    if (closed_) return call_result::ok;
  }
  return call_result::broken; // it ended while the body was coming
}

void engine_session::websocket_message(bool binary, std::string_view data, time_point now) {
  if (closed_) return;
  if (binary) return shell_.on_message(*this, true, data);
  codec::decoded_packet packet;
  if (!codec::decode_packet(data, packet)) {
    shell_.end_websocket(*this);
    return end("parse error", "not an Engine.IO packet");
  }
  heard_packet(packet, now); // there is nobody to be answered
}

void engine_session::websocket_ended(std::string_view reason, std::string_view detail) {
  if (!closed_) end(reason, detail);
}

// False: no client may say that; it has ended the session.
bool engine_session::heard_packet(const codec::decoded_packet& packet, time_point now) {
  if (closing_ && packet.type != packet_type::close) return true; // too late
  switch (packet.type) {
  case packet_type::message:
    shell_.on_message(*this, packet.binary, packet.data);
    break;
  case packet_type::pong:
    if (asked_at_ != never) proven_ = std::exchange(asked_at_, never);
    pong_by_ = never;
    ping_at_ = now + config_.ping_interval;
    break;
  case packet_type::close:
    late_poll_ = transport_ == transport::polling && !parked_;
    if (parked_) answer_parked_with("6");
    if (transport_ == transport::websocket) shell_.end_websocket(*this);
    end("transport close");
    break;
  case packet_type::noop:
    break;
  case packet_type::ping: // in version 4 only the server asks
  case packet_type::open:
  case packet_type::upgrade:
    if (transport_ == transport::websocket) shell_.end_websocket(*this);
    end("transport error", "a packet that only servers send");
    return false;
  }
  return true;
}

bool engine_session::ready() const {
  if (closed_ || closing_ || overflowed_) return false;
  if (transport_ == transport::websocket) return true;
  return parked_ && queued_packets() < std::max<std::size_t>(1, config_.max_packets_per_poll);
}

codec::packet engine_session::take_front() {
  codec::packet front = std::move(queue_[queue_front_++]);
  waiting_bytes_ -= cost_of(front);
  forget_taken();
  return front;
}

void engine_session::drop_front(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    codec::packet& sent = queue_[queue_front_++];
    waiting_bytes_ -= cost_of(sent);
    sent.bytes.reset();
  }
  forget_taken();
}

// An idle session keeps no memory for its queue.
void engine_session::forget_taken() {
  if (queue_front_ < queue_.size()) {
    // Nor does one that is always a little behind keep what it has sent.
    if (queue_front_ < 64 || queue_front_ * 2 < queue_.size()) return;
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_front_));
    queue_front_ = 0;
    return;
  }
  std::vector<codec::packet>().swap(queue_);
  queue_front_ = 0;
}

bool engine_session::begin_upgrade(time_point now) {
  if (closed_ || closing_ || upgrading_ || transport_ == transport::websocket) return false;
  upgrading_ = true;
  probed_ = false;
  upgrade_by_ = now + config_.upgrade_timeout;
  return true;
}

void engine_session::probe_message(bool binary, std::string_view data, time_point now) {
  if (!upgrading_) return;
  if (!binary && data == "2probe") {
    probed_ = true;
    shell_.write_probe(*this, probe_answer());
    if (parked_) noop_at_ = now + noop_delay;
    return;
  }
  if (!binary && data == "5" && probed_) {
    upgrading_ = false;
    upgrade_by_ = noop_at_ = taken_by_ = never;
    if (parked_) answer_parked_with("6"); // a client that did not wait for its poll
    transport_ = transport::websocket;
    // A pong that was lost with the old transport must not be waited for; the next ping asks anew.
    pong_by_ = asked_at_ = never;
    ping_at_ = now + config_.ping_interval;
    shell_.probe_became_transport(*this);
    if (closing_) {
      shell_.end_websocket(*this); // after what is queued
      return end(*closing_);
    }
    if (queued_packets() > 0) shell_.wants_to_write(*this);
    return;
  }
  shell_.end_probe(*this);
  probe_ended();
}

void engine_session::probe_ended() {
  upgrading_ = false;
  upgrade_by_ = noop_at_ = never;
}

void engine_session::send(codec::packet packet) {
  if (closed_ || closing_ || overflowed_) return;
  waiting_bytes_ += cost_of(packet);
  queue_.push_back(std::move(packet));
  // What waits after this is what the kernel refused, however much one turn sends.
  if (transport_ == transport::websocket &&
      (queued_packets() >= offer_packets || waiting_bytes_ >= offer_bytes))
    shell_.offer(*this);
  // One packet alone is never too much, however large the application made it.
  overflowed_ = waiting_bytes_ > config_.max_queued_bytes && queued_packets() > 1;
}

void engine_session::flush(time_point now) {
  if (closed_) return;
  // Also when all that was kept is written by now: what was sent after the limit was not kept.
  if (overflowed_) return cut("transport close", "slow client: too much waits for it");
  if (queued_packets() == 0) return;
  if (transport_ == transport::websocket)
    shell_.wants_to_write(*this);
  else if (parked_)
    answer_parked();
  // What is left waits for the next poll, but not for ever.
  if (!closed_ && !closing_ && transport_ == transport::polling && queued_packets() > 0) stalled(now);
}

void engine_session::stalled(time_point now) {
  taken_by_ = std::min(taken_by_, now + config_.write_stall_timeout);
}

void engine_session::close(std::string_view reason, time_point now, bool apart) {
  if (closed_ || closing_) return;
  if (upgrading_ && (parked_ || !probed_)) { // else it polls no more: the end goes over the WebSocket
    shell_.end_probe(*this);
    probe_ended();
  }
  if (transport_ == transport::websocket) {
    shell_.end_websocket(*this);
    return end(reason);
  }
  closing_ = std::make_unique<std::string>(reason);
  close_apart_ = apart;
  closed_by_ = now + close_patience;
  pong_by_ = asked_at_ = ping_at_ = taken_by_ = never;
  if (parked_) hand_over_last();
}

// A poll is here: what waits, and the end with it, or in a poll of its own.
void engine_session::hand_over_last() {
  if (queue_.empty()) return end(*closing_); // tells the poll
  if (!close_apart_ && queued_packets() < config_.max_packets_per_poll) {
    queue_.push_back(codec::text_packet("1"));
    waiting_bytes_ += cost_of(queue_.back());
    answer_parked();
    return end(*closing_);
  }
  answer_parked();
}

void engine_session::cut(std::string_view reason, std::string_view detail) {
  if (closed_) return;
  if (upgrading_) shell_.end_probe(*this);
  if (transport_ == transport::websocket) shell_.end_websocket(*this);
  end(reason, detail);
}

time_point engine_session::deadline() const {
  if (closed_) return never;
  return std::min({ping_at_, pong_by_, upgrade_by_, noop_at_, closed_by_, taken_by_});
}

void engine_session::on_time(time_point now) {
  if (closed_) return;
  if (now >= closed_by_) return end(*closing_);
  if (now >= taken_by_)
    return cut("transport close", transport_ == transport::polling
                                      ? "slow client: it does not poll for what waits"
                                      : "slow client: nothing could be written to it");
  // While it is not read, its answer may be waiting there; that something is taken is seen to elsewhere.
  if (now >= pong_by_ && !takes_more()) pong_by_ = now + config_.ping_timeout;
  if (now >= pong_by_) {
    if (transport_ == transport::websocket) shell_.end_websocket(*this);
    return end("ping timeout");
  }
  if (now >= upgrade_by_) {
    shell_.end_probe(*this);
    probe_ended();
  }
  if (now >= noop_at_) {
    noop_at_ = never;
    if (parked_) answer_parked_with("6");
  }
  if (now >= ping_at_) {
    // Counted from when the ping was due, so that lateness does not add up; unless it is gross.
    pong_by_ = std::max(ping_at_, now - late_ping) + config_.ping_timeout;
    ping_at_ = never;
    asked_at_ = now;
    send(ping_packet());
    flush(now);
  }
}

void engine_session::end(std::string_view reason, std::string_view detail) {
  if (closed_) return;
  closed_ = true;
  if (parked_) answer_parked_with("1");
  upgrading_ = false;
  std::vector<codec::packet>().swap(queue_);
  queue_front_ = waiting_bytes_ = 0;
  shell_.on_closed(*this, reason, detail);
}

void engine_session::answer_parked() {
  parked_ = false;
  noop_at_ = never;
  shell_.answer_poll(*this, next_payload());
}

void engine_session::answer_parked_with(std::string_view packets) {
  parked_ = false;
  noop_at_ = never;
  shell_.answer_poll(*this, std::string(packets));
}

std::string engine_session::next_payload() {
  std::string body;
  const std::size_t count =
      std::min(std::max<std::size_t>(1, config_.max_packets_per_poll), queued_packets());
  for (const codec::packet& packet : queued().first(count)) codec::append_to_payload(body, packet);
  drop_front(count);
  return body;
}

} // namespace socketio::session
