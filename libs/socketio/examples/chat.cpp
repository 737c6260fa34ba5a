// A chat with rooms: the first thing to read. Open http://127.0.0.1:3000/ in two windows.
//
// Usage, after `npm install socket.io-client`: chat [--port N] [--client
// node_modules/socket.io-client/dist/socket.io.min.js]
#include "chat_page.hpp"
#include "command_line.hpp"

#include <socketio/server.hpp>

#include <fstream>
#include <iterator>

namespace json = boost::json;

// What we keep with a socket.
struct guest {
  std::string name, room;
};

// The argument at `at`, when the client sent a text there.
std::string text_at(const socketio::incoming& event, std::size_t at) {
  const auto* value = event.arguments.if_contains(at);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

int main(int argc, char** argv) {
  const example::command_line given(
      argc, argv, {},
      {{"--port", "3000"}, {"--client", "node_modules/socket.io-client/dist/socket.io.min.js"}});

  boost::asio::io_context io;
  socketio::server server(io, {});
  auto& chat = server.of("/");

  // Whoever connects says who they are: io({ auth: { name: "Ada" } }).
  chat.use([](socketio::socket& socket, socketio::next next) {
    const auto* auth = socket.shake().auth.if_object();
    const auto* name = auth ? auth->if_contains("name") : nullptr;
    if (!name || !name->is_string() || name->get_string().empty())
      return next(socketio::connect_error{"say your name", {}});
    socket.data = guest{std::string(name->get_string()), ""};
    next({});
  });

  chat.on("enter", [](socketio::socket& socket, const socketio::incoming& event) {
    auto& me = std::any_cast<guest&>(socket.data);
    if (!me.room.empty()) {
      socket.leave(me.room);
      socket.to(me.room).emit("left", {json::string(me.name)});
    }
    me.room = "room " + text_at(event, 0); // apart from socket ids, which are rooms too
    socket.join(me.room);
    socket.to(me.room).emit("entered", {json::string(me.name)}); // everybody there but me
  });

  chat.on("say", [&](socketio::socket& socket, const socketio::incoming& event) {
    const auto& me = std::any_cast<guest&>(socket.data);
    if (!me.room.empty())
      chat.to(me.room).emit("said", {json::string(me.name), json::string(text_at(event, 0))});
    if (event.ack) event.ack({!me.room.empty()}); // whether anybody could hear it
  });

  chat.on_disconnect([](socketio::socket& socket, std::string_view, std::string_view) {
    const auto& me = std::any_cast<guest&>(socket.data);
    if (!me.room.empty()) socket.to(me.room).emit("left", {json::string(me.name)});
  });

  // Everything that is not Socket.IO: the page and the stock client for it.
  server.on_http([&](const socketio::http_request& request, socketio::responder answer) {
    if (request.path() == "/")
      return answer.send(
          {.headers = {{"Content-Type", "text/html; charset=utf-8"}}, .fixed_body = chat_page});
    std::ifstream client(given.text("--client"), std::ios::binary);
    if (request.path() != "/socket.io-client.js" || !client) return answer.send({.status = 404});
    answer.send({.headers = {{"Content-Type", "text/javascript"}},
                 .body = std::string(std::istreambuf_iterator<char>(client), {})});
  });

  return example::serve_until_signal(io, server, given.port());
}
