// For protocol test suites: echoes, as they expect it; and a few answers more for our own tests.
// Usage: conformance_server [engine|socket] [--port N] [--path P] [--ping-interval MS] [--ping-timeout MS]
//                           [--max-payload BYTES]
#include "command_line.hpp"

#include <socketio/engine.hpp>
#include <socketio/server.hpp>

#include <boost/asio/io_context.hpp>

namespace {

namespace json = boost::json;
using socketio::incoming;
using socketio::socket;

int serve_engine(const example::command_line& given, const socketio::config& config) {
  boost::asio::io_context io;
  socketio::engine_server server(io, config);
  server.on_message([](socketio::engine_socket& socket, const socketio::engine_message& message) {
    message.binary ? socket.send_binary(message.data) : socket.send(message.data);
  });
  return example::serve_until_signal(io, server, given.port());
}

void greet(socket& socket) { socket.emit("auth", {socket.shake().auth}); }

// What the published suite asks for.
void answer_the_suite(socketio::server& server) {
  server.of("/").on_connection(greet);
  server.of("/custom").on_connection(greet);
  server.of("/").on("message", [](socket& socket, const incoming& event) {
    socket.emit("message-back", event.arguments, event.attachments);
  });
  server.of("/").on("message-with-ack", [](socket&, const incoming& event) {
    if (event.ack) event.ack(event.arguments, event.attachments);
  });
}

// What the stock clients of our own tests ask for besides.
void answer_our_tests(socketio::server& server) {
  auto& main = server.of("/");
  // Asks the client back: emits `question` and tells what it answered.
  main.on("ask-me", [](socket& socket, const incoming& event) {
    const auto asker = socket.weak_from_this();
    socket.emit_with_ack("question", event.arguments, std::chrono::milliseconds{500},
                         [asker](boost::system::error_code error, socketio::packet_data answer) {
                           const auto socket = asker.lock();
                           if (!socket) return;
                           json::array told;
                           if (error)
                             told.emplace_back(nullptr);
                           else
                             told.emplace_back(std::move(answer.arguments));
                           socket->emit("answered", told, answer.attachments);
                         });
  });
  main.on("join", [](socket& socket, const incoming& event) {
    socket.join(event.arguments.at(0).as_string());
    if (event.ack) event.ack({});
  });
  main.on("to-room", [](socket& socket, const incoming& event) {
    socket.to(event.arguments.at(0).as_string())
        .emit("from-room", {event.arguments.at(1)}, event.attachments);
  });
  main.on("burst", [](socket& socket, const incoming& event) {
    for (std::int64_t i = 0; i < event.arguments.at(0).as_int64(); ++i) socket.emit("burst", {i});
  });
  server.of("/secret").use([](socket&, socketio::next next) {
    next(socketio::connect_error{"not you", json::value{{"code", "unauthorized"}}});
  });
  server.on_http([](const socketio::http_request& request, socketio::responder answer) {
    if (request.body_too_large()) return answer.send({.status = 413, .headers = {}, .body = "too large"});
    answer.send({.headers = {}, .body = std::string(request.method()) + " " + std::string(request.body())});
  });
}

int serve_socket(const example::command_line& given, const socketio::config& config) {
  boost::asio::io_context io;
  socketio::server server(io, config);
  answer_the_suite(server);
  answer_our_tests(server);
  return example::serve_until_signal(io, server, given.port());
}

} // namespace

int main(int argc, char** argv) {
  const example::command_line given(argc, argv, {"socket", "engine"},
                                    {{"--port", "3000"},
                                     {"--path", ""},
                                     {"--ping-interval", "300"},
                                     {"--ping-timeout", "200"},
                                     {"--max-payload", "1000000"}});
  const bool engine = given.mode() == "engine";
  socketio::config config;
  config.path = given.given("--path") ? given.text("--path") : engine ? "/engine.io/" : "/socket.io/";
  config.ping_interval = given.milliseconds("--ping-interval");
  config.ping_timeout = given.milliseconds("--ping-timeout");
  config.max_payload = given.number("--max-payload");
  config.connect_timeout = std::chrono::milliseconds{1000};
  config.cors.origins = {"*"};
  return engine ? serve_engine(given, config) : serve_socket(given, config);
}
