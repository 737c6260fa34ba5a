// The server that `script/bench socketio` measures; bench/socketio/peers has the same in other libraries.
// Usage: bench_server [--port N]   (or PORT=N; on 127.0.0.1)
// THREADS=N: so many of them; RECOVERY=yes: with connection state recovery.
//
//   register ID    joins the room u:ID            POST /broadcast   emits new_message <body> to everybody
//   echo X         is answered by echo X          POST /unicast     emits it to the room u:<body.userId>
//   echo-ack X     is acknowledged with X
//   broadcast X    goes to everybody
#include "socketio/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/parse.hpp>

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

namespace json = boost::json;

std::optional<std::uint16_t> parse_number(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Ids may be texts or numbers.
std::optional<std::string> user_room(const json::value& id) {
  if (id.is_string()) return "u:" + std::string(id.get_string());
  if (id.is_int64()) return "u:" + std::to_string(id.get_int64());
  return std::nullopt;
}

unsigned deliver(socketio::nsp& everybody, const socketio::http_request& request) {
  const bool to_one = request.path() == "/unicast";
  if (request.method() != "POST" || (!to_one && request.path() != "/broadcast")) return 404;
  if (request.body_too_large()) return 413;
  boost::system::error_code error;
  // Parsed, and sent as the value that it is, as the peers do. Sending the text as it came would be cheaper.
  auto body = json::parse(request.body(), error);
  if (error) return 400;
  if (!to_one) return everybody.emit("new_message", {std::move(body)}), 200;
  const auto* id = body.is_object() ? body.get_object().if_contains("userId") : nullptr;
  const auto room = id ? user_room(*id) : std::nullopt;
  if (!room) return 400;
  everybody.to(*room).emit("new_message", {std::move(body)});
  return 200;
}

std::string_view environment(const char* name, std::string_view otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

} // namespace

int main(int argc, char** argv) {
  auto text = environment("PORT", "3000");
  if (argc == 3 && std::string_view(argv[1]) == "--port")
    text = argv[2];
  else if (argc != 1)
    return std::cerr << "usage: bench_server [--port N]\n", 2;
  const auto port = parse_number(text);
  if (!port) return std::cerr << "not a port: " << text << "\n", 2;
  const auto threads = parse_number(environment("THREADS", "1"));
  if (!threads) return std::cerr << "THREADS is not a number\n", 2;

  boost::asio::io_context io(1);
  socketio::config config;
  config.ping_interval = std::chrono::seconds{25};
  config.threads = *threads;
  if (!environment("RECOVERY", "").empty()) config.recovery = socketio::recovery_options{};
  socketio::server server(io, config);

  auto& everybody = server.of("/");
  everybody.on("register", [](socketio::socket& socket, const socketio::incoming& event) {
    const auto room = event.arguments.empty() ? std::nullopt : user_room(event.arguments[0]);
    if (room) socket.join(*room);
    if (event.ack) event.ack({});
  });
  everybody.on("echo", [](socketio::socket& socket, const socketio::incoming& event) {
    socket.emit("echo", event.arguments);
  });
  everybody.on("echo-ack", [](socketio::socket&, const socketio::incoming& event) {
    if (event.ack) event.ack(event.arguments);
  });
  everybody.on("broadcast", [&everybody](socketio::socket&, const socketio::incoming& event) {
    everybody.emit("broadcast", event.arguments);
  });
  server.on_http([&everybody](const socketio::http_request& request, socketio::responder responder) {
    socketio::http_response response;
    response.status = deliver(everybody, request);
    response.headers.emplace_back("Content-Type", "application/json");
    response.body = response.status == 200 ? R"({"ok":true})" : R"({"ok":false})";
    responder.send(std::move(response));
  });

  const auto listening = server.listen("127.0.0.1", *port);
  if (!listening) return std::cerr << "cannot listen: " << listening.error().message() << "\n", 1;
  std::cerr << "listening on " + std::to_string(*listening) + "\n" << std::flush;
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](auto, int) { server.close(std::chrono::milliseconds{1000}, [&] { io.stop(); }); });
  io.run();
}
