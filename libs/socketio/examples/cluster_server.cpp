// One of several servers that act as one over Redis: start it twice, or beside Node's socket.io with
// @socket.io/redis-adapter. Clients of any of them meet in the same rooms.
//
// Usage: cluster_server [--port N] [--name NAME] [--redis-host H] [--redis-port N] [--prefix P] [--threads N]
#include "command_line.hpp"

#include <socketio/redis_adapter.hpp>
#include <socketio/server.hpp>

namespace json = boost::json;

// The argument at `at`, when the client sent a text there.
std::string text_at(const json::array& arguments, std::size_t at) {
  const auto* value = arguments.if_contains(at);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// What came of a question, as one argument: {error, <name>: [...]}.
json::object outcome(boost::system::error_code why, const char* name, json::array all) {
  return {{"error", why ? json::value(why.message()) : json::value(nullptr)}, {name, std::move(all)}};
}

json::array first_arguments(const std::vector<socketio::packet_data>& answers) {
  json::array all;
  for (const auto& answer : answers)
    all.push_back(answer.arguments.empty() ? json::value(nullptr) : answer.arguments.front());
  return all;
}

int main(int argc, char** argv) {
  const example::command_line given(argc, argv, {},
                                    {{"--port", "3000"},
                                     {"--name", "one"},
                                     {"--redis-host", "127.0.0.1"},
                                     {"--redis-port", "6379"},
                                     {"--prefix", "socket.io"},
                                     {"--threads", "1"}});
  const std::string name = given.text("--name");

  boost::asio::io_context io;
  socketio::redis_options redis;
  redis.host = given.text("--redis-host");
  redis.port = static_cast<std::uint16_t>(given.number("--redis-port", 65'535));
  redis.key_prefix = given.text("--prefix");
  redis.log = [](std::string_view line) { std::cerr << line << std::endl; };

  socketio::config config;
  config.threads = given.number("--threads", 64);
  config.cluster = socketio::make_redis_adapter(io, redis);
  socketio::server server(io, config);
  auto& everybody = server.of("/");

  everybody.on_connection([&](socketio::socket& socket) { socket.shared_data = {{"server", name}}; });

  // From here on nothing knows where a socket is: rooms, questions and answers reach all servers.
  everybody.on("join", [](socketio::socket& socket, const socketio::incoming& event) {
    socket.join(text_at(event.arguments, 0));
    event.ack({});
  });
  everybody.on("say", [&](socketio::socket& socket, const socketio::incoming& event) {
    socket.to(text_at(event.arguments, 0)).emit("said", event.arguments, event.attachments);
  });
  everybody.on("shout", [&](socketio::socket&, const socketio::incoming& event) {
    everybody.emit("said", event.arguments, event.attachments);
  });
  everybody.on("who", [&](socketio::socket&, const socketio::incoming& event) {
    everybody.in(text_at(event.arguments, 0))
        .fetch_sockets([ack = event.ack](boost::system::error_code why,
                                         const std::vector<socketio::remote_socket>& found) {
          json::array sockets;
          for (const auto& socket : found) sockets.push_back({{"id", socket.id}, {"data", socket.data}});
          ack({outcome(why, "sockets", std::move(sockets))});
        });
  });
  everybody.on("ask", [&](socketio::socket&, const socketio::incoming& event) {
    everybody.in(text_at(event.arguments, 0))
        .timeout(std::chrono::seconds(2))
        .emit_with_ack("question", event.arguments,
                       [ack = event.ack](boost::system::error_code why,
                                         const std::vector<socketio::packet_data>& answers) {
                         ack({outcome(why, "answers", first_arguments(answers))});
                       });
  });
  everybody.on("move", [&](socketio::socket&, const socketio::incoming& event) {
    everybody.in(text_at(event.arguments, 0)).sockets_join({text_at(event.arguments, 1)});
  });
  everybody.on("remove", [&](socketio::socket&, const socketio::incoming& event) {
    everybody.in(text_at(event.arguments, 0)).sockets_leave({text_at(event.arguments, 0)});
  });
  everybody.on("kick", [&](socketio::socket&, const socketio::incoming& event) {
    everybody.in(text_at(event.arguments, 0)).disconnect_sockets(true);
  });

  // The servers themselves talk too.
  everybody.on_server("name?",
                      [name](const socketio::packet_data&, const socketio::acknowledge_server& answer) {
                        if (answer) answer({.arguments = {json::string(name)}, .attachments = {}});
                      });
  everybody.on("servers", [&](socketio::socket&, const socketio::incoming& event) {
    everybody.server_side_emit_with_ack(
        "name?", {},
        [ack = event.ack](boost::system::error_code why, const std::vector<socketio::packet_data>& answers) {
          ack({outcome(why, "answers", first_arguments(answers))});
        });
  });

  // Boards come to be with their first guest, here and at the other servers.
  auto& boards = server.of_matching(
      [](std::string_view asked, const json::value&) { return asked.starts_with("/board-"); });
  boards.use([](socketio::socket& socket, const socketio::next& next) {
    const auto* guest = socket.shake().auth.get_object().if_contains("guest");
    guest ? next({}) : next(socketio::connect_error{"not a guest", {}});
  });

  return example::serve_until_signal(io, server, given.port());
}
