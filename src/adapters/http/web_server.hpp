// Tickwire's routes: REST, webhook, health, page. One table; see web_server.cpp.
#pragma once

#include "app/accounts.hpp"
#include "app/ingest_webhook.hpp"
#include "app/ports.hpp"
#include "app/presence.hpp"
#include "app/send_message.hpp"
#include "app/service_state.hpp"
#include "socketio/http.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tickwire::http {

struct web_settings {
  std::string inbox;
  std::string verify_token; // never empty
  std::vector<std::string> cors_origins;
  std::string public_url; // origin under which people reach us; empty: as asked
  enum class cookie_mode { automatic, always, never } secure_cookie = cookie_mode::automatic;
  std::string info_json; // answer of GET /info
};

inline constexpr std::size_t webhook_body_max = 4 * 1024 * 1024;
inline constexpr std::size_t json_body_max = 256 * 1024; // so that a far too long text is told so

class web_server {
public:
  web_server(boost::asio::io_context& io, web_settings settings, log_store& log, auth::accounts& accounts,
             messaging& messages, ingest_webhook& webhook, const presence& present,
             const service_state& service);
  ~web_server();

  // Answers now or later.
  void handle(const socketio::http_request& request, socketio::responder responder);

  static std::size_t body_limit(std::string_view method, std::string_view path) {
    return method == "POST" && path == "/webhook" ? webhook_body_max : json_body_max;
  }

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

// The session token of a request: Authorization: Bearer, else the cookie. `from_cookie` says which.
std::string session_token(std::string_view authorization, std::string_view cookie, bool& from_cookie);

// Whether an Origin header names the host that was asked ("https://example.org" and "example.org").
bool same_origin(std::string_view origin, std::string_view host);

} // namespace tickwire::http
