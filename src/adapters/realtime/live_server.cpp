#include "adapters/realtime/live_server.hpp"

#include "base/clock.hpp"
#include "base/logging.hpp"
#include "base/start.hpp"
#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/public_json.hpp"

#include <algorithm>
#include <map>

namespace tickwire::realtime {

namespace asio = boost::asio;
namespace json = boost::json;
using socketio::incoming;
using socketio::outgoing;
using socketio::socket;

namespace {

// What we keep with a socket.
struct visitor {
  user who;
  std::string token; // of their session, which ends at `until`
  timestamp until;
  std::shared_ptr<live_cursor> cursor;
  // Events a client may send: 20 a second, 40 at once.
  token_bucket pace{20, 40};
};

visitor& of(socket& socket) { return std::any_cast<visitor&>(socket.data); }

json::array failed(std::string_view code, std::string_view error) {
  return {json::object{{"ok", false},
                       {"code", json::string_view(code.data(), code.size())},
                       {"error", json::string_view(error.data(), error.size())}}};
}

// At sessions, when the store could not say whether they go on.
constexpr std::chrono::seconds look_again_after{1};

constexpr std::string_view everybody = "inbox"; // logged events, held by the cursor until sync is out
constexpr std::string_view here = "here";       // the rest: only who has had its sync, which comes first
std::string room_of(const std::string& user_id) { return "user:" + user_id; }

outgoing service_frame(const service_state& service, role reader) {
  std::string data;
  wire::append_service_state(data, service.sending(),
                             reader == role::admin ? &service.foreign_numbers() : nullptr);
  return outgoing::event("/", "service_state", data);
}

} // namespace

live_server::live_server(asio::io_context& io, socketio::server& server, reading& reads, accounts& people,
                         messaging& messages, presence& present, service_state& service, trusted_pages pages)
    : io_(io)
    , nsp_(server.of("/"))
    , reads_(reads)
    , people_(people)
    , messages_(messages)
    , presence_(present)
    , service_(service)
    , pages_(std::move(pages))
    , look_timer_(io) {
  nsp_.use([this](socket& socket, socketio::next next) { admit(socket, std::move(next)); });
  nsp_.on_connection([this](socket& socket) { connected(socket); });
  nsp_.on_disconnect([this](socket& socket, std::string_view, std::string_view) {
    const presence::change change = presence_.left(of(socket).who.id, wall_now());
    tell_people(change);
    if (change.own_changed) on_people_here();
  });
  nsp_.on("register", [this](socket& socket, const incoming& event) { on_register(socket, event); });
  nsp_.on("typing", [this](socket& socket, const incoming& event) { relay(socket, event); });
  nsp_.on("viewing", [this](socket& socket, const incoming& event) { relay(socket, event); });
  nsp_.on("read", [this](socket& socket, const incoming& event) {
    const json::object* mark = event.arguments.empty() ? nullptr : event.arguments.front().if_object();
    const json::value* up_to = mark ? mark->if_contains("upTo") : nullptr;
    const std::string chat_id = mark ? wire::text_at(*mark, "chatId") : "";
    if (chat_id.empty() || !up_to || !up_to->is_int64() || up_to->get_int64() < 0) {
      if (event.ack) event.ack(failed("invalid", "read needs {chatId, upTo}."));
      return;
    }
    if (of(socket).pace.take(std::chrono::steady_clock::now()).count() > 0) {
      if (event.ack) event.ack(failed("too_many", "Too many events at once. Wait a second."));
      return;
    }
    const socketio::acknowledge ack = event.ack;
    start(io_, "live: a read mark",
          mark_read(of(socket).who, chat_id, static_cast<std::uint64_t>(up_to->get_int64()), event.ack),
          [ack] {
            if (ack) ack(failed("internal", "Something went wrong on our side. Try again."));
          });
  });
}

// The token of CONNECT, or the cookie where the page is our own or one that may act for people; a foreign
// page's cookie is nobody's.
void live_server::admit(socket& socket, socketio::next next) {
  const socketio::handshake& handshake = socket.shake();
  const json::object* auth = handshake.auth.if_object();
  std::string token = auth ? wire::text_at(*auth, "token") : "";
  if (token.empty()) {
    const std::string_view origin = handshake.header("origin");
    if (origin.empty() || pages_.trusted(origin, handshake.header("host")))
      token = own_cookie(handshake.header("cookie"), session_cookie);
  }
  auto ask = [](live_server* self, std::string its_token, std::shared_ptr<socketio::socket> guest,
                socketio::next go_on) -> task<void> {
    auto session = co_await self->people_.find_session(its_token);
    if (!session) {
      socketio::connect_error error{session.error().detail, json::value{{"code", "unauthorized"}}};
      if (session.error().kind != failure_kind::unauthorized)
        error.data = json::value{{"code", session.error().code}};
      go_on(std::move(error));
      co_return;
    }
    visitor visitor;
    visitor.who = std::move(session->who);
    visitor.token = std::move(its_token);
    visitor.until = session->until;
    guest->data = std::move(visitor);
    go_on(std::nullopt);
  };
  start(io_, "live: a look at a session", ask(this, std::move(token), socket.shared_from_this(), next),
        [next] {
          next(socketio::connect_error{"Something went wrong on our side. Try again.",
                                       json::value{{"code", "internal"}}});
        });
}

void live_server::connected(socket& socket) {
  visitor& guest = of(socket);
  // From here on events are held for this socket; what is older comes from the log.
  guest.cursor = std::make_shared<live_cursor>(reads_.head());
  look_by(guest.until);
  socket.join(everybody);
  socket.join(room_of(guest.who.id));
  const presence::change change = presence_.arrived(guest.who.id);
  tell_people(change);
  if (change.own_changed) on_people_here();
  const std::shared_ptr<socketio::socket> guest_socket = socket.shared_from_this();
  // It comes back by itself and asks again.
  start(io_, "live: a sync", catch_up(guest_socket),
        [guest_socket] { guest_socket->close_transport("a fault"); });
}

task<void> live_server::catch_up(std::shared_ptr<socket> socket) {
  const visitor& guest = of(*socket);
  const std::shared_ptr<live_cursor> cursor = guest.cursor;
  const std::string user_id = guest.who.id;
  // What is there but of another kind can be no position in our log.
  page_position page;
  if (const json::object* auth = socket->shake().auth.if_object()) {
    if (const json::value* seq = wire::member_at(*auth, "seq"))
      page.seq = seq->is_int64() ? seq->get_int64() : -1;
    if (const json::value* epoch = wire::member_at(*auth, "epoch")) page.epoch = wire::text_of(*epoch);
  }

  // It comes from another node, which has told it more than we know yet.
  if (page.seq && *page.seq > 0 && static_cast<std::uint64_t>(*page.seq) > cursor->head() &&
      page.epoch == reads_.epoch()) {
    const auto looked = co_await reads_.look();
    if (!looked) {
      socket->close_transport("store unavailable"); // as below
      co_return;
    }
    cursor->go_on_from(reads_.head());
  }
  const auto missed = co_await reads_.missed(guest.who, std::move(page), cursor->head());
  if (!missed) {
    // The store is away: the client comes back by itself and asks again.
    socket->close_transport("store unavailable");
    co_return;
  }
  if (!socket->connected()) co_return;

  std::string sync;
  {
    wire::object_writer object(sync);
    object.member("epoch", reads_.epoch());
    object.member("head", cursor->head());
    object.member("userId", user_id);
    std::string& list = object.open("events");
    list += '[';
    for (const encoded_event& event : missed->events) {
      if (list.back() != '[') list += ',';
      list += "{\"seq\":" + std::to_string(event.seq) + ",\"event\":\"" + event.name +
              "\",\"data\":" + *event.data + "}";
    }
    list += ']';
    if (missed->resync) object.member("resync", true);
  }
  socket->emit(outgoing::event("/", "sync", sync));
  if (!service_.all_well(guest.who.role == role::admin))
    socket->emit(service_frame(service_, guest.who.role));
  for (const encoded_event& event : cursor->release())
    socket->emit(outgoing::event("/", event.name, *event.data));

  socket->join(here);
}

void live_server::publish(const encoded_event& event) {
  const std::string room = event.only_user.empty() ? std::string(everybody) : room_of(event.only_user);
  std::optional<outgoing> frame; // encoded when somebody listens
  nsp_.for_each_socket_in(room, [&](socket& listener) {
    if (!of(listener).cursor->offer(event)) return;
    if (!frame) frame = outgoing::event("/", event.name, *event.data);
    listener.emit(*frame);
  });
}

// Each node tells its own pages.
void live_server::tell_people(const presence::change& change) {
  const auto tell = [&](const std::string& user_id, const char* state) {
    const timestamp seen = presence_.last_seen(user_id).value_or(wall_now());
    json::object told{{"userId", user_id}, {"state", state}, {"lastSeen", to_iso8601(seen)}};
    nsp_.to(here).local().emit("presence", json::array{std::move(told)});
  };
  for (const std::string& user_id : change.came) tell(user_id, "online");
  for (const std::string& user_id : change.went) tell(user_id, "offline");
}

void live_server::tell_service_state() {
  const outgoing to_agents = service_frame(service_, role::agent);
  const outgoing to_admins = service_frame(service_, role::admin);
  nsp_.for_each_socket_in(here, [&](socket& listener) {
    listener.emit(of(listener).who.role == role::admin ? to_admins : to_agents);
  });
}

void live_server::log_out(const std::string& token) {
  nsp_.for_each_socket([&](socket& one) {
    if (of(one).token == token) one.disconnect();
  });
}

// Asks for the sessions of all connections anew, again when they change meanwhile. A session that ended ends
// its connections; what is different about a user goes to the others.
void live_server::check_sessions() {
  check_again_ = true;
  if (checking_) return;
  checking_ = true;
  auto check = [](live_server* self) -> task<void> {
    while (std::exchange(self->check_again_, false)) {
      std::map<std::string, timestamp> ends; // by token
      self->nsp_.for_each_socket([&](socket& one) { ends[of(one).token] = of(one).until; });
      for (const auto& [token, until] : ends) {
        const auto session = co_await self->people_.find_session(token);
        if (session) {
          self->look_by(session->until);
          self->nsp_.for_each_socket([&](socket& one) {
            if (of(one).token != token) return;
            of(one).who = session->who;
            of(one).until = session->until;
          });
        } else if (session.error().kind == failure_kind::unauthorized || until <= wall_now()) {
          self->log_out(token);
        } else {
          self->look_by(std::min(until, wall_now() + look_again_after)); // the store is away or busy
        }
      }
    }
    self->checking_ = false;
  };
  start(io_, "live: a look at all sessions", check(this), [this] { checking_ = false; });
}

// One timer, mostly for the session that ends first.
void live_server::look_by(timestamp when) {
  if (when >= next_look_) return;
  next_look_ = when;
  look_timer_.expires_after(std::max(when - wall_now(), std::chrono::milliseconds{1}));
  look_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    next_look_ = timestamp::max();
    check_sessions();
  });
}

