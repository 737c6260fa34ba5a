// Connection state recovery (https://socket.io/docs/v4/connection-state-recovery): who was cut off comes back
// to id, rooms, data and missed events. Four holes of Node's in-memory version are closed: a client that has
// had no event yet is recovered from where it joined; one whose last event is older than all that are kept
// has missed nothing but those; one that comes back before its old connection is noticed to be dead takes its
// place; and a volatile event that ends in a text, which clients take for an offset, is told with one.
#include "hub/hub.hpp"

#include <algorithm>

namespace socketio::detail {

nsp_pin::nsp_pin(hub& all, std::shared_ptr<nsp> which)
    : all_(all)
    , which_(std::move(which)) {
  all_.hold(*which_);
}
nsp_pin::~nsp_pin() { all_.release(*which_); }

void recovery_state::end_stay(std::string_view room, const std::shared_ptr<const progress>& now) {
  const auto place =
      std::find_if(stays.rbegin(), stays.rend(), [&](const stay& its) { return its.room == room; });
  place->until = now;
  // Who comes and goes without end is not remembered without end.
  constexpr std::size_t ended_max = 100;
  const auto ended = [](const stay& its) { return its.until != nullptr; };
  if (static_cast<std::size_t>(std::count_if(stays.begin(), stays.end(), ended)) <= ended_max) return;
  const auto oldest = std::find_if(stays.begin(), stays.end(), ended);
  forgotten.add(*oldest->until);
  stays.erase(oldest);
}

// --- sessions that wait for their client ---

void hub::remember(socket& socket) {
  const std::scoped_lock lock(recovery_mutex_);
  recovery_entry& entry = recoverable_[socket.recovery_->pid];
  entry.nsp = socket.nsp_->name();
  entry.home = &socket.slice_.home;
  entry.live = socket.weak_from_this();
}

void hub::forget(const socket& socket) {
  const std::scoped_lock lock(recovery_mutex_);
  recoverable_.erase(socket.recovery_->pid);
}

void hub::keep(socket& socket) {
  recovery_state& state = *socket.recovery_;
  auto kept = std::make_unique<kept_session>(*this, socket.nsp_, socket.slice_);
  kept->id = std::string(socket.id());
  kept->pid = state.pid;
  kept->stays = state.stays;
  kept->forgotten = state.forgotten;
  call([&] { kept->data = socket.data; }); // copies what is the application's
  kept->shared_data = socket.shared_data;
  // A heartbeat of before says nothing of what was sent when it came.
  const time_point proven = socket.client_->link().engine.proven();
  kept->has = {state.before, std::nullopt, proven > state.came_at ? proven : time_point::min()};
  kept->came_with = state.came_with;
  kept->expires = steady::now() + settings().recovery->max_disconnection;
  put_back(std::move(kept));
}

void hub::put_back(std::unique_ptr<kept_session> kept) {
  std::vector<std::unique_ptr<kept_session>> gone; // the application's data ends after the lock
  const std::scoped_lock lock(recovery_mutex_);
  recovery_entry& entry = recoverable_[kept->pid];
  entry.nsp = kept->slice.owner.name();
  entry.home = &kept->slice.home;
  entry.live.reset();
  auto place = waiting_.end(); // nearly always the last to expire
  while (place != waiting_.begin() &&
         recoverable_.find(*std::prev(place))->second.kept->expires > kept->expires)
    --place;
  entry.place = waiting_.insert(place, kept->pid);
  entry.kept = std::move(kept);
  while (waiting_.size() > settings().recovery->max_sessions) gone.push_back(take(waiting_.front()));
  sweep_later();
}

// With recovery_mutex_.
std::unique_ptr<kept_session> hub::take(const std::string& pid) {
  const auto entry = recoverable_.find(pid);
  if (entry == recoverable_.end() || !entry->second.kept) return nullptr;
  std::unique_ptr<kept_session> kept = std::move(entry->second.kept);
  waiting_.erase(entry->second.place);
  recoverable_.erase(entry);
  return kept;
}

// Expired sessions go when their time comes; with recovery_mutex_.
void hub::sweep_later() {
  if (sweeping_ || waiting_.empty()) return;
  sweeping_ = true;
  const auto left = recoverable_.find(waiting_.front())->second.kept->expires - steady::now();
  loop& first = engine.loop_at(0);
  first.run([this, &first, left] {
    first.after(
        std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(1)), [this] {
          std::vector<std::unique_ptr<kept_session>> gone;
          const std::scoped_lock lock(recovery_mutex_);
          sweeping_ = false;
          const time_point now = steady::now();
          while (!waiting_.empty() && recoverable_.find(waiting_.front())->second.kept->expires <= now)
            gone.push_back(take(waiting_.front()));
          sweep_later();
        });
  });
}

