// WebSocket framing (RFC 6455), server side, without I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::codec {

enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Close codes (RFC 6455 §7.4.1) that we send or check.
namespace close_code {
inline constexpr std::uint16_t none = 0; // an empty close frame
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t invalid_data = 1007;
inline constexpr std::uint16_t too_big = 1009;
} // namespace close_code

// One unmasked, final frame's header for a payload of that size; gives its length, at most frame_header_max.
inline constexpr std::size_t frame_header_max = 10;
std::size_t write_frame_header(char* out, opcode opcode, std::size_t payload_size);

// A control frame: ping, pong, close. At most 125 bytes of payload.
std::string control_frame(opcode opcode, std::string_view payload);

// "" for close_code::none.
std::string close_frame(std::uint16_t code);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key (§4.2.2).
std::string accept_key(std::string_view client_key);

// The first of the subprotocols that a client offers (Sec-WebSocket-Protocol, its lines joined by commas), or
// "" when it offers none. Nothing: it is no list of different tokens.
std::optional<std::string_view> first_subprotocol(std::string_view offered);

// What the reader finds. Views are good until the call returns.
class websocket_sink {
public:
  virtual void on_message(bool binary, std::string_view payload) = 0;
  virtual void on_ping(std::string_view payload) = 0;
  // The peer said goodbye, with close_code::none where it gave no code: answer with the same and end.
  virtual void on_close(std::uint16_t code) = 0;
  // The peer broke the protocol: end with this code. Nothing follows.
  virtual void on_violation(std::uint16_t code, std::string_view what) = 0;
  // False once the connection has ended, so that the rest of the input is left alone.
  virtual bool reading() const = 0;
  // True: no more for now. What is left of the input is kept; feed() with nothing goes on with it.
  virtual bool pausing() const { return false; }

protected:
  ~websocket_sink() = default;
};

// Takes bytes as they come and gives whole messages. Holds memory only between the pieces of a frame or
// message.
class websocket_reader {
public:
  // `data` is changed in place (unmasked).
  void feed(char* data, std::size_t size, std::size_t max_message, websocket_sink& sink);
  bool idle() const { return !partial_; }

private:
  struct partial_state {
    std::string bytes;                  // of an incomplete frame
    std::string message;                // fragments so far
    opcode kind = opcode::continuation; // of the fragmented message, continuation: none
  };
  // Takes whole frames from the front; gives how many bytes were taken.
  std::size_t take_frames(char* data, std::size_t size, std::size_t max_message, websocket_sink& sink);
  bool on_frame(bool final, opcode kind, std::string_view payload, std::size_t max_message,
                websocket_sink& sink);
  partial_state& partial();

  std::unique_ptr<partial_state> partial_;
};

} // namespace socketio::codec
