// A whole server in a cluster: one message of another server, any bytes, reaches its sockets. They get what
// clients can read, the other server gets answers that it can read, and the server goes on.
#include "must.hpp"
#include "script.hpp"

#include "cluster/redis_format.hpp"
#include "hub/hub.hpp"

#include <boost/asio/io_context.hpp>

namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using namespace socketio::cluster;
using socketio::incoming;
using socketio::packet_data;
using socketio::socket;
using socketio::fuzz::must;

constexpr const char* nsp = "/";

// Two clients, sessions 0 and 1: over WebSocket in rooms a and b, over polling in room b.
constexpr std::string_view two_clients =
    "\3770\377V\377T40\377e\377T42[\"join\",\"a\"]\377e\377T42[\"join\",\"b\"]\377e\377f"
    "\3771\377H\377f\377O\00140\377e\377f\377O\00142[\"join\",\"b\"]\377e\377P\001\377f"sv;
// They answer what was asked, if anything was.
constexpr std::string_view their_answers =
    "\3770\377T430[\"x\",1e400]\377e\377f\3771\377O\001430[]\377e\377f\377P\001\377f"sv;

class asker {
public:
  template <class What>
  void answer(const std::string& id, What what) {
    ++answers;
    const std::string bytes = encode_response({.id = id, .what = std::move(what)});
    const auto read = decode_response(bytes);
    must(read.has_value() && read->id == id, "the asker can read the answer");
  }
  int answers = 0;
};

void ask(socketio::cluster_member& server, request asked, const std::shared_ptr<asker>& from) {
  const std::string id = asked.id;
  const auto sockets = [from, id](std::vector<socketio::remote_socket> found) {
    from->answer(id, tells::sockets{std::move(found)});
  };
  if (const auto* what = std::get_if<asks::socket_ids>(&asked.what)) {
    server.fetch_sockets(nsp, {.rooms = what->rooms, .except = {}}, sockets);
  } else if (std::get_if<asks::all_rooms>(&asked.what)) {
    server.all_rooms(nsp, [from, id](std::vector<std::string> rooms) {
      from->answer(id, tells::rooms{std::move(rooms)});
    });
  } else if (const auto* join = std::get_if<asks::join>(&asked.what)) {
    server.sockets_join(nsp, join->whom, join->rooms);
  } else if (const auto* leave = std::get_if<asks::leave>(&asked.what)) {
    server.sockets_leave(nsp, leave->whom, leave->rooms);
  } else if (const auto* disconnect = std::get_if<asks::disconnect>(&asked.what)) {
    server.disconnect_sockets(nsp, disconnect->whom, disconnect->close);
  } else if (const auto* fetch = std::get_if<asks::sockets>(&asked.what)) {
    server.fetch_sockets(nsp, fetch->whom, sockets);
  } else if (const auto* event = std::get_if<asks::server_event>(&asked.what)) {
    if (id.empty()) return server.server_side_emit(nsp, event->event, {});
    server.server_side_emit(nsp, event->event, [from, id](packet_data answer) {
      from->answer(id, tells::server_answer{std::move(answer)});
    });
  } else if (const auto* acks = std::get_if<asks::client_acks>(&asked.what)) {
    server.broadcast_with_ack(
        nsp, acks->event, acks->whom, acks->flags,
        [from, id](std::size_t clients) { from->answer(id, tells::client_count{clients}); },
        [from, id](packet_data answer) { from->answer(id, tells::client_answer{std::move(answer)}); });
  }
}

void serve(std::string_view message) {
  boost::asio::io_context io;
  socketio::config config;
  config.ping_interval = 1000ms;
  config.ping_timeout = 800ms;
  config.keep_alive_timeout = 1000ms;
  config.recovery = socketio::recovery_options{.max_disconnection = 500ms};
  socketio::detail::hub hub(io, config);
  auto& main = hub.of(nsp);
  main.on("join", [](socket& from, const incoming& event) {
    if (!event.arguments.empty() && event.arguments[0].is_string())
      from.join(std::string(event.arguments[0].get_string()));
  });
  main.on_server("ping", [](const packet_data& event, const socketio::acknowledge_server& answer) {
    if (answer) answer(event);
  });

  socketio::fuzz::world world(io, hub.engine, "/socket.io/");
  world.play(two_clients);
  must(main.size() == 2, "two clients have come");
  const auto others = std::make_shared<asker>();
  if (const auto broadcast = decode_broadcast(message))
    hub.broadcast(nsp, broadcast->event, broadcast->whom, broadcast->flags);
  if (auto asked = decode_request(message, nsp)) ask(hub, std::move(*asked), others);
  world.run_server();
  world.play(their_answers);
  must(others->answers <= 3, "each answers once");
  must(world.fresh_session().size() == 20, "others may come");
  world.come_to_an_end();
  must(main.size() == 0, "nobody is left");
  hub.stop();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  serve(socketio::fuzz::text_of(data, size));
  return 0;
}
