#include "hub/hub.hpp"

#include "codec/json_text.hpp"

#include <algorithm>

namespace socketio::detail {

namespace json = boost::json;
using codec::socket_packet;
using codec::socket_type;

client::client(hub& hub, live_session& link)
    : hub_(hub)
    , link_(link) {
  link_.expect_join(hub.settings().connect_timeout);
}

// Without handlers: the server is going away.
client::~client() {
  for (const auto& socket : sockets_) {
    socket->acks_.clear();
    socket->slice_.remove(*socket);
    socket->client_ = nullptr;
    socket->recovery_.reset(); // it refers to the hub, and the socket may be held for longer
  }
}

socket* client::find(std::string_view nsp) const {
  for (const auto& socket : sockets_)
    if (socket->nsp_->name() == nsp) return socket.get();
  return nullptr;
}

void client::violation(std::string_view what) {
  hub_.log("client cut: " + std::string(what));
  link_.cut("forced close", what);
}

// --- what it says ---

void client::on_message(bool binary, std::string_view data, const http_request*) {
  if (closed_) return;
  if (!binary) {
    if (half_) return violation("text where an attachment should be");
    const config& settings = hub_.settings();
    auto packet = codec::parse_socket_packet(
        data, {settings.max_attachments, settings.max_event_name, settings.max_json_depth});
    if (!packet) return violation("not a Socket.IO packet");
    if (packet->attachments == 0) return on_packet(std::move(*packet), {}, data.size());
    half_ = std::make_unique<half_packet>(*this);
    half_->packet = std::move(*packet);
    half_->bytes = data.size();
    link_.home_loop().schedule(*half_, steady::now() + settings.attachment_timeout);
    return;
  }
  if (!half_) return violation("attachment of nothing");
  if (data.size() >
      hub_.settings().max_attachment_bytes - std::min(half_->bytes, hub_.settings().max_attachment_bytes))
    return violation("attachments over max_attachment_bytes");
  half_->attachments.emplace_back(data);
  half_->bytes += data.size();
  if (half_->attachments.size() < half_->packet.attachments) return;
  const std::unique_ptr<half_packet> whole = std::move(half_);
  on_packet(std::move(whole->packet), std::move(whole->attachments), whole->bytes);
}

client::half_packet::~half_packet() { owner.link_.home_loop().cancel(*this); }

void client::half_packet::on_time(time_point) {
  owner.violation("the attachments of a packet did not come within attachment_timeout");
}

void client::on_packet(socket_packet packet, std::vector<std::string> attachments, std::size_t bytes) {
  if (packet.type == socket_type::connect) return connect(packet.nsp, std::move(packet.payload));

  socket* const target = find(packet.nsp);
  if (!target || !target->member_) return violation("packet for a namespace that was not joined");

  switch (packet.type) {
  case socket_type::disconnect:
    return leave(*target, "client namespace disconnect");
  case socket_type::event:
  case socket_type::binary_event:
    if (packet.payload.is_null()) return; // an event without a name, which nobody can wait for
    return on_event(*target, std::move(packet), std::move(attachments), bytes);
  case socket_type::ack:
  case socket_type::binary_ack: {
    if (!packet.id) return; // an answer to nothing
    packet_data answer{{}, std::move(attachments)};
    if (packet.payload.is_array()) answer.arguments = std::move(packet.payload.get_array());
    return on_ack(*target, *packet.id, std::move(answer));
  }
  default:
    return violation("packet that only servers send");
  }
}

void client::on_ack(socket& target, std::uint64_t id, packet_data answer) {
  auto& waiting = target.acks_;
  const auto place =
      std::find_if(waiting.begin(), waiting.end(), [&](const auto& one) { return one->id == id; });
  if (place == waiting.end()) return; // late, a second time, or never asked
  const auto alive = target.shared_from_this();
  const std::unique_ptr<pending_ack> mine = std::move(*place);
  waiting.erase(place);
  hub_.call(mine->answered, boost::system::error_code(), std::move(answer));
}

// --- events ---

namespace {

// The name stays where it is: `event` is used as long as its packet lives.
incoming event_of(socket_packet& packet, std::vector<std::string> attachments,
                  const std::shared_ptr<socket>& from, std::shared_ptr<way_to_loop> home, std::string& name) {
  json::array& list = packet.payload.get_array();
  name.assign(list.front().get_string().data(), list.front().get_string().size());
  list.erase(list.begin());
  incoming event;
  event.name = name;
  event.arguments = std::move(list);
  event.attachments = std::move(attachments);
  if (packet.id) {
    auto once = std::make_shared<ack_once>();
    once->whom = from;
    once->home = std::move(home);
    once->id = *packet.id;
    event.ack = acknowledge(std::move(once));
  }
  return event;
}

void tell_handlers(hub& hub, const std::shared_ptr<const handlers>& table, socket& from,
                   const incoming& event) {
  for (const auto& handler : table->any)
    if (from.connected()) hub.call(handler, from, event);
  if (const auto place = table->events.find(event.name); place != table->events.end())
    for (const auto& handler : place->second)
      if (from.connected()) hub.call(handler, from, event);
}

// Takes events through the packet middlewares until one is kept waiting or all are through; they come out in
// the order in which they went in. A loop: a middleware that answers at once, for a long line, is no deep
// stack.
void move_on(hub& hub, const std::shared_ptr<socket>& from, packet_line& line, nsp_slice& slice) {
  if (line.moving) return;
  line.moving = true;
  while (!line.events.empty() && line.events.front()->answered) {
    if (!from->connected()) {
      line.events.clear();
      break;
    }
    const std::shared_ptr<packet_line::waiting> first = line.events.front();
    if (!first->table) first->table = slice.table;
    const handlers& table = *first->table;
    if (!first->refused && first->asked < table.packet_middlewares.size()) {
      first->answered = false;
      // Holds what it refers to: the line belongs to the socket, the event may be looked at after going on.
      const next go_on =
          [&hub, from, &line, &slice, first,
           once = std::make_shared<std::atomic<bool>>(false)](std::optional<connect_error> error) {
            if (once->exchange(true)) return;
            slice.home.run([&hub, from, &line, &slice, first, error = std::move(error)]() mutable {
              first->answered = true;
              first->refused = std::move(error);
              move_on(hub, from, line, slice);
            });
          };
      if (!hub.call(table.packet_middlewares[first->asked++], *from, first->event, go_on))
        go_on(connect_error{"Internal error"});
      continue;
    }
    line.events.pop_front();
    line.bytes -= first->bytes;
    if (!first->refused)
      tell_handlers(hub, first->table, *from, first->event);
    else
      for (const auto& handler : table.on_packet_refused) hub.call(handler, *from, *first->refused);
  }
  line.moving = false;
}

} // namespace

void client::on_event(socket& target, socket_packet packet, std::vector<std::string> attachments,
                      std::size_t bytes) {
  const auto alive = target.shared_from_this();
  nsp_slice& slice = target.slice_;
  if (slice.table->packet_middlewares.empty() && !target.line_) {
    std::string name;
    const incoming event = event_of(packet, std::move(attachments), alive, slice.home.way(), name);
    return tell_handlers(hub_, slice.table, target, event);
  }
  if (!target.line_) target.line_ = std::make_unique<packet_line>();
  packet_line& line = *target.line_;
  const config& settings = hub_.settings();
  if (line.events.size() >= settings.max_queued_packets || line.bytes >= settings.max_queued_bytes)
    return violation("more events than the packet middlewares let through");
  auto waiting = std::make_shared<packet_line::waiting>();
  waiting->event = event_of(packet, std::move(attachments), alive, slice.home.way(), waiting->name);
  waiting->bytes = bytes;
  line.bytes += bytes;
  line.events.push_back(std::move(waiting));
  move_on(hub_, alive, line, slice);
}

// --- joining a namespace ---

void client::connect(std::string_view name, json::value auth) {
  if (find(name)) return violation("second CONNECT to a namespace");
  if (sockets_.size() >= hub_.settings().max_namespaces_per_client)
    return link_.send(control_packet(socket_type::connect_error, name,
                                     R"({"message":"Too many namespaces on one connection"})"));
  nsp_slice* slice = hub_.slice_for(link_.home_loop(), name, auth);
  if (!slice)
    return link_.send(control_packet(socket_type::connect_error, name, R"({"message":"Invalid namespace"})"));
  auto its = slice->owner.shared_from_this();
  if (closed_) return hub_.release(*its); // whoever was asked for the namespace ended it

  handshake shake;
  shake.auth = std::move(auth);
  shake.request = link_.request();
  auto fresh = std::make_shared<socket>(*this, std::move(its), *slice, std::move(shake));
  sockets_.push_back(fresh);
  if (!hub_.recovering()) return ask_middleware(std::move(fresh), slice->table, 0);

  fresh->recovery_ = std::make_unique<recovery_state>();
  const json::object& said = fresh->handshake_.auth.get_object();
  const json::value* pid = said.if_contains("pid");
  const json::value* offset = said.if_contains("offset");
  std::optional<event_number> last;
  if (offset && offset->is_string())
    last = parse_offset({offset->get_string().data(), offset->get_string().size()});
  if (!pid || !pid->is_string() || (offset && !last))
    return ask_middleware(std::move(fresh), slice->table, 0);
  hub_.take_session(slice->home, std::string(pid->get_string()), std::string(name), last,
                    [&all = hub_, fresh](std::unique_ptr<kept_session> kept) {
                      if (!fresh->client_) { // the transport died meanwhile
                        if (kept) all.put_back(std::move(kept));
                        return;
                      }
                      client& self = *fresh->client_;
                      const bool skip = kept && all.settings().recovery->skip_middlewares;
                      if (kept) all.restore(*fresh, std::move(kept));
                      skip ? self.admit(fresh) : self.ask_middleware(fresh, fresh->slice_.table, 0);
                    });
}

void client::ask_middleware(std::shared_ptr<socket> socket, std::shared_ptr<const handlers> table,
                            std::size_t index) {
  if (index == table->middlewares.size()) return admit(socket);
  const auto asked = std::make_shared<std::atomic<bool>>(false);
  const next go_on = [socket, table, index, asked](std::optional<connect_error> error) {
    if (asked->exchange(true)) return;
    socket->slice_.home.run([socket, table, index, error = std::move(error)] {
      if (!socket->client_) return; // the transport died meanwhile
      if (error) return socket->client_->refuse(socket, *error);
      socket->client_->ask_middleware(socket, table, index + 1);
    });
  };
  if (!hub_.call(table->middlewares[index], *socket, go_on)) go_on(connect_error{"Internal error"});
  if (*asked) return;
  loop& home = socket->slice_.home;
  home.after(hub_.settings().middleware_timeout, [late = std::weak_ptr(socket), asked] {
    if (asked->exchange(true)) return;
    if (const auto whom = late.lock(); whom && whom->client_)
      whom->client_->refuse(whom, connect_error{"The server took too long to decide"});
  });
}

void client::admit(const std::shared_ptr<socket>& socket) {
  nsp_slice& slice = socket->slice_;
  if (socket->nsp_->state_->parent) {
    const auto again = [socket] {
      socket->slice_.home.run([socket] {
        if (socket->client_) socket->client_->admit(socket);
      });
    };
    if (!hub_.announce(*socket->nsp_, again)) return;
    if (!socket->client_) return; // on_new_namespace ended it
    hub_.renew_handlers(slice);   // on_new_namespace may have set some
  }
  if (socket->recovery_ && !hub_.catch_up(*socket)) {
    hub_.begin_anew(*socket);
    return ask_middleware(socket, slice.table, 0);
  }
  std::string answer = "{\"sid\":\"";
  answer += socket->id();
  if (socket->recovery_) answer += "\",\"pid\":\"" + socket->recovery_->pid;
  answer += "\"}";

  slice.add(*socket);
  if (socket->recovery_) {
    hub_.remember(*socket); // before its client hears that it is here, and may come back on another thread
    socket->recovery_->restored.reset(); // what goes with it may send again, or end it
  }
  ++socket->nsp_->state_->size;
  link_.joined();
  link_.send(control_packet(socket_type::connect, socket->nsp_->name(), answer));
  link_.let_first_packet_arrive();
  if (!socket->member_) return; // it could not be written: the connection is gone
  const auto table = slice.table;
  for (const auto& handler : table->on_connection)
    if (socket->member_) hub_.call(handler, *socket);
}

void client::refuse(const std::shared_ptr<socket>& socket, const connect_error& error) {
  json::object payload{{"message", error.message}};
  if (error.data) payload["data"] = *error.data;
  link_.send(
      control_packet(socket_type::connect_error, socket->nsp_->name(), codec::json_text(std::move(payload))));
  give_back(*socket);
  std::erase(sockets_, socket);
  socket->slice_.remove(*socket);
  socket->client_ = nullptr;
  hub_.release(*socket->nsp_);
}

// A session that it would have taken up waits on.
void client::give_back(socket& not_admitted) {
  if (not_admitted.recovery_ && not_admitted.recovery_->restored)
    hub_.put_back(std::move(not_admitted.recovery_->restored));
}

// --- the end ---

void client::leave(socket& leaving, std::string_view reason, std::string_view detail) {
  if (std::exchange(leaving.leaving_, true)) return; // a handler of its end ends it again
  const auto socket = leaving.shared_from_this();
  const auto table = socket->slice_.table;
  if (socket->member_) {
    for (const auto& handler : table->on_disconnecting) hub_.call(handler, *socket, reason);
    if (socket->recovery_) {
      const bool wanted = reason == "client namespace disconnect" || reason == "server namespace disconnect";
      wanted ? hub_.forget(*socket) : hub_.keep(*socket);
    }
  }
  give_back(*socket);
  const bool was_member = socket->member_;
  std::erase(sockets_, socket);
  socket->slice_.remove(*socket);
  socket->client_ = nullptr;
  for (const auto& pending : std::exchange(socket->acks_, {}))
    hub_.call(pending->answered, error::disconnected, packet_data{});
  if (was_member) {
    --socket->nsp_->state_->size;
    for (const auto& handler : table->on_disconnect) hub_.call(handler, *socket, reason, detail);
  }
  hub_.release(*socket->nsp_);
}

void client::disconnect_all() {
  const auto all = sockets_;
  for (const auto& socket : all) {
    if (!socket->client_) continue;
    if (socket->member_) link_.send(control_packet(socket_type::disconnect, socket->nsp_->name(), ""));
    leave(*socket, "server namespace disconnect");
  }
  // In one payload with the end, a stock client would take the end for the reason and come back by itself.
  link_.close("forced server close", true);
}

void client::on_closed(std::string_view reason, std::string_view detail) {
  closed_ = true;
  for (const auto& socket : std::vector(sockets_)) leave(*socket, reason, detail);
}

} // namespace socketio::detail
