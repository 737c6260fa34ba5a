#include "hub/hub.hpp"
#include "patience.hpp"

#include <algorithm>

namespace socketio {

namespace json = boost::json;
using namespace detail;
using codec::socket_type;

socket::socket(client& client, std::shared_ptr<class nsp> nsp, nsp_slice& slice, handshake handshake)
    : client_(&client)
    , nsp_(std::move(nsp))
    , slice_(slice)
    , handshake_(std::move(handshake))
    , id_(random_id()) {}

socket::~socket() = default;

// --- sending ---

void socket::queue(const broadcast_event& event) {
  live_session& link = client_->link();
  link.send(event.head);
  for (const codec::packet& part : event.attachments) link.send(part);
}

// On its thread. False: it is not sent.
bool socket::send(const broadcast_event& event) {
  if (!member_ || (event.is_volatile && !client_->link().ready())) return false;
  queue(event);
  return true;
}

void socket::tell_watchers(const broadcast_event& event) {
  if (slice_.table->any_outgoing.empty()) return;
  const auto table = slice_.table;
  const packet_data seen = decode_event(event.head, event.attachments);
  for (const auto& watcher : table->any_outgoing) nsp_->state_->hub->call(watcher, *this, seen);
}

void socket::send_here(const broadcast_event& event) {
  const auto alive = shared_from_this(); // who watches may end it
  if (send(event)) tell_watchers(event);
}

void socket::send_or_post(std::shared_ptr<broadcast_event> event) {
  if (nsp_->state_->hub->recovering()) { // it may get an offset, and is kept
    event->whom.rooms.assign(1, std::string(id()));
    return nsp_->state_->hub->deliver(*nsp_, std::move(event));
  }
  if (slice_.home.is_current()) return send_here(*event);
  slice_.home.post([self = shared_from_this(), event = std::move(event)] { self->send_here(*event); });
}

void socket::emit(const outgoing& event) {
  if (slice_.home.is_current() && !nsp_->state_->hub->recovering()) return send_here(*event.event_);
  send_or_post(std::make_shared<broadcast_event>(*event.event_));
}

void socket::emit(std::string_view name, const json::array& arguments,
                  const std::vector<std::string>& attachments) {
  refuse_reserved(name);
  broadcast_event event;
  event.head = event_packet(nsp_->name(), std::nullopt, attachments.size(), name, arguments);
  event.attachments = binary_packets(attachments);
  if (slice_.home.is_current() && !nsp_->state_->hub->recovering()) return send_here(event);
  send_or_post(std::make_shared<broadcast_event>(std::move(event)));
}

void socket::emit_volatile(std::string_view name, const json::array& arguments) {
  refuse_reserved(name);
  auto event = std::make_shared<broadcast_event>();
  event->is_volatile = true;
  event->head = event_packet(nsp_->name(), std::nullopt, 0, name, arguments);
  send_or_post(std::move(event));
}

void socket::emit_with_ack(std::string_view name, const json::array& arguments,
                           std::chrono::milliseconds timeout, ack_handler answered,
                           const std::vector<std::string>& attachments) {
  refuse_reserved(name);
  auto event = std::make_shared<broadcast_event>();
  event->ack_id = nsp_->state_->next_ack++;
  event->head = event_packet(nsp_->name(), event->ack_id, attachments.size(), name, arguments);
  event->attachments = binary_packets(attachments);
  slice_.home.run([self = shared_from_this(), event, timeout, answered = std::move(answered)]() mutable {
    self->ask(*event, timeout, std::move(answered));
  });
}

// On its thread. `answered` is called once, whatever happens.
void socket::ask(const broadcast_event& event, std::chrono::milliseconds patience, ack_handler answered) {
  hub& hub = *nsp_->state_->hub;
  if (!member_ || acks_.size() >= hub.settings().max_pending_acks) {
    hub.call(answered, member_ ? error::too_many_pending : error::disconnected, packet_data{});
    return;
  }
  acks_.push_back(std::make_unique<pending_ack>(*this, *event.ack_id, std::move(answered)));
  slice_.home.schedule(*acks_.back(), deadline_after(patience));
  send_here(event);
}

void acknowledge::operator()(json::array arguments, std::vector<std::string> attachments) const {
  if (!once_ || once_->done.exchange(true)) return;
  // The server may be gone, and with it the thread that the socket lived on.
  once_->home->run([once = once_, list = std::move(arguments), parts = std::move(attachments)] {
    const auto whom = once->whom.lock();
    if (!whom || !whom->member_) return;
    live_session& link = whom->client_->link();
    link.send(ack_packet(whom->nsp_->name(), once->id, parts.size(), list));
    for (codec::packet& part : binary_packets(parts)) link.send(std::move(part));
  });
}

namespace detail {

pending_ack::~pending_ack() { owner.slice_.home.cancel(*this); }

void pending_ack::on_time(time_point) {
  const auto alive = owner.shared_from_this();
  auto& waiting = alive->acks_;
  const auto place =
      std::find_if(waiting.begin(), waiting.end(), [&](const auto& one) { return one.get() == this; });
  const std::unique_ptr<pending_ack> mine = std::move(*place);
  waiting.erase(place);
  alive->nsp_->state_->hub->call(answered, error::timed_out, packet_data{});
}

} // namespace detail

// --- rooms ---

broadcast_operator socket::broadcast() const { return broadcast_operator(*nsp_).except(id()); }

bool socket::join(std::string_view room) {
  if (!slice_.home.is_current()) {
    slice_.home.post([self = shared_from_this(), name = std::string(room)] { self->join(name); });
    return true;
  }
  if (!client_ || in(room)) return client_ != nullptr;
  if (rooms_.size() >= nsp_->state_->hub->settings().max_rooms_per_socket) return false;
  slice_.join(*this, room);
  return true;
}

void socket::leave(std::string_view name) {
  slice_.home.run([self = shared_from_this(), its = std::string(name)] {
    if (room* there = self->slice_.find_room(its); there && self->in(its)) self->slice_.leave(*self, *there);
  });
}

bool socket::in(std::string_view room) const {
  return room == id() || std::any_of(rooms_.begin(), rooms_.end(),
                                     [&](const membership& one) { return one.room->name == room; });
}

std::vector<std::string> socket::rooms() const {
  std::vector<std::string> names{std::string(id())};
  for (const membership& one : rooms_) names.push_back(one.room->name);
  return names;
}

// --- the end ---

void socket::disconnect(bool close) {
  slice_.home.run([self = shared_from_this(), close] {
    if (!self->client_) return;
    if (close) return self->client_->disconnect_all();
    if (!self->member_) return;
    client& its = *self->client_;
    its.link().send(control_packet(socket_type::disconnect, self->nsp_->name(), ""));
    its.leave(*self, "server namespace disconnect");
  });
}

void socket::close_transport(std::string_view reason) {
  slice_.home.run([self = shared_from_this(), why = std::string(reason)] {
    if (self->client_) self->client_->link().close(why);
  });
}

} // namespace socketio
