#include "hub/hub.hpp"

#include <algorithm>

namespace socketio {

namespace json = boost::json;
using namespace detail;

outgoing outgoing::event(std::string_view nsp, std::string_view name, std::string_view arguments_json) {
  refuse_reserved(name);
  auto event = std::make_shared<broadcast_event>();
  event->head = event_packet(nsp, std::nullopt, 0, name, arguments_json);
  outgoing result;
  result.event_ = std::move(event);
  return result;
}

// --- nsp ---

nsp::nsp(std::string name, hub& hub)
    : name_(std::move(name))
    , state_(std::make_unique<state>()) {
  state_->hub = &hub;
  state_->current = std::make_shared<const handlers>();
  for (std::size_t i = 0; i < hub.engine.threads(); ++i)
    state_->slices.push_back(std::make_unique<nsp_slice>(*this, hub.engine.loop_at(i), state_->current, hub));
}

nsp::~nsp() = default;

void nsp::use(std::function<void(socket&, next)> middleware) {
  state_->hub->change_handlers(*this, [&](handlers& all) { all.middlewares.push_back(middleware); });
}
void nsp::on_connection(std::function<void(socket&)> handler) {
  state_->hub->change_handlers(*this, [&](handlers& all) { all.on_connection.push_back(handler); });
}
void nsp::on_disconnecting(std::function<void(socket&, std::string_view)> handler) {
  state_->hub->change_handlers(*this, [&](handlers& all) { all.on_disconnecting.push_back(handler); });
}
void nsp::on_disconnect(std::function<void(socket&, std::string_view, std::string_view)> handler) {
  state_->hub->change_handlers(*this, [&](handlers& all) { all.on_disconnect.push_back(handler); });
}
void nsp::on(std::string_view event, std::function<void(socket&, const incoming&)> handler) {
  refuse_reserved(event);
  state_->hub->change_handlers(*this,
                               [&](handlers& all) { all.events[std::string(event)].push_back(handler); });
}
void nsp::use_packet(std::function<void(socket&, const incoming&, next)> middleware) {
  state_->hub->change_handlers(*this, [&](handlers& all) { all.packet_middlewares.push_back(middleware); });
}
void nsp::on_packet_refused(std::function<void(socket&, const connect_error&)> handler) {
  state_->hub->change_handlers(*this, [&](handlers& all) { all.on_packet_refused.push_back(handler); });
}
void nsp::on_any(std::function<void(socket&, const incoming&)> handler) {
  state_->hub->change_handlers(*this, [&](handlers& all) { all.any.push_back(handler); });
}
void nsp::on_any_outgoing(std::function<void(socket&, const packet_data&)> handler) {
  state_->hub->change_handlers(*this, [&](handlers& all) { all.any_outgoing.push_back(handler); });
}
void nsp::on_server(std::string_view event,
                    std::function<void(const packet_data&, acknowledge_server)> handler) {
  state_->hub->change_handlers(
      *this, [&](handlers& all) { all.server_events[std::string(event)].push_back(handler); });
}

void nsp::server_side_emit(std::string_view name, const json::array& arguments) {
  refuse_reserved(name);
  if (cluster_adapter* others = state_->hub->cluster())
    others->server_side_emit(name_, event_data(name, arguments, {}), {});
}

void nsp::server_side_emit_with_ack(std::string_view name, const json::array& arguments,
                                    acks_handler answered) {
  refuse_reserved(name);
  if (cluster_adapter* others = state_->hub->cluster())
    others->server_side_emit(name_, event_data(name, arguments, {}), std::move(answered));
  else
    state_->hub->call(answered, boost::system::error_code(), std::vector<packet_data>{});
}

void nsp::for_each_socket(std::function<void(socket&)> visit) {
  if (state_->is_parent) {
    for (const auto& child : state_->hub->children_of(*this)) child->for_each_socket(visit);
    return;
  }
  state_->hub->on_each_slice(*this, [visit = std::move(visit), hub = state_->hub](nsp_slice& slice) {
    for (const auto& one : slice.select({}))
      if (one->connected()) hub->call(visit, *one);
  });
}

void nsp::for_each_socket_in(std::string_view room, std::function<void(socket&)> visit) {
  if (state_->is_parent) {
    for (const auto& child : state_->hub->children_of(*this)) child->for_each_socket_in(room, visit);
    return;
  }
  state_->hub->on_each_slice(*this, [whom = target_options{{std::string(room)}, {}}, visit = std::move(visit),
                                     hub = state_->hub](nsp_slice& slice) {
    for (const auto& one : slice.select(whom))
      if (one->connected()) hub->call(visit, *one);
  });
}

std::size_t nsp::size() const { return state_->size; }

// --- broadcast_operator ---

broadcast_operator broadcast_operator::to(std::string_view room) const {
  broadcast_operator more = *this;
  more.whom_.rooms.emplace_back(room);
  return more;
}

broadcast_operator broadcast_operator::except(std::string_view room) const {
  broadcast_operator fewer = *this;
  fewer.whom_.except.emplace_back(room);
  return fewer;
}

broadcast_operator broadcast_operator::local() const {
  broadcast_operator here = *this;
  here.local_ = true;
  return here;
}

broadcast_operator broadcast_operator::volatile_() const {
  broadcast_operator careless = *this;
  careless.flags_.is_volatile = true;
  return careless;
}

broadcast_operator broadcast_operator::timeout(std::chrono::milliseconds patience) const {
  broadcast_operator patient = *this;
  patient.flags_.timeout = patience;
  return patient;
}

cluster_adapter* broadcast_operator::others() const {
  return local_ ? nullptr : nsp_->state_->hub->cluster();
}

// The same for each child of a namespace that stands for many. False: it stands for itself.
bool broadcast_operator::for_children(const std::function<void(const broadcast_operator&)>& act) const {
  if (!nsp_->state_->is_parent) return false;
  for (const auto& child : nsp_->state_->hub->children_of(*nsp_)) {
    broadcast_operator same = *this;
    same.nsp_ = child.get();
    act(same);
  }
  return true;
}

void broadcast_operator::emit(std::string_view name, const json::array& arguments,
                              const std::vector<std::string>& attachments) const {
  refuse_reserved(name);
  if (for_children([&](const broadcast_operator& child) { child.emit(name, arguments, attachments); }))
    return;
  auto event = std::make_shared<broadcast_event>();
  event->whom = whom_;
  event->is_volatile = flags_.is_volatile;
  event->head = event_packet(nsp_->name(), std::nullopt, attachments.size(), name, arguments);
  event->attachments = binary_packets(attachments);
  if (cluster_adapter* far = others())
    far->broadcast(nsp_->name(), event_data(name, arguments, attachments), whom_, flags_);
  nsp_->state_->hub->deliver(*nsp_, std::move(event));
}

void broadcast_operator::emit(const outgoing& encoded) const {
  if (nsp_->state_->is_parent) { // each child has a name of its own in its packets
    const packet_data data = decode_event(encoded.event_->head, {});
    const json::array arguments(data.arguments.begin() + 1, data.arguments.end());
    const auto& name = data.arguments.front().get_string();
    return emit({name.data(), name.size()}, arguments);
  }
  auto event = std::make_shared<broadcast_event>(*encoded.event_);
  event->whom = whom_;
  event->is_volatile = flags_.is_volatile;
  if (cluster_adapter* far = others())
    far->broadcast(nsp_->name(), decode_event(event->head, event->attachments), whom_, flags_);
  nsp_->state_->hub->deliver(*nsp_, std::move(event));
}

namespace {

// Counts the answers to a broadcast until all are there or time is over. Lives on one loop.
struct answer_tally {
  std::size_t reports = 0;            // how many servers have said how many clients they ask
  std::optional<std::size_t> servers; // how many will
  std::size_t clients = 0, gone = 0;
  std::vector<packet_data> answers;
  boost::system::error_code trouble;
  acks_handler answered;
  bool done = false;

