// The smallest server: whatever event a client sends comes back to it, and is acknowledged when it asked.
// Usage: echo [--port N] [--path P]
#include "command_line.hpp"

#include <socketio/server.hpp>

int main(int argc, char** argv) {
  const example::command_line given(argc, argv, {}, {{"--port", "3000"}, {"--path", "/socket.io/"}});

  boost::asio::io_context io;
  socketio::server server(io, {.path = given.text("--path"), .cors = {.origins = {"*"}}});

  server.of("/").on_any([](socketio::socket& socket, const socketio::incoming& event) {
    socket.emit(event.name, event.arguments, event.attachments);
    if (event.ack) event.ack(event.arguments, event.attachments);
  });

  return example::serve_until_signal(io, server, given.port());
}
