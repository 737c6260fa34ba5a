// What a server says on one connection, checked by the letter of HTTP/1.1 and RFC 6455, and what a client
// would take from it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::fuzz {

// What clients have been told so far, on any connection.
struct known_ids {
  std::vector<std::string> sids, pids;
  std::string last_offset;
  std::string text; // of the last answers, all that is readable
  // Told of each Engine.IO packet of text, from a poll or a frame, in the order of its connection.
  std::function<void(std::string_view packet)> on_packet = {};
};

class answers {
public:
  explicit answers(known_ids& known)
      : known_(known) {}
  // A request that may be answered without the body its head announces: heads are no longer matched with
  // bodies.
  void expect_no_bodies() { blind_ = true; }
  void take(std::string_view bytes);
  // Whether something was heard that could not be told of.
  bool blind() const { return blind_; }
  bool is_websocket() const { return websocket_; }
  std::size_t count() const { return count_; } // final HTTP answers

private:
  bool take_http();
  bool take_frame();
  void learn(std::string_view text);

  known_ids& known_;
  std::string rest_;
  std::size_t count_ = 0;
  bool blind_ = false;
  bool websocket_ = false;
  bool closed_ = false; // a close frame has come
};

} // namespace socketio::fuzz