  void finish_if_complete(hub& hub) {
    if (done || !servers || reports < *servers || answers.size() + gone < clients) return;
    finish(hub, gone > 0 && !trouble ? make_error_code(error::disconnected) : trouble);
  }
  void finish(hub& hub, boost::system::error_code why) {
    if (std::exchange(done, true)) return;
    hub.call(std::exchange(answered, nullptr), why, std::move(answers)); // what it holds goes now
  }
};

} // namespace

void broadcast_operator::emit_with_ack(std::string_view name, const json::array& arguments,
                                       acks_handler answered) const {
  refuse_reserved(name);
  hub& hub = *nsp_->state_->hub;
  loop& home = hub.engine.nearest_loop();
  const auto patience = flags_.timeout.value_or(default_patience);
  auto tally = std::make_shared<answer_tally>();
  tally->answered = std::move(answered);

  auto event = std::make_shared<broadcast_event>();
  event->whom = whom_;
  event->is_volatile = flags_.is_volatile;
  event->ack_id = nsp_->state_->next_ack++;
  event->head = event_packet(nsp_->name(), event->ack_id, 0, name, arguments);

  const auto on_home = [&home, tally, &hub](auto change) {
    home.run([tally, &hub, change = std::move(change)]() mutable {
      change(*tally);
      tally->finish_if_complete(hub);
    });
  };
  const auto asked = [on_home](std::size_t clients) {
    on_home([clients](answer_tally& all) {
      ++all.reports;
      all.clients += clients;
    });
  };
  const auto one_answer = [on_home](packet_data answer) {
    on_home([answer = std::move(answer)](answer_tally& all) mutable {
      all.answers.push_back(std::move(answer));
    });
  };
  home.run([&home, &hub, tally, patience] {
    home.after(patience, [&hub, tally] { tally->finish(hub, error::timed_out); });
  });
  if (cluster_adapter* far = others()) {
    broadcast_flags flags = flags_;
    flags.timeout = patience;
    far->broadcast_with_ack(
        nsp_->name(), event_data(name, arguments, {}), whom_, flags,
        [on_home](boost::system::error_code why, std::size_t servers) {
          on_home([why, servers](answer_tally& all) {
            all.trouble = why;
            all.servers = servers + 1;
          });
        },
        asked, one_answer);
  } else {
    on_home([](answer_tally& all) { all.servers = 1; });
  }
  hub.ask_local(*nsp_, std::move(event), patience, asked,
                [on_home, one_answer](boost::system::error_code why, packet_data answer) {
                  if (!why) return one_answer(std::move(answer));
                  if (why == error::timed_out) return; // the whole question's time is over too
                  on_home([](answer_tally& all) { ++all.gone; });
                });
}

void broadcast_operator::fetch_sockets(sockets_handler found) const {
  hub& hub = *nsp_->state_->hub;
  cluster_adapter* const far = others();
  hub.fetch_sockets(nsp_->name(), whom_,
                    [&hub, far, found = std::move(found), name = nsp_->name(),
                     whom = whom_](std::vector<remote_socket> here) {
                      if (!far) {
                        hub.call(found, boost::system::error_code(), std::move(here));
                        return;
                      }
                      far->fetch_sockets(
                          name, whom,
                          [&hub, found, here = std::move(here)](boost::system::error_code why,
                                                                std::vector<remote_socket> there) {
                            std::vector<remote_socket> all = here;
                            std::move(there.begin(), there.end(), std::back_inserter(all));
                            hub.call(found, why, std::move(all));
                          });
                    });
}

void broadcast_operator::sockets_join(const std::vector<std::string>& rooms) const {
  if (for_children([&](const broadcast_operator& child) { child.sockets_join(rooms); })) return;
  if (cluster_adapter* far = others()) far->sockets_join(nsp_->name(), whom_, rooms);
  nsp_->state_->hub->sockets_join(nsp_->name(), whom_, rooms);
}

void broadcast_operator::sockets_leave(const std::vector<std::string>& rooms) const {
  if (for_children([&](const broadcast_operator& child) { child.sockets_leave(rooms); })) return;
  if (cluster_adapter* far = others()) far->sockets_leave(nsp_->name(), whom_, rooms);
  nsp_->state_->hub->sockets_leave(nsp_->name(), whom_, rooms);
}

void broadcast_operator::disconnect_sockets(bool close) const {
  if (for_children([&](const broadcast_operator& child) { child.disconnect_sockets(close); })) return;
  if (cluster_adapter* far = others()) far->disconnect_sockets(nsp_->name(), whom_, close);
  nsp_->state_->hub->disconnect_sockets(nsp_->name(), whom_, close);
}

} // namespace socketio
