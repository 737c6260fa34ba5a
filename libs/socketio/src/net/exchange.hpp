// One HTTP request and its answer.
#pragma once

#include "net/byte_share.hpp"
#include "net/loop.hpp"
#include "socketio/http.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <memory>
#include <string>

namespace socketio::detail {

class connection;

using http_message = boost::beast::http::request<boost::beast::http::string_body>;

struct exchange : std::enable_shared_from_this<exchange> {
  exchange(loop& home, connection& where)
      : home(home.way())
      , where(&where) {
    view.exchange_ = this;
  }
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  // Once; any thread. Later calls, and calls after the client has gone, do nothing.
  void answer(http_response response);

  http_message message;
  byte_share share; // of what is in flight
  bool too_large = false;
  bool keep_alive = true;
  std::string remote; // address of the peer
  http_request view;

  std::shared_ptr<way_to_loop> home; // of the connection
  connection* where;                 // home's thread; null once the connection is gone
  std::atomic<bool> answered = false;
  std::atomic<bool> aborted = false;
};

} // namespace socketio::detail
