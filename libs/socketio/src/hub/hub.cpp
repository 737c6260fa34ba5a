#include "hub/hub.hpp"

#include "codec/websocket.hpp"

#include <boost/json/serialize.hpp>

#include <sys/random.h>

#include <algorithm>
#include <stdexcept>

namespace socketio {

namespace json = boost::json;
using codec::socket_type;

namespace {

// "[" name "," arguments "]"
std::string event_json(std::string_view name, std::string_view arguments_json) {
  std::string text = "[" + json::serialize(json::string(name));
  if (!arguments_json.empty()) {
    text += ',';
    text += arguments_json;
  }
  text += ']';
  return text;
}

std::string event_json(std::string_view name, const json::array& arguments) {
  const std::string list = json::serialize(arguments);
  return event_json(name, std::string_view(list).substr(1, list.size() - 2));
}

void refuse_reserved(std::string_view name) {
  if (codec::reserved_event(name))
    throw std::invalid_argument("\"" + std::string(name) + "\" is a reserved event name");
}

} // namespace

// --- outgoing ---

outgoing outgoing::event(std::string_view nsp, std::string_view name, std::string_view arguments_json) {
  refuse_reserved(name);
  const codec::packet packet = codec::text_packet(codec::encode_socket_packet(
      socket_type::event, 0, nsp, std::nullopt, event_json(name, arguments_json)));
  outgoing result;
  result.frame_ = packet.frame;
  result.header_ = packet.header;
  return result;
}

std::string_view handshake::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

// --- socket ---

socket::socket(detail::client& client, nsp& nsp, std::string id, handshake handshake)
    : client_(&client)
    , nsp_(nsp)
    , id_(std::move(id))
    , handshake_(std::move(handshake)) {}

socket::~socket() = default;

void socket::emit(const outgoing& event) {
  if (!client_ || !client_->link()) return;
  codec::packet packet;
  packet.frame = event.frame_;
  packet.header = static_cast<std::uint8_t>(event.header_);
  client_->link()->send(std::move(packet));
}

void socket::emit(std::string_view name, const json::array& arguments) { emit(name, arguments, {}); }

void socket::emit(std::string_view name, const json::array& arguments, std::vector<std::string> attachments) {
  refuse_reserved(name);
  if (!client_ || !client_->link()) return;
  const auto type = attachments.empty() ? socket_type::event : socket_type::binary_event;
  std::vector<codec::packet> packets;
  packets.push_back(codec::text_packet(codec::encode_socket_packet(
      type, attachments.size(), nsp_.name(), std::nullopt, event_json(name, arguments))));
  for (const std::string& bytes : attachments) packets.push_back(codec::binary_packet(bytes));
  client_->link()->send(std::move(packets));
}

void socket::emit_with_ack(std::string_view name, const json::array& arguments,
                           std::chrono::milliseconds timeout,
                           std::function<void(std::optional<json::array>)> answered) {
  refuse_reserved(name);
  if (!client_ || !client_->link() || acks_.size() >= nsp_.state_->hub->settings().max_pending_acks)
    return answered(std::nullopt);
  auto pending = std::make_shared<pending_ack>(nsp_.state_->hub->io(), next_ack_++);
  pending->answered = std::move(answered);
  pending->timer.expires_after(timeout);
  pending->timer.async_wait(
      [self = weak_from_this(), waiting = std::weak_ptr(pending)](boost::system::error_code error) {
        const auto alive = self.lock();
        const auto mine = waiting.lock();
        if (error || !alive || !mine) return;
        std::erase(alive->acks_, mine);
        mine->answered(std::nullopt);
      });
  acks_.push_back(pending);
  client_->link()->send(codec::text_packet(codec::encode_socket_packet(
      socket_type::event, 0, nsp_.name(), pending->id, event_json(name, arguments))));
}

void socket::join(std::string_view room) {
  if (!client_ || in(room)) return;
  rooms_.emplace_back(room);
  nsp_.state_->rooms[std::string(room)].push_back(this);
}

void socket::leave(std::string_view room) {
  if (std::erase(rooms_, room) == 0) return;
  auto& rooms = nsp_.state_->rooms;
  const auto place = rooms.find(std::string(room));
  std::erase(place->second, this);
  if (place->second.empty()) rooms.erase(place);
}

bool socket::in(std::string_view room) const {
  return std::find(rooms_.begin(), rooms_.end(), room) != rooms_.end();
}

void socket::disconnect() {
  if (!client_) return;
  if (client_->link())
    client_->link()->send(codec::text_packet(
        codec::encode_socket_packet(socket_type::disconnect, 0, nsp_.name(), std::nullopt, "")));
  const auto alive = client_->shared_from_this();
  alive->leave(*this, "server namespace disconnect");
}

void socket::close_transport(std::string_view reason) {
  if (client_ && client_->link()) client_->link()->close(reason);
}

// --- selection ---

selection selection::to(std::string_view room) const {
  selection more = *this;
  more.rooms_.emplace_back(room);
  return more;
}

selection selection::except(std::string_view room) const {
  selection fewer = *this;
  fewer.except_.emplace_back(room);
  return fewer;
}

void selection::emit(std::string_view name, const json::array& arguments) const {
  const std::string list = json::serialize(arguments);
  emit(outgoing::event(nsp_->name(), name, std::string_view(list).substr(1, list.size() - 2)));
}

void selection::emit(const outgoing& event) const {
  const auto excluded = [&](const socket& candidate) {
    return std::any_of(except_.begin(), except_.end(),
                       [&](const std::string& room) { return candidate.in(room) || candidate.id() == room; });
  };
  auto& state = *nsp_->state_;
  if (rooms_.empty()) {
    for (const auto& [candidate, keep] : state.members)
      if (!excluded(*candidate)) candidate->emit(event);
    return;
  }
  if (rooms_.size() == 1) {
    const auto place = state.rooms.find(rooms_.front());
    if (place == state.rooms.end()) return;
    for (socket* candidate : place->second)
      if (!excluded(*candidate)) candidate->emit(event);
    return;
  }
  std::vector<socket*> once; // a socket in several rooms gets it once
  for (const std::string& room : rooms_)
    if (const auto place = state.rooms.find(room); place != state.rooms.end())
      once.insert(once.end(), place->second.begin(), place->second.end());
  std::sort(once.begin(), once.end());
  once.erase(std::unique(once.begin(), once.end()), once.end());
  for (socket* candidate : once)
    if (!excluded(*candidate)) candidate->emit(event);
}

// --- nsp ---

nsp::nsp(std::string name, detail::hub& hub)
    : name_(std::move(name))
    , state_(std::make_unique<state>()) {
  state_->hub = &hub;
}
nsp::~nsp() = default;

void nsp::use(std::function<void(const handshake&, std::any&, next)> middleware) {
  state_->middlewares.push_back(std::move(middleware));
}
void nsp::on_connection(std::function<void(socket&)> handler) { state_->on_connection = std::move(handler); }
void nsp::on_disconnect(std::function<void(socket&, std::string_view)> handler) {
  state_->on_disconnect = std::move(handler);
}
void nsp::on(std::string_view event, std::function<void(socket&, const incoming&)> handler) {
  state_->handlers[std::string(event)] = std::move(handler);
}
void nsp::on_any(std::function<void(socket&, const incoming&)> handler) { state_->any = std::move(handler); }

std::size_t nsp::size() const { return state_->members.size(); }

std::vector<std::shared_ptr<socket>> nsp::sockets() const {
  std::vector<std::shared_ptr<socket>> all;
  for (const auto& [raw, shared] : state_->members) all.push_back(shared);
  return all;
}

std::vector<std::shared_ptr<socket>> nsp::sockets_in(std::string_view room) const {
  std::vector<std::shared_ptr<socket>> found;
  if (const auto place = state_->rooms.find(std::string(room)); place != state_->rooms.end())
    for (socket* raw : place->second) found.push_back(raw->shared_from_this());
  return found;
}

} // namespace socketio

