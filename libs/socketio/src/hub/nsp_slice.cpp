#include "hub/nsp_slice.hpp"

#include "hub/hub.hpp"

namespace socketio::detail {

namespace {

// What is older was received: its client has answered a heartbeat since, or is gone for good.
std::chrono::milliseconds time_to_keep(const config& settings) {
  return settings.recovery->max_disconnection + settings.ping_interval + settings.ping_timeout;
}

constexpr std::size_t entry_cost = 64; // what an event in the log costs beside its bytes

} // namespace

nsp_slice::nsp_slice(nsp& owner, loop& home, std::shared_ptr<const handlers> table, hub& all)
    : owner(owner)
    , home(home)
    , table(std::move(table))
    , threads_(all.engine.threads()) {
  const config& settings = all.settings();
  if (settings.recovery)
    log = std::make_unique<recovery_log>(time_to_keep(settings), settings.recovery->max_packets,
                                         settings.recovery->max_bytes, all.log_bytes);
}

void nsp_slice::record(const std::shared_ptr<const broadcast_event>& event) {
  // A volatile one is not sent again, but a client may name it. The threads share the bytes.
  const auto kept = event->is_volatile ? nullptr : event;
  const std::size_t bytes = kept ? kept->size() / threads_ : 0;
  log->append(*event->number, steady::now(), entry_cost + bytes, kept);
  forget_in_time();
}

// What is too old goes, also when nothing new comes.
void nsp_slice::forget_in_time() {
  if (forgetting_ || log->empty()) return;
  forgetting_ = true;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(log->expires() - steady::now());
  home.after(left + std::chrono::milliseconds(1), [this, its = owner.weak_from_this()] {
    const auto alive = its.lock();
    if (!alive) return;
    forgetting_ = false;
    log->drop_old(steady::now());
    forget_in_time();
  });
}

void nsp_slice::add(socket& socket) {
  socket.member_ = true;
  socket.index_ = static_cast<std::uint32_t>(members_.size());
  members_.push_back(&socket);
  by_id_.emplace(socket.id(), &socket);
}

void nsp_slice::remove(socket& socket) {
  while (!socket.rooms_.empty()) leave(socket, *socket.rooms_.back().room);
  if (!socket.member_) return;
  socket.member_ = false;
  by_id_.erase(socket.id());
  members_[socket.index_] = members_.back();
  members_[socket.index_]->index_ = socket.index_;
  members_.pop_back();
}

room* nsp_slice::find_room(std::string_view name) {
  const auto place = rooms_.find(name);
  return place == rooms_.end() ? nullptr : place->second.get();
}

socket* nsp_slice::find_socket(std::string_view id) {
  const auto place = by_id_.find(id);
  return place == by_id_.end() ? nullptr : place->second;
}

void nsp_slice::join(socket& socket, std::string_view name) {
  if (socket.in(name)) return;
  room* there = find_room(name);
  if (!there) {
    auto fresh = std::make_unique<room>();
    fresh->name = std::string(name);
    there = fresh.get();
    rooms_.emplace(there->name, std::move(fresh));
  }
  socket.rooms_.push_back({there, static_cast<std::uint32_t>(there->members.size())});
  there->members.push_back(&socket);
  if (socket.recovery_) socket.recovery_->stays.push_back({there->name, log->reached(), nullptr});
}

// The last member takes the place of who leaves, so that nobody is searched for.
void nsp_slice::leave(socket& socket, room& room) {
  auto& mine = socket.rooms_;
  const auto membership =
      std::find_if(mine.begin(), mine.end(), [&](const auto& one) { return one.room == &room; });
  const std::uint32_t index = membership->index;
  mine.erase(membership);
  if (socket.recovery_) socket.recovery_->end_stay(room.name, log->reached());
  class socket* last = room.members.back();
  room.members.pop_back();
  if (last != &socket) {
    room.members[index] = last;
    for (auto& one : last->rooms_)
      if (one.room == &room) one.index = index;
  }
  if (room.members.empty()) rooms_.erase(rooms_.find(room.name));
}

std::vector<std::shared_ptr<socket>> nsp_slice::select(const target_options& whom) {
  std::vector<std::shared_ptr<socket>> found;
  each(whom, [&](socket& one) { found.push_back(one.shared_from_this()); });
  return found;
}

} // namespace socketio::detail