// --- coming back ---

// On the thread where the session was: only there it is known what its client has.
void hub::take_session(loop& asker, const std::string& pid, const std::string& nsp,
                       std::optional<event_number> last,
                       std::function<void(std::unique_ptr<kept_session>)> found) {
  loop* home = nullptr;
  {
    const std::scoped_lock lock(recovery_mutex_);
    const auto place = recoverable_.find(pid);
    if (place != recoverable_.end() && place->second.nsp == nsp) home = place->second.home;
  }
  if (!home) return found(nullptr);
  home->run([this, &asker, pid, last, found = std::move(found)] {
    std::shared_ptr<socket> live;
    std::unique_ptr<kept_session> kept;
    {
      const std::scoped_lock lock(recovery_mutex_);
      if (const auto place = recoverable_.find(pid); place != recoverable_.end())
        live = place->second.live.lock();
    }
    // Its old connection is still open, since nobody has noticed yet that it is dead.
    if (live && live->client_)
      live->client_->link().cut("transport close", "its client came back on another connection");
    {
      const std::scoped_lock lock(recovery_mutex_);
      kept = take(pid);
    }
    if (kept && (kept->expires <= steady::now() || !reckon(*kept, last))) kept.reset();
    asker.run([found, kept = std::move(kept)]() mutable { found(std::move(kept)); });
  });
}

// What its client has, where it was and with what it says. False: that cannot be told any more.
bool hub::reckon(kept_session& kept, std::optional<event_number> last) {
  // Whoever handed out an event that its client has had, has handed it out to all threads.
  {
    const std::scoped_lock lock(order_mutex_);
  }
  if (last != kept.came_with) kept.has.last = last;
  auto has = kept.slice.log->what_it_has(kept.has);
  if (!has || !has->has_all(kept.forgotten)) return false;
  kept.has.before = std::move(*has);
  kept.has.last.reset();
  kept.came_with = last;
  return true;
}

// Before the middlewares, as in Node: they see what it was, and what they change stays. The session goes back
// when its client is not admitted.
void hub::restore(socket& socket, std::unique_ptr<kept_session> kept) {
  recovery_state& state = *socket.recovery_;
  std::copy(kept->id.begin(), kept->id.end(), socket.id_.begin());
  state.pid = kept->pid;
  state.before = kept->has.before;
  state.came_with = kept->came_with;
  socket.recovered_ = true;
  call([&] { socket.data = kept->data; }); // copies what is the application's
  socket.shared_data = kept->shared_data;
  for (const stay& its : kept->stays)
    if (!its.until) socket.slice_.join(socket, its.room);
  state.stays = kept->stays;
  state.forgotten = kept->forgotten;
  state.restored = std::move(kept);
}

// It is being admitted: what it missed is sent. False: some of that is gone, or it is more than may wait.
bool hub::catch_up(socket& socket) {
  recovery_state& state = *socket.recovery_;
  recovery_log& log = *socket.slice_.log;
  state.came_at = steady::now();
  if (!socket.recovered_) {
    const session::session_id pid = random_id();
    state.pid.assign(pid.data(), pid.size());
    state.before = *log.reached();
    return true;
  }
  const auto missed = log.missed(state.before, steady::now(), socket.id(), state.stays);
  if (!missed) return false;
  std::size_t bytes = 0;
  for (const auto& event : *missed) bytes += event->size();
  if (bytes > settings().max_queued_bytes / 2) return false;
  for (const auto& event : *missed) socket.queue(*event);
  return true;
}

// As if it had never been here before.
void hub::begin_anew(socket& socket) {
  while (!socket.rooms_.empty()) socket.slice_.leave(socket, *socket.rooms_.back().room);
  socket.recovery_ = std::make_unique<recovery_state>();
  socket.recovered_ = false;
  socket.id_ = random_id();
  socket.data.reset();
  socket.shared_data = nullptr;
}

} // namespace socketio::detail