namespace socketio::detail {

namespace json = boost::json;
using codec::socket_packet;
using codec::socket_type;

std::string random_id() {
  unsigned char bytes[15];
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes))
    throw std::runtime_error("the kernel gives no random bytes");
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string id;
  for (std::size_t i = 0; i < sizeof bytes; i += 3) {
    const unsigned group =
        static_cast<unsigned>(bytes[i]) << 16 | static_cast<unsigned>(bytes[i + 1]) << 8 | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) id += alphabet[group >> shift & 63];
  }
  return id;
}

std::string hub::new_id() { return random_id(); }

nsp& hub::of(std::string_view name) {
  if (nsp* found = find(name)) return *found;
  return *nsps_.emplace(std::string(name), std::make_unique<nsp>(std::string(name), *this)).first->second;
}

nsp* hub::find(std::string_view name) {
  const auto place = nsps_.find(name);
  return place == nsps_.end() ? nullptr : place->second.get();
}

// --- client ---

client::client(hub& hub, client_link& link, handshake handshake)
    : hub_(hub)
    , link_(&link)
    , handshake_(std::move(handshake)) {}
client::~client() = default;

void client::violation(std::string_view what) {
  hub_.log(what);
  if (link_) link_->cut("parse error");
}

void client::on_message(bool binary, std::string_view data) {
  if (!binary) {
    if (awaiting_) return violation("text where an attachment should be");
    const socketio::config& settings = hub_.settings();
    auto packet = codec::parse_socket_packet(
        data, {settings.max_attachments, settings.max_event_name, settings.max_json_depth});
    if (!packet) return violation("packet that is not Socket.IO");
    if (packet->attachments > 0)
      awaiting_ = std::move(packet);
    else
      on_packet(std::move(*packet), {});
    return;
  }
  if (!awaiting_) return violation("attachment of nothing");
  attachments_.emplace_back(data);
  if (attachments_.size() < awaiting_->attachments) return;
  socket_packet packet = std::move(*awaiting_);
  awaiting_.reset();
  on_packet(std::move(packet), std::exchange(attachments_, {}));
}

