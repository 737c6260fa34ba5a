// What the other servers of a cluster ask of this one, and what it does to its own sockets for itself.
#include "hub/hub.hpp"

namespace socketio::detail {

namespace json = boost::json;

namespace {

// Collects what each thread finds; the last one hands it on.
template <class Found>
class gathering {
public:
  gathering(std::size_t parts, std::function<void(std::vector<Found>)> done)
      : left_(parts)
      , done_(std::move(done)) {}
  void add(std::vector<Found> some) {
    {
      const std::scoped_lock lock(mutex_);
      std::move(some.begin(), some.end(), std::back_inserter(all_));
      if (--left_ > 0) return;
    }
    done_(std::move(all_));
  }

private:
  std::mutex mutex_;
  std::size_t left_;
  std::vector<Found> all_;
  std::function<void(std::vector<Found>)> done_;
};

std::string_view name_of(const packet_data& event) {
  if (event.arguments.empty() || !event.arguments.front().is_string()) return {};
  const auto& name = event.arguments.front().get_string();
  return {name.data(), name.size()};
}

json::array behind_name(const packet_data& event) {
  return json::array(event.arguments.begin() + 1, event.arguments.end());
}

// Null: it is no event.
std::shared_ptr<broadcast_event> encoded(const nsp& where, const remote_broadcast& sent) {
  if (name_of(sent.event).empty()) return nullptr;
  auto event = std::make_shared<broadcast_event>();
  event->whom = sent.whom;
  event->is_volatile = sent.flags.is_volatile;
  event->head = event_packet(where.name(), std::nullopt, sent.event.attachments.size(), name_of(sent.event),
                             behind_name(sent.event));
  event->attachments = binary_packets(sent.event.attachments);
  return event;
}

// Read and encoded by the first thread that has a use for it.
class unread_broadcast {
public:
  explicit unread_broadcast(std::function<std::optional<remote_broadcast>()> read)
      : read_(std::move(read)) {}
  // Null: it is no event.
  std::shared_ptr<const broadcast_event> get(const nsp& where) {
    const std::scoped_lock lock(mutex_);
    if (const auto read = std::exchange(read_, nullptr))
      if (const auto sent = read()) event_ = encoded(where, *sent);
    return event_;
  }

private:
  std::mutex mutex_;
  std::function<std::optional<remote_broadcast>()> read_;
  std::shared_ptr<const broadcast_event> event_;
};

} // namespace

void hub::broadcast(std::string_view name, const packet_data& data, const target_options& whom,
                    const broadcast_flags& flags) {
  const auto where = find(name);
  if (!where) return;
  if (auto event = encoded(*where, {data, whom, flags})) deliver(*where, std::move(event));
}

// Each thread looks for the room when its turn comes: behind the joins that other servers asked for before.
void hub::broadcast_to_room(std::string_view name, std::string_view room,
                            std::function<std::optional<remote_broadcast>()> read) {
  const auto where = find(name);
  if (!where) return;
  // With recovery it is kept for members who are away.
  if (recovering()) return cluster_member::broadcast_to_room(name, room, std::move(read));
  on_each_slice(*where, [room = std::string(room),
                         unread = std::make_shared<unread_broadcast>(std::move(read))](nsp_slice& slice) {
    if (!slice.find_room(room) && !slice.find_socket(room)) return;
    if (const auto event = unread->get(slice.owner)) deliver_here(slice, *event);
  });
}

void hub::broadcast_with_ack(std::string_view name, const packet_data& data, const target_options& whom,
                             const broadcast_flags& flags, std::function<void(std::size_t)> asked,
                             std::function<void(packet_data)> answered) {
  const auto where = find(name);
  if (!where || name_of(data).empty()) return asked(0);
  auto event = std::make_shared<broadcast_event>();
  event->whom = whom;
  event->is_volatile = flags.is_volatile;
  event->ack_id = where->state_->next_ack++;
  event->head =
      event_packet(where->name(), event->ack_id, data.attachments.size(), name_of(data), behind_name(data));
  event->attachments = binary_packets(data.attachments);
  ask_local(*where, std::move(event), flags.timeout.value_or(default_patience), std::move(asked),
            [answered = std::move(answered)](boost::system::error_code why, packet_data answer) {
              if (!why) answered(std::move(answer));
            });
}

void hub::sockets_join(std::string_view name, const target_options& whom,
                       const std::vector<std::string>& rooms) {
  if (const auto where = find(name))
    on_each_slice(*where, [whom, rooms](nsp_slice& slice) {
      for (const auto& one : slice.select(whom))
        for (const std::string& room : rooms) one->join(room);
    });
}

void hub::sockets_leave(std::string_view name, const target_options& whom,
                        const std::vector<std::string>& rooms) {
  if (const auto where = find(name))
    on_each_slice(*where, [whom, rooms](nsp_slice& slice) {
      for (const auto& one : slice.select(whom))
        for (const std::string& room : rooms) one->leave(room);
    });
}

void hub::disconnect_sockets(std::string_view name, const target_options& whom, bool close) {
  if (const auto where = find(name))
    on_each_slice(*where, [whom, close](nsp_slice& slice) {
      for (const auto& one : slice.select(whom)) one->disconnect(close);
    });
}

void hub::fetch_sockets(std::string_view name, const target_options& whom,
                        std::function<void(std::vector<remote_socket>)> found) {
  const auto where = find(name);
  if (!where) return found({});
  const auto all = std::make_shared<gathering<remote_socket>>(where->state_->slices.size(), std::move(found));
  on_each_slice(*where, [whom, all](nsp_slice& slice) {
    std::vector<remote_socket> some;
    slice.each(whom, [&](socket& one) {
      some.push_back({std::string(one.id()), one.shake().request->as_json(one.shake().auth), one.rooms(),
                      one.shared_data});
    });
    all->add(std::move(some));
  });
}

void hub::all_rooms(std::string_view name, std::function<void(std::vector<std::string>)> found) {
  const auto where = find(name);
  if (!where) return found({});
  const auto unique = [found = std::move(found)](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    found(std::move(names));
  };
  const auto all = std::make_shared<gathering<std::string>>(where->state_->slices.size(), unique);
  on_each_slice(*where, [all](nsp_slice& slice) {
    std::vector<std::string> some;
    for (const auto& [room, its] : slice.rooms()) some.push_back(room);
    slice.each({}, [&](socket& one) { some.emplace_back(one.id()); });
    all->add(std::move(some));
  });
}

// On the first thread: server-side events have an order, and no socket.
void hub::server_side_emit(std::string_view name, const packet_data& event,
                           std::function<void(packet_data)> answer) {
  const auto where = find(name);
  if (!where) {
    if (answer) answer({});
    return;
  }
  nsp_slice& first = *where->state_->slices.front();
  first.home.run([this, where, &first, event, answer = std::move(answer)] {
    const auto table = first.table;
    const auto place = table->server_events.find(name_of(event));
    if (place == table->server_events.end()) return;
    const packet_data arguments{behind_name(event), event.attachments};
    for (const auto& handler : place->second) call(handler, arguments, answer);
  });
}

} // namespace socketio::detail
