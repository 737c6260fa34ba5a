// For protocol test suites: echoes, as they expect it.
// Usage: conformance_server [--port N] [--path P] [--ping-interval MS] [--ping-timeout MS] [--max-payload
// BYTES]
#include "socketio/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <iostream>
#include <string>

int main(int argc, char** argv) {
  namespace json = boost::json;
  std::uint16_t port = 3000;
  socketio::config config;
  config.ping_interval = std::chrono::milliseconds{300};
  config.ping_timeout = std::chrono::milliseconds{200};
  config.connect_timeout = std::chrono::milliseconds{1000};
  config.max_payload = 1'000'000;
  config.cors.origins = {"*"};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--port")
      port = static_cast<std::uint16_t>(std::stoul(value));
    else if (name == "--path")
      config.path = value;
    else if (name == "--ping-interval")
      config.ping_interval = std::chrono::milliseconds{std::stol(value)};
    else if (name == "--ping-timeout")
      config.ping_timeout = std::chrono::milliseconds{std::stol(value)};
    else if (name == "--max-payload")
      config.max_payload = std::stoul(value);
    else
      return std::cerr << "unknown option " << name << "\n", 2;
  }

  boost::asio::io_context io;
  socketio::server server(io, config);

  const auto greet = [](socketio::socket& socket) { socket.emit("auth", json::array{socket.shake().auth}); };
  server.of("/").on_connection(greet);
  server.of("/custom").on_connection(greet);
  server.of("/").on("message", [](socketio::socket& socket, const socketio::incoming& event) {
    socket.emit("message-back", event.arguments, event.attachments);
  });
  server.of("/").on("message-with-ack", [](socketio::socket&, const socketio::incoming& event) {
    if (event.ack) event.ack(event.arguments);
  });
  // Asks the client back: emits `question` and tells what it answered.
  server.of("/").on("ask-me", [](socketio::socket& socket, const socketio::incoming& event) {
    const auto id = socket.weak_from_this();
    socket.emit_with_ack("question", event.arguments, std::chrono::milliseconds{500},
                         [id](std::optional<json::array> answer) {
                           json::array arguments;
                           if (answer)
                             arguments.emplace_back(std::move(*answer));
                           else
                             arguments.emplace_back(nullptr);
                           if (const auto alive = id.lock()) alive->emit("answered", arguments);
                         });
  });
  server.of("/").on("join", [](socketio::socket& socket, const socketio::incoming& event) {
    socket.join(event.arguments.at(0).as_string());
    if (event.ack) event.ack({});
  });
  server.of("/").on("to-room", [&](socketio::socket& socket, const socketio::incoming& event) {
    server.of("/")
        .to(event.arguments.at(0).as_string())
        .except(socket.id())
        .emit("from-room", json::array{event.arguments.at(1)});
  });
  server.of("/").on("burst", [](socketio::socket& socket, const socketio::incoming& event) {
    for (std::int64_t i = 0; i < event.arguments.at(0).as_int64(); ++i) socket.emit("burst", json::array{i});
  });
  server.of("/secret").use([](const socketio::handshake&, std::any&, socketio::next next) {
    next(socketio::connect_error{"not you", json::value{{"code", "unauthorized"}}});
  });

  server.on_http([](const socketio::http_request& request, socketio::responder responder) {
    socketio::http_response response;
    response.status = request.body_too_large() ? 413 : 200;
    response.body = request.body_too_large()
                        ? "too large"
                        : std::string(request.method()) + " " + std::string(request.body());
    responder.send(std::move(response));
  });

  const auto listening = server.listen("127.0.0.1", port);
  if (!listening) return std::cerr << "cannot listen: " << listening.error().message() << "\n", 1;
  std::cerr << "listening on " << *listening << std::endl;
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](auto, int) { server.close(std::chrono::milliseconds{1000}, [&] { io.stop(); }); });
  io.run();
}
