// One TCP connection: HTTP/1.1 requests one after another, until one of them makes it a WebSocket. Holds no
// buffers while nothing is in flight: it reads into one buffer that all connections of a thread share, and
// writes straight from the session's queue.
#pragma once

#include "codec/packet.hpp"
#include "codec/websocket.hpp"
#include "net/exchange.hpp"
#include "net/loop.hpp"
#include "socketio/config.hpp"

#include <memory>
#include <string>
#include <vector>

namespace socketio::detail {

class live_session;
class shard;

class connection final : public pollable, public mortal, codec::websocket_sink {
public:
  connection(shard& home, int descriptor, std::string remote);
  ~connection() override;

  void start();
  void answer(exchange& exchange, http_response response);
  // Makes it a WebSocket, with these headers beside those of RFC 6455 in the answer.
  void accept_upgrade(exchange& exchange, const header_list& headers);

  // --- WebSocket ---
  live_session* session = nullptr;           // whose transport or probe it is
  void write(codec::packet packet);          // beside the session's queue: the probe's answer
  void write_websocket();                    // what waits here, and what the session has queued
  void offer();                              // the same in the middle of a turn: it ends nothing
  void finish_websocket(std::uint16_t code); // a close frame after what waits, then the end
  bool writable() const { return open_ && out_.empty() && !waits_for_kernel(); }

  void destroy(); // at once; its session knows already
  // At once; its session hears why.
  void ended(std::string_view reason, std::string_view detail = {});
  // Leaves this thread once what is being read has been read; the request under way is looked at there again.
  void move_to(shard& other);
  void leave_home(shard& other);
  void arrived();
  // Goes on with what came behind a request that is answered now; `rest` came behind an upgrade.
  void resume(std::string rest);
  std::size_t unfinished_bytes() const; // of a request that is not whole
  bool idle() const;                    // nothing under way: may be closed when the server closes

private:
  friend class shard;
  struct http_state;
  struct goodbye;

  void on_events(std::uint32_t events) override;
  void go_on() override;
  void want(std::uint32_t events);
  void on_readable();

  // HTTP
  void take_http(std::string_view data);
  void parse_http();
  bool begin_post();
  void forget_post();
  bool check_head(bool over);
  void dispatch();
  void answer_is_late();
  void refuse_request(unsigned status, std::string_view text);
  void append_headers(std::string& out, const header_list& headers) const;
  void write_http();
  void answered();
  void linger();
  void count_in_flight();
  bool too_much_in_flight() const;
  void make_room();
  void set_deadline(time_point deadline);
  std::shared_ptr<exchange> new_exchange();

  // WebSocket
  void on_message(bool binary, std::string_view payload) override;
  void on_ping(std::string_view payload) override;
  void on_close(std::uint16_t code) override;
  void on_violation(std::uint16_t code, std::string_view what) override;
  bool reading() const override { return open_ && !finishing_; }
  void take_queued();
  bool pausing() const override;
  void feed(char* data, std::size_t size);
  bool waits_for_kernel() const; // it refused something, and will say when it takes more
  enum class write_result : std::uint8_t { done, refused, failed };
  write_result write_out();
  void drop_written(std::size_t bytes);

  shard* home_;
  connection* before_ = nullptr; // in the shard's list
  connection* after_ = nullptr;
  const int descriptor_;
  std::uint32_t events_ = 0; // what epoll watches for
  bool open_ = true;
  bool finishing_ = false; // a close frame is queued: nothing after it
  bool peer_closed_ = false;
  bool shut_ = false;
  bool resuming_ = false;            // what came before is not read yet: resume() will
  bool paused_ = false;              // not read for now: go_on() will
  std::uint8_t handled_ = 0;         // messages or requests in this turn
  std::unique_ptr<http_state> http_; // until it is a WebSocket
  codec::websocket_reader reader_;
  std::vector<codec::packet> out_;
  std::size_t out_offset_ = 0; // bytes of the first that are written
  std::unique_ptr<goodbye> goodbye_;
};

} // namespace socketio::detail