std::shared_ptr<socket> client::find(std::string_view name) const {
  for (const auto& socket : sockets_)
    if (socket->nsp_.name() == name) return socket;
  return nullptr;
}

void client::on_packet(socket_packet packet, std::vector<std::string> attachments) {
  const auto alive = shared_from_this();
  if (packet.type == socket_type::connect) return connect(packet.nsp, std::move(packet.payload));

  const std::shared_ptr<socket> target = find(packet.nsp);
  if (!target) return violation("packet for a namespace that was not joined");

  switch (packet.type) {
  case socket_type::disconnect:
    leave(*target, "client namespace disconnect");
    break;
  case socket_type::event:
  case socket_type::binary_event: {
    json::array& list = packet.payload.get_array();
    const std::string name(list.front().get_string());
    incoming event;
    event.name = name;
    list.erase(list.begin());
    event.arguments = std::move(list);
    event.attachments = std::move(attachments);
    if (packet.id) {
      event.ack = [weak = std::weak_ptr(target), id = *packet.id,
                   done = false](json::array arguments) mutable {
        const auto socket = weak.lock();
        if (std::exchange(done, true) || !socket || !socket->client_ || !socket->client_->link()) return;
        socket->client_->link()->send(codec::text_packet(codec::encode_socket_packet(
            socket_type::ack, 0, socket->nsp_.name(), id, json::serialize(arguments))));
      };
    }
    auto& state = *target->nsp_.state_;
    const auto handler = state.handlers.find(name);
    if (handler != state.handlers.end())
      handler->second(*target, event);
    else if (state.any)
      state.any(*target, event);
    break;
  }
  case socket_type::ack:
  case socket_type::binary_ack: {
    const auto place = std::find_if(target->acks_.begin(), target->acks_.end(),
                                    [&](const auto& a) { return a->id == *packet.id; });
    if (place == target->acks_.end()) break; // late, or never asked
    const auto pending = *place;
    target->acks_.erase(place);
    pending->timer.cancel();
    pending->answered(std::move(packet.payload.get_array()));
    break;
  }
  default:
    violation("packet that only servers send");
  }
}

