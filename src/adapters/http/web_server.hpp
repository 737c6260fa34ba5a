// Tickwire's REST routes, webhook, health and page over HTTP. Finds the route of a request and decides who is
// let in; what it does stands in the file of its group (see route.hpp).
#pragma once

#include "app/accounts.hpp"
#include "app/browser.hpp"
#include "app/client_address.hpp"
#include "app/ingest_webhook.hpp"
#include "app/presence.hpp"
#include "app/reading.hpp"
#include "app/send_message.hpp"
#include "app/service_state.hpp"
#include "socketio/http.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace tickwire::http {

struct web_settings {
  std::string verify_token;    // never empty
  trusted_pages pages{{}, {}}; // who may act for people
  enum class cookie_mode { automatic, always, never } secure_cookie = cookie_mode::automatic;
  trusted_proxies proxies;
  std::string info_json; // answer of GET /info
};

// What the routes need of the rest of Tickwire. All of it outlives the server.
struct services {
  boost::asio::io_context& io;
  accounts& people;
  messaging& messages;
  reading& reads;
  ingest_webhook& webhook;
  const presence& present;
  const service_state& service;
};

inline constexpr std::size_t webhook_body_max = 4 * 1024 * 1024;
inline constexpr std::size_t json_body_max = 256 * 1024; // so that a far too long text is told so
inline constexpr std::size_t login_body_max = 8 * 1024;  // of people we do not know

class web_server {
public:
  web_server(web_settings settings, const services& services);
  ~web_server();

  // Answers now or later. On the I/O thread.
  void handle(const socketio::http_request& request, socketio::responder responder);

  static std::size_t body_limit(std::string_view method, std::string_view path) {
    if (method == "POST" && path == "/webhook") return webhook_body_max;
    return path == "/login" || path == "/setup" ? login_body_max : json_body_max;
  }

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace tickwire::http
