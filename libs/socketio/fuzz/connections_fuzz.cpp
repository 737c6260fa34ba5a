// A whole Socket.IO server: what several clients may do to it with any bytes, at any time. The script:
// script.hpp.
#include "must.hpp"
#include "script.hpp"

#include "hub/hub.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <stdexcept>

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using socketio::incoming;
using socketio::socket;
using socketio::fuzz::must;

socketio::config settings(boost::asio::io_context& io) {
  socketio::config config;
  config.ping_interval = 1000ms;
  config.ping_timeout = 800ms;
  config.upgrade_timeout = 500ms;
  config.connect_timeout = 1500ms;
  config.max_payload = 2000;
  config.compress_from = 300;
  config.cors = {.origins = {"*"}, .credentials = true};
  config.cookie = socketio::cookie_options{};
  config.max_namespaces_per_client = 4;
  config.max_rooms_per_socket = 6;
  config.max_pending_acks = 3;
  config.max_queued_packets = 24;
  config.max_queued_bytes = 16 * 1024;
  config.write_stall_timeout = 900ms;
  config.max_head_bytes = 1024;
  config.max_body_bytes = 1500;
  config.head_timeout = 400ms;
  config.body_timeout = 600ms;
  config.keep_alive_timeout = 3000ms;
  config.recovery = socketio::recovery_options{
      .max_disconnection = 2000ms, .skip_middlewares = true, .max_packets = 16, .max_bytes = 4096};
  config.allow_request = [&io](const socketio::http_request& request, socketio::admit answer) {
    if (!request.query_value("refuse").empty()) return answer(false, request.query_value("refuse"));
    if (request.query_value("later").empty()) return answer(true, {});
    boost::asio::post(io, [answer = std::move(answer)] { answer(true, {}); });
  };
  config.initial_headers = [](socketio::header_list& headers, const socketio::http_request&) {
    headers.emplace_back("Set-Cookie", "a=b");
    headers.emplace_back("Set-Cookie", "c=d");
  };
  config.log = [](std::string_view line) { must(line.size() < 100'000, "lines of the log are short"); };
  return config;
}

std::string first_text(const incoming& event) {
  return event.arguments.empty() || !event.arguments[0].is_string()
             ? "room"
             : std::string(event.arguments[0].get_string());
}

// Calls it once, later.
void later(boost::asio::io_context& io, std::chrono::milliseconds time, std::function<void()> then) {
  auto timer = std::make_shared<boost::asio::steady_timer>(io, time);
  timer->async_wait([timer, then = std::move(then)](boost::system::error_code error) {
    if (!error) then();
  });
}

// What an application may do about an event. One function, since a table of handlers for each server would
// take longer to make than most scripts to run.
void act(socket& from, const incoming& event, boost::asio::io_context& io) {
  const std::string_view name = event.name;
  const std::string text = first_text(event);
  const auto back = [who = from.weak_from_this()](std::string_view what, const json::array& arguments) {
    if (const auto it = who.lock(); it && it->connected()) it->emit(what, arguments);
  };
  if (name == "late") {
    if (event.ack) later(io, 300ms, [ack = event.ack] { ack({1}); });
  } else if (name == "join") {
    const bool joined = from.join(text);
    must(!joined || from.in(text), "who joined is in the room");
    must(from.rooms().size() <= 8, "the limit of rooms");
  } else if (name == "leave") {
    from.leave(text);
  } else if (name == "room") {
    from.to(text).emit("room", event.arguments, event.attachments);
  } else if (name == "all") {
    from.of().emit("all", event.arguments, event.attachments);
  } else if (name == "except") {
    from.of().except(text).volatile_().emit("except", event.arguments);
  } else if (name == "volatile") {
    from.emit_volatile("volatile", event.arguments);
  } else if (name == "ask") {
    from.emit_with_ack("ask", event.arguments, 200ms,
                       [back](boost::system::error_code error, socketio::packet_data answer) {
                         if (!error) back("answer", answer.arguments);
                       });
  } else if (name == "askall") {
    from.of().timeout(300ms).emit_with_ack(
        "askall", event.arguments,
        [back](boost::system::error_code, std::vector<socketio::packet_data> answers) {
          back("answers", {answers.size()});
        });
  } else if (name == "fetch") {
    from.of().all().fetch_sockets(
        [back](boost::system::error_code, std::vector<socketio::remote_socket> found) {
          json::array all;
          for (const auto& one : found)
            for (const auto& room : one.rooms) all.emplace_back(room);
          back("fetched", all);
        });
  } else if (name == "everybody") {
    from.of().to(text).sockets_join({"a", "b", text});
    from.of().except(text).sockets_leave({"a"});
  } else if (name == "flood") {
    for (int i = 0; i < 40; ++i) from.emit("flood", {std::string(700, 'f')});
  } else if (name == "burst") {
    for (int i = 0; i < 400; ++i) from.emit("burst", {i});
  } else if (name == "kick") {
    from.disconnect();
  } else if (name == "end") {
    from.disconnect(true);
  } else if (name == "cut") {
    from.close_transport("transport close");
  } else if (name == "kickall") {
    from.to(text).disconnect_sockets(event.arguments.size() > 1);
  } else if (name == "throw") {
    throw std::runtime_error("thrown");
  }
}

void handle_events(socketio::nsp& nsp, boost::asio::io_context& io) {
  nsp.on_any([&io](socket& from, const incoming& event) { act(from, event, io); });
  nsp.on("echo",
         [](socket& from, const incoming& event) { from.emit("echo", event.arguments, event.attachments); });
  nsp.on("ack", [](socket&, const incoming& event) {
    if (event.ack) event.ack(event.arguments, event.attachments);
    if (event.ack) event.ack({"twice"});
  });
  nsp.on_connection([](socket& fresh) {
    if (!fresh.recovered()) fresh.data = std::string("kept");
    if (fresh.recovered()) must(std::any_cast<std::string>(fresh.data) == "kept", "its data come back");
    fresh.shared_data = json::object{{"n", 1}};
  });
  nsp.on_disconnecting(
      [](socket& from, std::string_view) { from.to("room").emit("leaving", {std::string(from.id())}); });
  nsp.on_disconnect([](socket& from, std::string_view reason, std::string_view) {
    must(!reason.empty(), "an end has its reason");
    from.emit("too late", {});
    from.of().emit("left", {std::string(from.id())});
  });
}

void use_ordinarily(socketio::fuzz::world& world) {
  const std::string sid = "&sid=" + world.fresh_session();
  must(world.post(sid, "40") == "ok", "an ordinary client may join");
  must(world.get(sid).find("40{\"sid\":\"") != std::string::npos, "and has joined");
  must(world.post(sid, "421[\"ack\",\"hello\"]\x1e"
                       "42[\"echo\",\"hello\"]") == "ok",
       "and may speak");
  std::string heard;
  for (int i = 0; i < 8 && heard.find("[\"echo\",\"hello\"") == heard.npos; ++i) heard += world.get(sid);
  must(heard.find("431[\"hello\"]") != heard.npos, "and is answered");
  must(heard.find("42[\"echo\",\"hello\"") != heard.npos, "and hears");
  must(world.post(sid, "1") == "ok", "and may leave");
}

void serve(std::string_view script) {
  boost::asio::io_context io;
  socketio::detail::hub hub(io, settings(io));
  auto& main = hub.of("/");
  handle_events(main, io);
  auto& admin = hub.of("/admin");
  handle_events(admin, io);
  admin.use([&io](socket& from, socketio::next next) {
    const auto& auth = from.shake().auth.get_object();
    if (auth.if_contains("token")) return next(std::nullopt);
    if (auth.if_contains("later")) return later(io, 100ms, [next = std::move(next)] { next(std::nullopt); });
    next(socketio::connect_error{"no token", json::value{{"why", "none"}}});
  });
  admin.use_packet([&io](socket&, const incoming& event, socketio::next next) {
    if (event.name == "forbidden") return next(socketio::connect_error{"forbidden"});
    if (event.name == "late") return later(io, 50ms, [next = std::move(next)] { next(std::nullopt); });
    next(std::nullopt);
  });
  admin.on_packet_refused(
      [](socket& from, const socketio::connect_error& error) { from.emit("refused", {error.message}); });
  admin.on_any([](socket& from, const incoming& event) { from.emit("any", {std::string(event.name)}); });
  admin.on_any_outgoing([](socket&, const socketio::packet_data& event) {
    must(!event.arguments.empty() && event.arguments[0].is_string(), "what goes out has a name");
  });
  auto& dynamic =
      hub.of_matching([](std::string_view name, const json::value&) { return name.starts_with("/dyn"); });
  handle_events(dynamic, io);
  hub.engine.on_http = [&io](const socketio::http_request& request, socketio::responder answer) {
    if (request.path() == "/dropped") return;
    socketio::http_response response;
    response.body = request.body_too_large() ? "too large" : std::string(request.body());
    if (request.path() != "/late") return answer.send(std::move(response));
    auto kept = std::make_shared<socketio::responder>(std::move(answer));
    later(io, 200ms, [kept, response]() mutable { kept->send(std::move(response)); });
  };

  socketio::fuzz::world world(io, hub.engine, "/socket.io/");
  world.play(script);
  if (!world.closing()) world.fresh_session(); // others may come meanwhile
  world.come_to_an_end();
  if (!world.closing()) use_ordinarily(world);
  if (!world.closing()) world.come_to_an_end();
  must(main.size() == 0 && admin.size() == 0, "nobody is left");
  hub.stop();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  serve(socketio::fuzz::text_of(data, size));
  return 0;
}