void live_server::on_register(socket& socket, const incoming& event) {
  if (!event.ack) return;
  std::string asked;
  if (!event.arguments.empty()) {
    const json::value& first = event.arguments.front();
    asked = first.is_object() ? wire::text_at(first.get_object(), "userId") : wire::text_of(first);
  }
  if (asked == of(socket).who.id)
    event.ack(json::array{json::object{{"ok", true}}});
  else
    event.ack(failed("forbidden", "You can only register as yourself."));
}

// typing {chatId, isTyping} and viewing {chatId}: to colleagues, with who it is from the session, never from
// the message.
void live_server::relay(socket& socket, const incoming& event) {
  const json::object* said = event.arguments.empty() ? nullptr : event.arguments.front().if_object();
  if (!said) return;
  visitor& guest = of(socket);
  const std::string chat_id = wire::text_at(*said, "chatId");
  if (chat_id.size() > 256 || guest.pace.take(std::chrono::steady_clock::now()).count() > 0) return;
  json::object told{{"chatId", chat_id}, {"userId", guest.who.id}};
  if (event.name == "typing") {
    if (chat_id.empty()) return;
    const json::value* typing = said->if_contains("isTyping");
    told["isTyping"] = typing && typing->is_bool() && typing->get_bool();
  } else if (chat_id.empty()) {
    told["chatId"] = nullptr; // looks at none
  }
  nsp_.to(here).except(room_of(guest.who.id)).emit(event.name, json::array{std::move(told)});
}

task<void> live_server::mark_read(user who, std::string chat_id, std::uint64_t up_to,
                                  socketio::acknowledge ack) {
  const auto done = co_await messages_.mark_read(std::move(who), std::move(chat_id), up_to);
  if (!ack) co_return;
  if (done)
    ack(json::array{json::object{{"ok", true}}});
  else
    ack(failed(done.error().code, done.error().detail));
}

} // namespace tickwire::realtime
