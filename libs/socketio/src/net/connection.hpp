// One TCP connection: HTTP/1.1 requests one after another, until one of them makes it a WebSocket. Holds no
// buffers while nothing is in flight: it waits until there is something to read and reads into one buffer
// that all share.
#pragma once

#include "codec/packet.hpp"
#include "codec/websocket.hpp"
#include "net/server_core.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <string>
#include <vector>

namespace socketio::detail {

using http_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
using http_message = boost::beast::http::request<boost::beast::http::string_body>;

// One request and its answer.
struct exchange {
  http_message message;
  bool too_large = false;
  bool keep_alive = true;
  bool answered = false;
  std::string remote;
  std::weak_ptr<connection> where;
  http_request view;

  exchange() { view.exchange_ = this; }
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  void answer(http_response response);
};

class connection final : public std::enable_shared_from_this<connection>, codec::websocket_sink {
public:
  connection(server_core& core, boost::asio::ip::tcp::socket socket);
  ~connection();

  void start();
  void answer(exchange& exchange, http_response response);

  // --- WebSocket ---
  live_session* session = nullptr;           // whose transport or probe it is
  void write(const codec::packet& packet);   // beside the session's queue: the probe's answer
  void write_from_session();                 // what the session has queued
  void finish_websocket(std::uint16_t code); // a close frame after what waits, then the end

  void destroy();    // at once
  bool idle() const; // nothing under way: may be closed when the server closes

private:
  // HTTP
  struct http_state {
    explicit http_state(boost::asio::io_context& io)
        : timer(io) {}
    std::unique_ptr<http_parser> parser;
    std::string in;  // bytes that were not parsed yet
    std::string out; // head of the answer, and its body when it is a string
    std::size_t written = 0;
    std::string_view fixed; // body that lives elsewhere
    std::size_t fixed_written = 0;
    std::weak_ptr<exchange> current;
    bool busy = false; // an exchange is under way
    bool close_after = false;
    bool lingering = false; // answered, reading on only so that the answer is not lost
    std::size_t lingered = 0;
    boost::asio::steady_timer timer;
    session::time_point deadline = session::time_point::max();
    session::time_point armed = session::time_point::max();
  };

  void wait_readable();
  void on_readable();
  void take_http(std::string_view data);
  void parse_http();
  void dispatch(std::shared_ptr<exchange> exchange);
  void upgrade(std::shared_ptr<exchange> exchange);
  void refuse_request(unsigned status, std::string_view text);
  void write_http();
  void answered();
  void linger();
  void set_deadline(session::time_point deadline);
  void ended(std::string_view reason);

  // WebSocket
  void on_message(bool binary, std::string_view payload) override;
  void on_ping(std::string_view payload) override;
  void on_close() override;
  void on_violation(std::uint16_t code, std::string_view what) override;
  bool reading() const override { return open_ && !finishing_; }
  void write_websocket();
  void wait_writable();

  server_core& core_;
  const std::shared_ptr<const bool>
      core_alive_; // a connection may be held by a handler that outlives the server
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<http_state> http_; // until it is a WebSocket
  codec::websocket_reader reader_;
  std::vector<codec::packet> out_;
  std::size_t out_offset_ = 0; // bytes of the first that are written
  bool open_ = true;
  bool reading_posted_ = false;
  bool writing_posted_ = false;
  bool finishing_ = false; // a close frame is queued: nothing after it
  bool shut_ = false;
};

} // namespace socketio::detail
