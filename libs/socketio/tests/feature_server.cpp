// Offers the library's features by event, for the tests beside this file, which tell it what to do and read
// what it saw: one line of JSON on standard output for each disconnection, refused packet, new namespace and
// connection error. `plain` has no middlewares, watchers and hooks.
// Usage: feature_server [socket|plain|engine] [--port N] [--second-port N] [--threads N] … (see
// options_of_config)
#include "../examples/command_line.hpp"

#include <socketio/engine.hpp>
#include <socketio/memory_cluster.hpp>
#include <socketio/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>

#include <atomic>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace json = boost::json;
using socketio::incoming;
using socketio::socket;

void tell(const json::object& what) {
  static std::mutex one_line;
  const std::lock_guard lock(one_line);
  const std::string line = json::serialize(what) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

// --- arguments of the tests; what does not fit throws, which must not hurt anybody ---

const json::object& options(const incoming& event) { return event.arguments.at(0).as_object(); }

std::vector<std::string> texts(const json::object& from, std::string_view name) {
  std::vector<std::string> all;
  if (const auto* list = from.if_contains(name))
    for (const auto& text : list->as_array()) all.emplace_back(text.as_string());
  return all;
}

bool flag(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  return value && value->as_bool();
}

// {to: [], except: [], self: true, local: true, volatile: true, timeout: ms}
socketio::broadcast_operator aim(socket& socket, const json::object& how) {
  auto whom = flag(how, "self") ? socket.of().all() : socket.broadcast();
  for (const auto& room : texts(how, "to")) whom = whom.to(room);
  for (const auto& room : texts(how, "except")) whom = whom.except(room);
  if (flag(how, "local")) whom = whom.local();
  if (flag(how, "volatile")) whom = whom.volatile_();
  if (const auto* patience = how.if_contains("timeout"))
    whom = whom.timeout(std::chrono::milliseconds{patience->to_number<std::int64_t>()});
  return whom;
}

json::array rest(const incoming& event, std::size_t from) {
  return json::array(event.arguments.begin() + static_cast<std::ptrdiff_t>(from), event.arguments.end());
}

json::value name_of(boost::system::error_code error) {
  if (!error) return nullptr;
  return json::string(error.message());
}

json::array answers_as_json(const std::vector<socketio::packet_data>& answers) {
  json::array all;
  for (const auto& answer : answers) all.emplace_back(answer.arguments);
  return all;
}

json::array as_json(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

// --- one socket ---

struct memory {
  std::size_t events = 0;
  json::array outgoing;
  std::string kept, passed;
};
memory& of(socket& socket) {
  if (!socket.data.has_value()) socket.data = memory{};
  return std::any_cast<memory&>(socket.data);
}

void answer_one(boost::asio::io_context& io, socketio::nsp& nsp) {
  nsp.on("rooms", [](socket& socket, const incoming& event) { event.ack(as_json(socket.rooms())); });
  nsp.on("join", [](socket& socket, const incoming& event) {
    const bool joined = socket.join(event.arguments.at(0).as_string());
    if (event.ack) event.ack({joined});
  });
  nsp.on("leave", [](socket& socket, const incoming& event) {
    socket.leave(event.arguments.at(0).as_string());
    if (event.ack) event.ack({});
  });
  nsp.on("echo", [](socket& socket, const incoming& event) {
    socket.emit("echo", event.arguments, event.attachments);
    if (event.ack) event.ack(event.arguments, event.attachments);
  });
  nsp.on("ack-twice", [](socket&, const incoming& event) {
    event.ack({1});
    event.ack({2});
  });
  nsp.on("ack-later", [&io](socket&, const incoming& event) {
    const std::chrono::milliseconds delay{event.arguments.at(0).to_number<std::int64_t>()};
    const auto later = std::make_shared<boost::asio::steady_timer>(io, delay);
    later->async_wait([later, ack = event.ack](auto) { ack({"later"}); });
  });
  // count, bytes: that many events of that many letters, numbered.
  nsp.on("burst", [](socket& socket, const incoming& event) {
    const std::string filling(event.arguments.at(1).to_number<std::size_t>(), 'x');
    for (std::int64_t i = 0, count = event.arguments.at(0).to_number<std::int64_t>(); i < count; ++i)
      socket.emit("burst", {i, filling});
  });
  nsp.on("volatile-burst", [](socket& socket, const incoming& event) {
    const std::string filling(event.arguments.at(1).to_number<std::size_t>(), 'x');
    for (std::int64_t i = 0, count = event.arguments.at(0).to_number<std::int64_t>(); i < count; ++i)
      socket.emit_volatile("volatile", {i, filling});
    if (event.ack) event.ack({});
  });
  // count, ms: that many events, one each so many milliseconds, whatever the client does meanwhile.
  nsp.on("ticks", [&io](socket& socket, const incoming& event) {
    struct ticking {
      boost::asio::steady_timer timer;
      std::weak_ptr<socketio::socket> whom;
      std::int64_t left, at = 0;
      std::chrono::milliseconds period;
      static void go_on(std::shared_ptr<ticking> self) {
        self->timer.expires_after(self->period);
        self->timer.async_wait([self](boost::system::error_code stopped) {
          const auto socket = self->whom.lock();
          if (stopped || !socket || self->at == self->left) return;
          socket->emit("tick", {self->at++});
          go_on(self);
        });
      }
    };
    ticking::go_on(std::make_shared<ticking>(
        boost::asio::steady_timer(io), socket.weak_from_this(),
        event.arguments.at(0).to_number<std::int64_t>(), 0,
        std::chrono::milliseconds{event.arguments.at(1).to_number<std::int64_t>()}));
  });
  // ms, arguments: asks the client `question` and tells what became of it.
  nsp.on("ask", [](socket& socket, const incoming& event) {
    const auto asker = socket.weak_from_this();
    socket.emit_with_ack(
        "question", rest(event, 1),
        std::chrono::milliseconds{event.arguments.at(0).to_number<std::int64_t>()},
        [asker](boost::system::error_code error, const socketio::packet_data& answer) {
          tell({{"what", "answer"}, {"error", name_of(error)}, {"arguments", answer.arguments}});
          if (const auto socket = asker.lock())
            socket->emit("answered", {name_of(error), answer.arguments}, answer.attachments);
        });
  });
  nsp.on("disconnect-me",
         [](socket& socket, const incoming& event) { socket.disconnect(flag(options(event), "close")); });
  nsp.on("close-transport", [](socket& socket, const incoming&) { socket.close_transport("told to"); });
  nsp.on("keep", [](socket& socket, const incoming& event) {
    of(socket).kept = event.arguments.at(0).as_string();
    socket.shared_data = event.arguments.at(0);
    if (event.ack) event.ack({});
  });
  nsp.on("who", [](socket& socket, const incoming& event) {
    event.ack({json::object{{"id", socket.id()},
                            {"nsp", socket.of().name()},
                            {"recovered", socket.recovered()},
                            {"kept", of(socket).kept},
                            {"rooms", as_json(socket.rooms())},
                            {"handshake", socket.shake().request->as_json(socket.shake().auth)}}});
  });
  nsp.on("passed",
         [](socket& socket, const incoming& event) { event.ack({json::string(of(socket).passed)}); });
  nsp.on("block", [](socket&, const incoming& event) { // as no handler should: its thread waits so many ms
    std::this_thread::sleep_for(std::chrono::milliseconds{event.arguments.at(0).to_number<std::int64_t>()});
  });
  nsp.on("throw", [](socket&, const incoming&) { throw std::runtime_error("a handler that throws"); });
  nsp.on("throw-number", [](socket&, const incoming&) { throw 42; });
  nsp.on("reserved", [](socket& socket, const incoming& event) {
    try {
      socket.emit("disconnect", {});
      event.ack({"sent"});
    } catch (const std::invalid_argument&) {
      event.ack({"refused"});
    }
  });
}

// Packets: counted, seen by middlewares, catch-alls.
void watch(boost::asio::io_context& io, socketio::nsp& nsp) {
  nsp.use_packet([](socket& socket, const incoming& event, const socketio::next& next) {
    event.name == "forbidden" ? next(socketio::connect_error{"not this one", {}}) : next({});
    of(socket).passed = event.name; // still good: this handler has not returned
  });
  nsp.use_packet([&io](socket&, const incoming& event, socketio::next next) { // later, and still in order
    if (event.name != "slow") return next({});
    const std::int64_t delay =
        event.arguments.size() > 1 ? event.arguments[1].to_number<std::int64_t>() : 30; // ms
    const auto later = std::make_shared<boost::asio::steady_timer>(io, std::chrono::milliseconds{delay});
    later->async_wait([later, next = std::move(next)](auto) { next({}); });
  });
  nsp.on("slow", [](socket& socket, const incoming& event) { socket.emit("slow", event.arguments); });
  nsp.on_packet_refused([](socket& socket, const socketio::connect_error& error) {
    tell({{"what", "packet refused"}, {"message", error.message}});
    socket.emit("refused", {json::string(error.message)});
  });
  nsp.on_any([](socket& socket, const incoming&) { ++of(socket).events; });
  nsp.on_any_outgoing([](socket& socket, const socketio::packet_data& event) {
    if (event.arguments.empty()) return;
    of(socket).outgoing.push_back(event.arguments.front());
    // Watchers may do what handlers may.
    if (event.arguments.front() == "poison") socket.disconnect();
    if (event.arguments.front() == "repeat") socket.emit("repeated", {});
    if (event.arguments.front() == "move") socket.leave("watched"), socket.join("seen");
  });
  nsp.on("counted", [](socket& socket, const incoming& event) {
    event.ack({of(socket).events, std::exchange(of(socket).outgoing, {})});
  });
}

// --- many sockets ---

void answer_many(socketio::nsp& nsp) {
  nsp.on("send", [](socket& socket, const incoming& event) { // how, name, arguments…
    aim(socket, options(event)).emit(event.arguments.at(1).as_string(), rest(event, 2), event.attachments);
    if (event.ack) event.ack({});
  });
  nsp.on("send-encoded", [](socket& socket, const incoming& event) { // how, name, argument
    aim(socket, options(event))
        .emit(socketio::outgoing::event(socket.of().name(), event.arguments.at(1).as_string(),
                                        json::serialize(event.arguments.at(2))));
  });
  nsp.on("ask-them", [](socket& socket, const incoming& event) {
    aim(socket, options(event))
        .emit_with_ack(event.arguments.at(1).as_string(), rest(event, 2),
                       [ack = event.ack](boost::system::error_code error,
                                         const std::vector<socketio::packet_data>& answers) {
                         ack({name_of(error), answers_as_json(answers)});
                       });
  });
  nsp.on("fetch", [](socket& socket, const incoming& event) {
    aim(socket, options(event))
        .fetch_sockets([ack = event.ack](boost::system::error_code error,
                                         const std::vector<socketio::remote_socket>& found) {
          json::array all;
          for (const auto& one : found)
            all.push_back(json::object{{"id", one.id},
                                       {"rooms", as_json(one.rooms)},
                                       {"data", one.data},
                                       {"handshake", one.handshake}});
          ack({name_of(error), all});
        });
  });
  nsp.on("make-join", [](socket& socket, const incoming& event) {
    aim(socket, options(event)).sockets_join(texts(options(event), "rooms"));
    if (event.ack) event.ack({});
  });
  nsp.on("make-leave", [](socket& socket, const incoming& event) {
    aim(socket, options(event)).sockets_leave(texts(options(event), "rooms"));
    if (event.ack) event.ack({});
  });
  nsp.on("make-disconnect", [](socket& socket, const incoming& event) {
    aim(socket, options(event)).disconnect_sockets(flag(options(event), "close"));
  });
  nsp.on("tell-servers", [](socket& socket, const incoming& event) {
    socket.of().server_side_emit("hello", event.arguments);
    if (event.ack) event.ack({});
  });
  nsp.on("ask-servers", [](socket& socket, const incoming& event) {
    socket.of().server_side_emit_with_ack(
        "question", event.arguments,
        [ack = event.ack](boost::system::error_code error,
                          const std::vector<socketio::packet_data>& answers) {
          ack({name_of(error), answers_as_json(answers)});
        });
  });
  nsp.on_server("hello", [&nsp](const socketio::packet_data& event, const socketio::acknowledge_server&) {
    nsp.local().emit("server-said", event.arguments);
  });
  nsp.on_server("question",
                [](const socketio::packet_data& event, const socketio::acknowledge_server& answer) {
                  if (answer) answer({{event.arguments.at(0)}, {}});
                });
}

// --- what one handler asks of sockets, one thing after another ---

// All that are connected, of all servers: sockets that a program may be about.
class acquaintances {
public:
  void add(socket& one) {
    const std::lock_guard lock(mutex_);
    all_[std::string(one.id())] = one.weak_from_this();
  }
  std::shared_ptr<socket> find(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return all_[id].lock();
  }

private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<socket>> all_;
};

acquaintances& known() {
  static acquaintances all;
  return all;
}

// [["emit", ID, name, …], ["ask", ID, name, …], ["volatile", ID, name, …], ["join", ID, room], ["leave", ID,
// room],
// ["disconnect", ID], ["send", room, name, …], ["ack"]]; with "-in" behind the first word, by the id as a
// room.
void obey(socketio::nsp& nsp) {
  nsp.on_connection([](socket& socket) { known().add(socket); });
  nsp.on("run", [](socket& self, const incoming& event) {
    for (const auto& one : event.arguments.at(0).as_array()) {
      const json::array& step = one.as_array();
      const std::string what(step.at(0).as_string());
      const auto word = [&](std::size_t at) {
        return at < step.size() && step[at].is_string() ? std::string(step[at].as_string()) : std::string();
      };
      const json::array arguments(step.begin() + std::min<std::ptrdiff_t>(3, std::ssize(step)), step.end());
      const auto them = self.of().in(word(1));
      const auto other = what.ends_with("-in") || word(1).empty() ? nullptr : known().find(word(1));
      if (what == "ack") event.ack({});
      if (what == "send" || what == "emit-in") them.emit(word(2), arguments);
      if (what == "volatile-in") them.volatile_().emit(word(2), arguments);
      if (what == "join-in") them.sockets_join({word(2)});
      if (what == "leave-in") them.sockets_leave({word(2)});
      if (what == "disconnect-in") them.disconnect_sockets();
      if (!other) continue;
      if (what == "emit") other->emit(word(2), arguments);
      if (what == "volatile") other->emit_volatile(word(2), arguments);
      if (what == "ask")
        other->emit_with_ack(word(2), arguments, std::chrono::minutes(1), [](auto, const auto&) {});
      if (what == "join") other->join(word(2));
      if (what == "leave") other->leave(word(2));
      if (what == "disconnect") other->disconnect();
    }
  });
}

void report(socketio::nsp& nsp) {
  nsp.on_disconnecting([](socket& socket, std::string_view reason) {
    tell({{"what", "disconnecting"},
          {"nsp", socket.of().name()},
          {"id", socket.id()},
          {"reason", reason},
          {"rooms", as_json(socket.rooms())}});
  });
  nsp.on_disconnect([](socket& socket, std::string_view reason, std::string_view detail) {
    tell({{"what", "disconnect"},
          {"nsp", socket.of().name()},
          {"id", socket.id()},
          {"reason", reason},
          {"detail", detail}});
  });
}

// --- namespaces that ask who comes ---

void guard(boost::asio::io_context& io, socketio::server& server) {
  server.of("/refused").use([](socket&, const socketio::next& next) {
    next(socketio::connect_error{"not you", json::value{{"code", 17}}});
  });
  server.of("/later").use([&io](socket&, socketio::next next) {
    const auto later = std::make_shared<boost::asio::steady_timer>(io, std::chrono::milliseconds{50});
    later->async_wait([later, next = std::move(next)](auto) { next({}); });
  });
  server.of("/never").use([](socket&, const socketio::next&) {});
  server.of("/in-order").use([](socket& socket, const socketio::next& next) {
    of(socket).kept += "1";
    next({});
  });
  server.of("/in-order").use([](socket& socket, const socketio::next& next) {
    of(socket).kept += "2";
    next({});
  });
  server.of("/in-order").on("who", [](socket& socket, const incoming& event) {
    event.ack({of(socket).kept});
  });
  server.of("/throws").on_connection(
      [](socket&) { throw std::runtime_error("a connection handler that throws"); });

  auto& dynamic = server.of_matching(
      [](std::string_view name, const json::value&) { return name.starts_with("/dynamic-"); });
  dynamic.use([](socket& socket, const socketio::next& next) {
    const auto* auth = socket.shake().auth.if_object();
    auth && auth->contains("no") ? next(socketio::connect_error{"no", {}}) : next({});
  });
  answer_one(io, dynamic);
  watch(io, dynamic);
  answer_many(dynamic);
  report(dynamic);

  // {auth: {refuse: true}}, {auth: {wait: ms}}, {auth: {keep: text}}, {auth: {join: room}}
  auto& asked = server.of("/asked");
  asked.use([&io](socket& socket, socketio::next next) {
    const json::object& auth = socket.shake().auth.get_object();
    tell({{"what", "asked"},
          {"id", socket.id()},
          {"recovered", socket.recovered()},
          {"rooms", as_json(socket.rooms())}});
    if (const auto* text = auth.if_contains("keep")) of(socket).kept = text->as_string();
    if (const auto* room = auth.if_contains("join")) socket.join(room->as_string());
    if (auth.contains("refuse")) return next(socketio::connect_error{"not now", {}});
    const auto* wait = auth.if_contains("wait");
    if (!wait) return next({});
    const auto later = std::make_shared<boost::asio::steady_timer>(
        io, std::chrono::milliseconds{wait->to_number<std::int64_t>()});
    later->async_wait([later, next = std::move(next)](auto) { next({}); });
  });
  answer_one(io, asked);
  answer_many(asked);
  report(asked);

  server.on_new_namespace([](socketio::nsp& made) { tell({{"what", "namespace"}, {"name", made.name()}}); });
}

// --- what the command line may change ---

struct option {
  std::string name;
  std::function<void(socketio::config&, const example::command_line&)> take; // when it is given
};

// `where`: a member, or a function that gives it.
template <class Where>
option number(const char* name, Where where) {
  return {name, [=](socketio::config& config, const example::command_line& given) {
            std::invoke(where, config) = given.number(name);
          }};
}
template <class Where>
option time(const char* name, Where where) {
  return {name, [=](socketio::config& config, const example::command_line& given) {
            std::invoke(where, config) = given.milliseconds(name);
          }};
}
option text(const char* name, std::function<void(socketio::config&, const std::string&)> take) {
  return {name, [=](socketio::config& config, const example::command_line& given) {
            take(config, given.text(name));
          }};
}

// Each of its options switches it on.
socketio::recovery_options& recovery_of(socketio::config& its) {
  return its.recovery ? *its.recovery : its.recovery.emplace();
}

const std::vector<option>& options_of_config() {
  using socketio::config;
  static const std::vector<option> all = {
      text("--path", [](config& its, const std::string& path) { its.path = path; }),
      time("--ping-interval", &config::ping_interval),
      time("--ping-timeout", &config::ping_timeout),
      time("--upgrade-timeout", &config::upgrade_timeout),
      time("--connect-timeout", &config::connect_timeout),
      number("--max-payload", &config::max_payload),
      number("--max-queued-packets", &config::max_queued_packets),
      number("--max-queued-bytes", &config::max_queued_bytes),
      time("--write-stall-timeout", &config::write_stall_timeout),
      number("--max-namespaces", &config::max_namespaces_per_client),
      number("--max-rooms", &config::max_rooms_per_socket),
      number("--max-pending-acks", &config::max_pending_acks),
      number("--max-handshakes", &config::max_handshakes_per_second),
      number("--max-connections", &config::max_connections),
      time("--head-timeout", &config::head_timeout),
      time("--body-timeout", &config::body_timeout),
      time("--keep-alive-timeout", &config::keep_alive_timeout),
      time("--allow-request-timeout", &config::allow_request_timeout),
      time("--middleware-timeout", &config::middleware_timeout),
      time("--answer-timeout", &config::answer_timeout),
      time("--attachment-timeout", &config::attachment_timeout),
      number("--max-attachment-bytes", &config::max_attachment_bytes),
      number("--max-attachments", &config::max_attachments),
      number("--max-event-name", &config::max_event_name),
      number("--max-json-depth", &config::max_json_depth),
      number("--max-packets-per-poll", &config::max_packets_per_poll),
      number("--max-sessions", &config::max_sessions),
      number("--max-head-bytes", &config::max_head_bytes),
      number("--max-body-bytes", &config::max_body_bytes),
      number("--max-bytes-in-flight", &config::max_bytes_in_flight),
      number("--max-silent-connections", &config::max_silent_connections),
      number("--max-silent-per-address", &config::max_silent_per_address),
      number("--max-log-lines", &config::max_log_lines_per_kind),
      text("--trusted-proxy", [](config& its, const std::string& proxy) { its.trusted_proxies = {proxy}; }),
      number("--threads", &config::threads),
      number("--max-mail", &config::max_mail_between_threads),
      text("--transport", // only that one
           [](config& its, const std::string& only) {
             its.allow_polling = only == "polling";
             its.allow_websocket = only == "websocket";
           }),
      text("--origin", [](config& its, const std::string& origin) { its.cors.origins = {origin}; }),
      text("--credentials", [](config& its, const std::string&) { its.cors.credentials = true; }),
      text("--cookie", [](config& its, const std::string& name) { its.cookie = {.name = name}; }),
      time("--recovery", [](config& its) -> auto& { return recovery_of(its).max_disconnection; }),
      number("--recovery-sessions", [](config& its) -> auto& { return recovery_of(its).max_sessions; }),
      number("--recovery-packets", [](config& its) -> auto& { return recovery_of(its).max_packets; }),
      text("--ask-again", // middlewares, of who comes back
           [](config& its, const std::string&) { recovery_of(its).skip_middlewares = false; })};
  return all;
}

// What an application gets that asks for nothing, but for what was given.
socketio::config as_given(const example::command_line& given) {
  socketio::config config;
  config.max_log_lines_per_kind = 0; // tests wait for lines, many of a kind
  config.log = [](std::string_view line) { tell({{"what", "log"}, {"line", line}}); };
  for (const option& one : options_of_config())
    if (given.given(one.name)) one.take(config, given);
  return config;
}

// The same, with everything switched on that an application may give.
socketio::config with_all_hooks(boost::asio::io_context& io, const example::command_line& given) {
  socketio::config config = as_given(given);
  // ?never=1 has no answer, ?deny=REASON refuses, ?deny-later=REASON a little later, ?admit-later=1 admits
  // then.
  config.allow_request = [&io](const socketio::http_request& request, socketio::admit admit) {
    if (request.query_value("throw") == "request") throw std::runtime_error("allow_request that throws");
    if (!request.query_value("never").empty()) return; // no answer
    if (const auto reason = request.query_value("deny"); !reason.empty()) return admit(false, reason);
    if (const auto reason = request.query_value("deny-later"); !reason.empty()) {
      const auto later = std::make_shared<boost::asio::steady_timer>(io, std::chrono::milliseconds{20});
      return later->async_wait([later, admit = std::move(admit), reason](auto) { admit(false, reason); });
    }
    if (!request.query_value("admit-later").empty()) {
      const auto later = std::make_shared<boost::asio::steady_timer>(io, std::chrono::milliseconds{20});
      return later->async_wait([later, admit = std::move(admit)](auto) { admit(true, ""); });
    }
    admit(true, "");
  };
  config.initial_headers = [](socketio::header_list& headers, const socketio::http_request& request) {
    if (request.query_value("throw") == "headers") throw std::runtime_error("initial_headers that throws");
    if (request.query_value("cookies").empty()) return;
    headers.emplace_back("Set-Cookie", "a=1");
    headers.emplace_back("Set-Cookie", "b=2; Path=/");
    headers.emplace_back("X-Test", "yes");
  };
  config.on_connection_error = [](const socketio::connection_error& error) {
    tell({{"what", "connection error"},
          {"code", error.code},
          {"message", error.message},
          {"context", error.context},
          {"target", error.request ? error.request->target() : std::string_view()}});
  };
  return config;
}

int serve_engine(const example::command_line& given) {
  boost::asio::io_context io;
  socketio::engine_server server(io, with_all_hooks(io, given));
  server.on_connection([](socketio::engine_socket& socket) {
    if (!socket.request().query_value("greet").empty()) socket.send("hello");
  });
  server.on_message([](socketio::engine_socket& socket, const socketio::engine_message& message) {
    if (message.data == "close") return socket.close();
    if (message.data.starts_with("burst "))
      for (int i = 0, count = std::stoi(std::string(message.data.substr(6))); i < count; ++i)
        socket.send("burst " + std::to_string(i));
    message.binary ? socket.send_binary(message.data) : socket.send(message.data);
  });
  server.on_close([](socketio::engine_socket& socket, std::string_view reason, std::string_view detail) {
    tell({{"what", "close"},
          {"mark", socket.request().query_value("mark")},
          {"reason", reason},
          {"detail", detail}});
  });
  return example::serve_until_signal(io, server, given.port());
}

std::string census(socketio::server& server) {
  return json::serialize(
      json::object{{"connections", server.connections()}, {"sockets", server.of("/").size()}});
}

void offer_everything(boost::asio::io_context& io, socketio::server& server) {
  answer_one(io, server.of("/"));
  watch(io, server.of("/"));
  answer_many(server.of("/"));
  report(server.of("/"));
  answer_one(io, server.of("/custom"));
  watch(io, server.of("/custom"));
  report(server.of("/custom"));
  // Tells of every event, whatever its name.
  server.of("/said").on_any([](socket& socket, const incoming& event) {
    socket.emit("heard", {event.name, event.arguments}, event.attachments);
    if (event.ack) event.ack({event.arguments.size()});
  });
  // Nobody watches here, as in most applications: what is asked takes the short ways.
  answer_one(io, server.of("/plain"));
  answer_many(server.of("/plain"));
  report(server.of("/plain"));
  obey(server.of("/"));
  obey(server.of("/plain"));
  for (int i = 0; i < 32; ++i) server.of("/n" + std::to_string(i));
  guard(io, server);
  // Names a namespace from outside, as an application does that wants to emit there.
  server.of("/").on("emit-in", [&server](socket&, const incoming& event) {
    server.of(event.arguments.at(0).as_string()).emit(event.arguments.at(1).as_string(), {});
    if (event.ack) event.ack({});
  });
  server.on_http([&server](const socketio::http_request& request, socketio::responder answer) {
    if (request.path() == "/from") return answer.send({.body = std::string(request.remote_address())});
    if (request.path() == "/never") { // no answer
      static std::mutex one_at_a_time;
      static std::vector<socketio::responder> kept;
      const std::lock_guard lock(one_at_a_time);
      return kept.push_back(std::move(answer));
    }
    if (request.path() == "/throw") throw std::runtime_error("on_http that throws");
    answer.send({.body = census(server)});
  });
}

// What the first example of the README is: handlers, and nobody who watches, is asked or remembers.
void offer_plainly(boost::asio::io_context& io, socketio::server& server) {
  for (const char* name : {"/", "/custom"}) {
    answer_one(io, server.of(name));
    answer_many(server.of(name));
    report(server.of(name));
  }
  for (int i = 0; i < 3; ++i) server.of("/n" + std::to_string(i));
  server.on_http([&server](const socketio::http_request&, socketio::responder answer) {
    answer.send({.body = census(server)});
  });
}

int serve_socket(const example::command_line& given) {
  boost::asio::io_context io;
  auto config = with_all_hooks(io, given);
  const bool two = given.given("--second-port");
  const auto cluster = std::make_shared<socketio::memory_cluster>();
  if (two) config.cluster = cluster->adapter();
  socketio::server first(io, config);
  offer_everything(io, first);

  std::optional<socketio::server> second;
  if (two) {
    config.cluster = cluster->adapter();
    second.emplace(io, config);
    offer_everything(io, *second);
    const auto listening =
        second->listen("127.0.0.1", static_cast<std::uint16_t>(given.number("--second-port", 65'535)));
    if (!listening) return 1;
    tell({{"what", "second"}, {"port", *listening}});
  }
  return example::serve_until_signal(io, first, given.port());
}

int serve_plain(const example::command_line& given) {
  boost::asio::io_context io;
  socketio::server server(io, as_given(given));
  offer_plainly(io, server);
  return example::serve_until_signal(io, server, given.port());
}

} // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> named = {{"--port", "0"},
                                              {"--second-port", ""}}; // another server in the same cluster
  for (const option& one : options_of_config()) named.emplace(one.name, "");
  const example::command_line given(argc, argv, {"socket", "plain", "engine"}, std::move(named));
  if (given.mode() == "plain") return serve_plain(given);
  return given.mode() == "engine" ? serve_engine(given) : serve_socket(given);
}
