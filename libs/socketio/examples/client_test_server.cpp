// What the test suites of published clients (socket.io-client, engine.io-client) expect of the server they
// talk to. Usage: client_test_server [socket|engine] [--port N] [--path P]
#include "command_line.hpp"

#include <socketio/engine.hpp>
#include <socketio/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>

#include <cctype>
#include <ctime>
#include <iterator>

namespace {

namespace json = boost::json;
using socketio::acknowledge;
using socketio::incoming;
using socketio::socket;

std::string now_as(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}
std::string iso_date() { return now_as("%Y-%m-%dT%H:%M:%SZ"); }

// --- engine ---

std::string headers_as_json(const socketio::http_request& request) {
  json::object headers;
  for (const auto& [name, value] : request.headers()) {
    std::string lower(name);
    for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    headers[lower] = value;
  }
  return json::serialize(headers);
}

void answer(socketio::engine_socket& socket, const socketio::engine_message& message) {
  using namespace std::string_view_literals;
  if (message.binary) return socket.send_binary(message.data);
  if (message.data == "give binary") return socket.send_binary("\0\1\2\3\4"sv);
  if (message.data == "give utf8") return socket.send("пойду спать всем спокойной ночи");
  if (message.data == "sendHeaders" && message.request) return socket.send(headers_as_json(*message.request));
  socket.send(message.data);
}

int serve_engine(const example::command_line& given) {
  socketio::config config;
  config.path = given.given("--path") ? given.text("--path") : "/engine.io/";
  config.ping_interval = std::chrono::milliseconds{500};
  config.ping_timeout = std::chrono::milliseconds{20'000};
  config.max_payload = 100;
  config.cors.origins = {"*"};
  config.allow_request = [](const socketio::http_request& request, const socketio::admit& admit) {
    const bool denied = !request.query_value("deny").empty();
    admit(!denied, denied ? "denied" : "");
  };
  config.initial_headers = [](socketio::header_list& headers, const socketio::http_request&) {
    headers.emplace_back("Set-Cookie", "1=1; Max-Age=86400");
    headers.emplace_back("Set-Cookie", "2=2; Path=/; HttpOnly; Secure; SameSite=Strict");
    headers.emplace_back("Set-Cookie", "3=3; Max-Age=0");
    headers.emplace_back("Set-Cookie", "4=4; Expires=" + now_as("%a, %d %b %Y %H:%M:%S GMT"));
  };

  boost::asio::io_context io;
  socketio::engine_server server(io, config);
  server.on_connection([](socketio::engine_socket& socket) { socket.send("hi"); });
  server.on_message(answer);
  return example::serve_until_signal(io, server, given.port());
}

// --- socket ---

const json::value* argument(const incoming& event, std::size_t at) { return event.arguments.if_contains(at); }

bool is_binary(const json::value* value) {
  const auto* object = value ? value->if_object() : nullptr;
  return object && object->contains("_placeholder");
}
bool is_text(const json::value* value, std::string_view text) {
  return value && value->is_string() && value->get_string() == text;
}
json::value first_argument(const incoming& event) {
  const auto* value = argument(event, 0);
  return value ? *value : json::value();
}

void acknowledge_with(const incoming& event, const json::value& value) {
  if (event.ack) event.ack({value});
}
void answer_id(socket& socket, const incoming& event) { acknowledge_with(event, json::string(socket.id())); }
json::value handshake_of(const socket& socket) {
  return socket.shake().request->as_json(socket.shake().auth);
}

// A client that acknowledges with `5, {"test": true}` is told that we got it.
void ask_for_acknowledgement(socket& socket, const incoming&) {
  const auto asked = socket.weak_from_this();
  socket.emit_with_ack("ack", {}, std::chrono::seconds{10},
                       [asked](boost::system::error_code error, const socketio::packet_data& answer) {
                         const json::array expected{5, {{"test", true}}};
                         const auto still_here = asked.lock();
                         if (still_here && !error && answer.arguments == expected)
                           still_here->emit("got it", {});
                       });
}

// `{"hello": "lol", "message": binary, "goodbye": "gotcha"}`
bool is_mixed_object(const json::value* value) {
  const auto* object = value ? value->if_object() : nullptr;
  return object && is_text(object->if_contains("hello"), "lol") &&
         is_binary(object->if_contains("message")) && is_text(object->if_contains("goodbye"), "gotcha");
}

// Several events that are answered when all came, in this order. What came so far is kept with the socket.
class sequence {
public:
  struct step {
    std::string event, text; // without text: binary
  };
  static void answer(socketio::nsp& nsp, std::vector<step> steps, std::string answer) {
    const auto all = std::make_shared<const std::vector<step>>(std::move(steps));
    for (std::size_t at = 0; at < all->size(); ++at)
      nsp.on((*all)[at].event, [all, at, answer](socket& socket, const incoming& event) {
        const step& expected = (*all)[at];
        std::size_t& done = progress(socket)[answer];
        const auto* value = argument(event, 0);
        const bool fits = expected.text.empty() ? is_binary(value) : is_text(value, expected.text);
        done = fits && done == at ? done + 1 : 0;
        if (done != all->size()) return;
        done = 0;
        socket.emit(answer, {});
      });
  }

private:
  using counts = std::map<std::string, std::size_t>;
  static counts& progress(socket& socket) {
    if (!socket.data.has_value()) socket.data = counts{};
    return std::any_cast<counts&>(socket.data);
  }
};

void answer_main(socketio::nsp& main) {
  const std::string bytes = "asdfasdf";
  const json::value placeholder{{"_placeholder", true}, {"num", 0}};
  const auto refuse = [](const char* message) {
    return [message](socket&, const socketio::next& next) { next(socketio::connect_error{message}); };
  };
  main.use([refuse = refuse("Auth failed (main namespace)")](socket& socket, const socketio::next& next) {
    socket.shake().request->query_value("fail").empty() ? next({}) : refuse(socket, next);
  });

  main.on("hi", [](socket& socket, const incoming&) { socket.emit("hi", {}); });
  main.on("echo", [](socket&, const incoming& event) { acknowledge_with(event, first_argument(event)); });
  main.on("getId", answer_id);
  main.on("getHandshake",
          [](socket& socket, const incoming& event) { acknowledge_with(event, handshake_of(socket)); });
  main.on("getAckDate",
          [](socket&, const incoming& event) { acknowledge_with(event, json::string(iso_date())); });
  main.on("getDate",
          [](socket& socket, const incoming&) { socket.emit("takeDate", {json::string(iso_date())}); });
  main.on("getDateObj", [](socket& socket, const incoming&) {
    socket.emit("takeDateObj", {json::object{{"date", iso_date()}}});
  });
  main.on("ack", ask_for_acknowledgement);
  main.on("getUtf8", [](socket& socket, const incoming&) {
    for (const char* text : {"てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"})
      socket.emit("takeUtf8", {text});
  });
  main.on("false", [](socket& socket, const incoming&) { socket.emit("false", {false}); });

  main.on("doge", [=](socket& socket, const incoming&) { socket.emit("doge", {placeholder}, {bytes}); });
  main.on("getbin", [=](socket& socket, const incoming&) { socket.emit("takebin", {placeholder}, {bytes}); });
  sequence::answer(main, {{"buffa", ""}}, "buffack");
  sequence::answer(main, {{"blob", ""}}, "back");
  for (const std::string name : {"jsonbuff", "jsonblob"})
    main.on(name, [reply = name + "-ack"](socket& socket, const incoming& event) {
      if (is_mixed_object(argument(event, 0))) socket.emit(reply, {});
    });
  sequence::answer(main, {{"abuff1", ""}, {"abuff2", "please arrive second"}}, "abuff2-ack");
  sequence::answer(main, {{"blob1", ""}, {"blob2", "second"}, {"blob3", ""}}, "blob3-ack");
}

int serve_socket(const example::command_line& given) {
  boost::asio::io_context io;
  socketio::config config;
  config.path = given.given("--path") ? given.text("--path") : "/socket.io/";
  config.ping_interval = std::chrono::milliseconds{2000};
  config.ping_timeout = std::chrono::milliseconds{20'000};
  config.max_payload = 1'000'000;
  config.cors.origins = {"*"};
  config.recovery = socketio::recovery_options{};
  config.allow_request = [&io](const socketio::http_request&, socketio::admit admit) {
    const auto later = std::make_shared<boost::asio::steady_timer>(io, std::chrono::milliseconds{10});
    later->async_wait([later, admit = std::move(admit)](auto) { admit(true, ""); });
  };

  socketio::server server(io, config);
  answer_main(server.of("/"));
  server.of("/foo").on("getId", answer_id);
  server.of("/abc").on_connection([](socket& socket) { socket.emit("handshake", {handshake_of(socket)}); });
  server.of("/no").use([](socket&, const socketio::next& next) {
    next(socketio::connect_error{"Auth failed (custom namespace)"});
  });
  for (const char* name : {"/asd", "/valid", "/timeout_socket"}) server.of(name);
  return example::serve_until_signal(io, server, given.port());
}

} // namespace

int main(int argc, char** argv) {
  const example::command_line given(argc, argv, {"socket", "engine"}, {{"--port", "3000"}, {"--path", ""}});
  return given.mode() == "engine" ? serve_engine(given) : serve_socket(given);
}