void client::connect(const std::string& nsp_name, json::value auth) {
  nsp* target = hub_.find(nsp_name);
  if (!target) {
    link_->send(codec::text_packet(codec::encode_socket_packet(
        socket_type::connect_error, 0, nsp_name, std::nullopt, R"({"message":"Invalid namespace"})")));
    return;
  }
  const auto same = [&](const auto& s) { return &s->nsp_ == target; };
  if (std::any_of(sockets_.begin(), sockets_.end(), same) ||
      std::any_of(connecting_.begin(), connecting_.end(), same))
    return violation("second CONNECT to a namespace");
  if (sockets_.size() + connecting_.size() >= hub_.settings().max_namespaces_per_client)
    return violation("too many namespaces");
  handshake mine = handshake_;
  mine.auth = std::move(auth);
  auto fresh = std::make_shared<socket>(*this, *target, hub_.new_id(), std::move(mine));
  connecting_.push_back(fresh);
  ask_middleware(std::move(fresh), 0);
}

void client::ask_middleware(std::shared_ptr<socket> socket, std::size_t index) {
  auto& middlewares = socket->nsp_.state_->middlewares;
  if (index == middlewares.size()) return admitted(socket);
  middlewares[index](
      socket->handshake_, socket->data,
      [weak = weak_from_this(), socket, index, done = false](std::optional<connect_error> error) mutable {
        const auto self = weak.lock();
        if (std::exchange(done, true) || !self || !self->link_) return; // the transport died meanwhile
        if (!error) return self->ask_middleware(socket, index + 1);
        std::erase(self->connecting_, socket);
        self->refused(socket->nsp_, *error);
      });
}

void client::admitted(const std::shared_ptr<socket>& socket) {
  std::erase(connecting_, socket);
  sockets_.push_back(socket);
  joined_any_ = true;
  nsp& target = socket->nsp_;
  target.state_->members.emplace(socket.get(), socket);
  link_->send(codec::text_packet(codec::encode_socket_packet(
      socket_type::connect, 0, target.name(), std::nullopt, "{\"sid\":\"" + socket->id() + "\"}")));
  if (target.state_->on_connection) target.state_->on_connection(*socket);
}

void client::refused(nsp& nsp, const connect_error& error) {
  json::object payload{{"message", error.message}};
  if (error.data) payload["data"] = *error.data;
  link_->send(codec::text_packet(codec::encode_socket_packet(socket_type::connect_error, 0, nsp.name(),
                                                             std::nullopt, json::serialize(payload))));
}

void client::leave(socket& leaving, std::string_view reason) {
  const auto socket = leaving.shared_from_this();
  std::erase(sockets_, socket);
  while (!socket->rooms_.empty()) {
    const std::string room = socket->rooms_.back();
    socket->leave(room);
  }
  auto& state = *socket->nsp_.state_;
  state.members.erase(socket.get());
  socket->client_ = nullptr;
  for (const auto& pending : std::exchange(socket->acks_, {})) {
    pending->timer.cancel();
    pending->answered(std::nullopt);
  }
  if (state.on_disconnect) state.on_disconnect(*socket, reason);
}

void client::on_closed(std::string_view reason) {
  const auto alive = shared_from_this();
  link_ = nullptr;
  for (const auto& socket : std::exchange(connecting_, {})) socket->client_ = nullptr;
  while (!sockets_.empty()) leave(*sockets_.back(), reason);
}

} // namespace socketio::detail
