// One Engine.IO v4 session as a state machine: polling, WebSocket, upgrade, heartbeat, limits. No I/O and no
// clock: what happens comes in as calls with the time, what is to be done goes out through session_shell.
// Protocol: https://socket.io/docs/v4/engine-io-protocol/
#pragma once

#include "codec/packet.hpp"
#include "socketio/config.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::session {

using time_point = std::chrono::steady_clock::time_point;

class engine_session;

using session_id = std::array<char, 20>;

// What a session asks of the world. Calls come from inside the session's own calls.
class session_shell {
public:
  // Answers the parked GET with 200 and this body.
  virtual void answer_poll(engine_session& session, std::string body) = 0;
  // There is something for the WebSocket: write what queued() gives.
  virtual void wants_to_write(engine_session& session) = 0;
  // Much waits in the middle of a turn: write as much as the kernel takes, and end nothing.
  virtual void offer(engine_session& session) = 0;
  // Ends the current WebSocket after what is queued; an empty close frame.
  virtual void end_websocket(engine_session& session) = 0;
  // Ends the WebSocket on which an upgrade was tried.
  virtual void end_probe(engine_session& session) = 0;
  // Sends this text on the WebSocket that is probing.
  virtual void write_probe(engine_session& session, const codec::packet& packet) = 0;
  // The probing WebSocket is now the session's transport.
  virtual void probe_became_transport(engine_session& session) = 0;

  virtual void on_message(engine_session& session, bool binary, std::string_view data) = 0;
  // Once. The session is over; nothing but late polls may come after. `detail` is for people.
  virtual void on_closed(engine_session& session, std::string_view reason, std::string_view detail) = 0;

protected:
  ~session_shell() = default;
};

enum class transport : std::uint8_t { polling, websocket };

// Answers of HTTP calls on a session.
enum class call_result : std::uint8_t {
  ok,       // GET: parked or answered; POST: 200 "ok", also when what was said in it ended the session
  overlap,  // 400, empty body: a second one while the first is under way; the session is closed
  mismatch, // 400, code 3: the session has another transport; it stays alive
  broken,   // 400: parse error; the session is closed
  unheard,  // there is more in the body: go on with it in another turn, when takes_more()
};

class engine_session {
public:
  // The timers start now, when the open packet is made.
  engine_session(const config& config, session_shell& shell, const session_id& sid, transport transport,
                 time_point now);

  std::string_view sid() const { return {sid_.data(), sid_.size()}; }
  transport current() const { return transport_; }
  bool closed() const { return closed_; }
  // The client said goodbye while no GET of it was here: one may be on its way, and is to be answered.
  bool expects_late_poll() const { return late_poll_; }
  std::size_t queued_packets() const { return queue_.size() - queue_front_; }
  // What is queued, with what the memory for it costs beside its bytes.
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  // Whether the client shall be read: not while much waits for it, since what it says is often answered. An
  // upgrade does not wait: its client fetches nothing until its last POST is answered.
  bool takes_more() const { return upgrading_ || waiting_bytes_ < config_.max_queued_bytes / read_share; }
  // What was sent before, the client has: it has answered since.
  time_point proven() const { return proven_; }
  // A packet sent now would leave at the end of the turn, as far as this can know: see live_session.
  bool ready() const;

  // The packet that begins a session: "0{…}", exactly five keys.
  std::string open_packet() const;

  // --- polling ---
  call_result poll(time_point now); // a GET; answered through answer_poll, at once or later
  void poll_lost();         // the client let go of the parked GET, or the answer to one did not get out
  call_result begin_post(); // a POST has begun; hear_post() or post_lost() follows unless it is refused
  void post_lost() { posting_ = false; }
  // Its packets, the next few of them; again after call_result::unheard, else it is over.
  call_result hear_post(codec::payload_pieces& body, time_point now);

  // --- WebSocket ---
  void websocket_message(bool binary, std::string_view data, time_point now);
  void websocket_ended(std::string_view reason,
                       std::string_view detail = {}); // "transport close", "transport error"
  // What waits to be written, in order.
  std::span<const codec::packet> queued() const { return std::span(queue_).subspan(queue_front_); }
  codec::packet take_front();
  void drop_front(std::size_t count);
  // The kernel takes nothing at the moment, or something again.
  void stalled(time_point now);
  void moving() { taken_by_ = never; }

  // --- upgrade ---
  bool begin_upgrade(time_point now); // false: the new WebSocket is to be accepted and closed
  void probe_message(bool binary, std::string_view data, time_point now);
  void probe_ended();

  // --- our side ---
  // A client for which too much waits is cut at the next flush(), not in here.
  void send(codec::packet packet);
  // Hands queued packets to whoever waits for them; call once after a burst of send().
  void flush(time_point now);
  // After what is queued has been handed over; `apart`: not in the same polling answer.
  void close(std::string_view reason, time_point now, bool apart = false);
  // Ends at once; `reason` as the application shall see it.
  void cut(std::string_view reason, std::string_view detail = {});

  // When on_time() is to be called next.
  time_point deadline() const;
  void on_time(time_point now);

  // Messages of one client that are handled in one turn, so that it delays no other.
  static constexpr std::size_t messages_per_turn = 64;

private:
  static constexpr time_point never = time_point::max();
  static constexpr std::size_t read_share = 8; // of what may wait, the part with which it is still read

  bool heard_packet(const codec::decoded_packet& packet, time_point now);
  void end(std::string_view reason, std::string_view detail = {});
  void hand_over_last();
  void answer_parked();
  void answer_parked_with(std::string_view packets);
  std::string next_payload();
  void forget_taken();

  const config& config_;
  session_shell& shell_;
  const session_id sid_;
  transport transport_;
  bool closed_ = false;
  bool upgrading_ = false;
  bool probed_ = false;
  bool late_poll_ = false;
  bool close_apart_ = false;
  bool parked_ = false;
  bool posting_ = false;
  bool overflowed_ = false; // too much waits: more is not kept, and the next flush cuts it

  std::unique_ptr<std::string> closing_; // close() waits for polls to fetch what is left; its reason

  std::vector<codec::packet> queue_;
  std::size_t queue_front_ = 0;
  std::size_t waiting_bytes_ = 0;

  time_point ping_at_;
  time_point asked_at_ = never; // the ping that is not answered yet
  time_point pong_by_ = never;
  time_point proven_;
  time_point upgrade_by_ = never;
  time_point noop_at_ = never;
  time_point closed_by_ = never;
  time_point taken_by_ = never; // something waits for the kernel or a poll
};

} // namespace socketio::session
