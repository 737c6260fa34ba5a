// A chat server of somebody who has the installed library: every public header, Socket.IO and bare Engine.IO
// on one io_context, a page on the same port. Says where it listens: "listening on PORT, engine on PORT".
#include <socketio/cluster.hpp>
#include <socketio/config.hpp>
#include <socketio/engine.hpp>
#include <socketio/error.hpp>
#include <socketio/handshake.hpp>
#include <socketio/http.hpp>
#include <socketio/memory_cluster.hpp>
#include <socketio/redis_adapter.hpp>
#include <socketio/server.hpp>

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iostream>
#include <string>

namespace json = boost::json;

int main(int argc, char** argv) {
  boost::asio::io_context io;
  socketio::config config;
  config.threads = 2;
  if (argc > 2 && std::string_view(argv[1]) == "--redis") {
    socketio::redis_options redis;
    redis.port = static_cast<std::uint16_t>(std::stoi(argv[2]));
    redis.log = [](std::string_view line) { std::cerr << line << std::endl; };
    config.cluster = socketio::make_redis_adapter(io, redis);
  } else {
    config.cluster = std::make_shared<socketio::memory_cluster>()->adapter();
  }
  socketio::server server(io, config);

  auto& chat = server.of("/chat");
  chat.use([](socketio::socket& socket, socketio::next next) {
    const auto* name = socket.shake().auth.get_object().if_contains("name");
    if (!name || !name->is_string())
      return next(socketio::connect_error{"say your name", json::object{{"code", 7}}});
    socket.data = std::string(name->get_string());
    next({});
  });
  chat.on("enter", [](socketio::socket& socket, const socketio::incoming& event) {
    socket.join(event.arguments.at(0).as_string());
    const auto rooms = socket.rooms(); // its own id first
    if (event.ack) event.ack({json::value(json::array(rooms.begin() + 1, rooms.end()))});
  });
  chat.on("say", [](socketio::socket& socket, const socketio::incoming& event) {
    const auto& name = std::any_cast<const std::string&>(socket.data);
    socket.to(event.arguments.at(0).as_string()).emit("said", {json::string(name), event.arguments.at(1)});
  });
  server.on_http([](const socketio::http_request& request, socketio::responder answer) {
    answer.send({.headers = {{"Content-Type", "text/plain"}},
                 .body = "you asked for " + std::string(request.path())});
  });

  socketio::engine_server engine(io, {.path = "/engine.io/"});
  engine.on_message([](socketio::engine_socket& socket, const socketio::engine_message& message) {
    message.binary ? socket.send_binary(message.data) : socket.send(message.data);
  });

  const auto port = server.listen("127.0.0.1", 0);
  const auto engine_port = engine.listen("127.0.0.1", 0);
  if (!port || !engine_port) return 1;
  std::cout << "listening on " + std::to_string(*port) + ", engine on " + std::to_string(*engine_port) + "\n"
            << std::flush;

  boost::asio::signal_set signals(io, SIGTERM);
  signals.async_wait([&](auto, int) {
    engine.close(std::chrono::seconds{1}, [] {});
    server.close(std::chrono::seconds{1}, [&] { io.stop(); });
  });
  io.run();
}
