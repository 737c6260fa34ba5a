// Connection state recovery (https://socket.io/docs/v4/connection-state-recovery): who was cut off comes back
// to id, rooms, data and missed events. Three holes of Node's in-memory version are closed: a client that has
// had no event yet is recovered from where it joined; one whose last event is older than all that are kept
// has missed nothing but those; and one that comes back before its old connection is noticed to be dead takes
// its place.
#include "hub/hub.hpp"

#include <algorithm>

namespace socketio::detail {

void hub::remember(socket& socket) {
  const std::scoped_lock lock(recovery_mutex_);
  recovery_entry& entry = recoverable_[socket.recovery_->pid];
  entry.nsp = socket.nsp_->name();
  entry.home = &socket.slice_.home;
  entry.live = socket.weak_from_this();
  entry.kept.reset();
}

void hub::forget(const socket& socket) {
  const std::scoped_lock lock(recovery_mutex_);
  recoverable_.erase(socket.recovery_->pid);
}

void hub::keep(socket& socket) {
  auto kept = std::make_unique<kept_session>();
  kept->nsp = socket.nsp_->name();
  kept->id = std::string(socket.id());
  for (const auto& membership : socket.rooms_) kept->rooms.push_back(membership.room->name);
  kept->pid = socket.recovery_->pid;
  kept->data = socket.data;
  kept->shared_data = socket.shared_data;
  kept->joined_at = socket.recovery_->joined_at;
  kept->expires = steady::now() + settings().recovery->max_disconnection;

  std::vector<std::unique_ptr<kept_session>> gone; // the application's data ends after the lock
  const std::scoped_lock lock(recovery_mutex_);
  expiries_.emplace_back(kept->expires, socket.recovery_->pid);
  recovery_entry& entry = recoverable_[socket.recovery_->pid];
  entry.live.reset();
  entry.nsp = kept->nsp;
  entry.kept = std::move(kept);
  while (expiries_.size() > settings().recovery->max_sessions) {
    const auto oldest = recoverable_.find(expiries_.front().second);
    if (oldest != recoverable_.end() && oldest->second.kept &&
        oldest->second.kept->expires == expiries_.front().first) {
      gone.push_back(std::move(oldest->second.kept));
      recoverable_.erase(oldest);
    }
    expiries_.pop_front();
  }
  sweep_later();
}

// Expired sessions go when their time comes; with recovery_mutex_.
void hub::sweep_later() {
  if (sweeping_ || expiries_.empty()) return;
  sweeping_ = true;
  loop& first = engine.loop_at(0);
  first.run([this, &first] {
    first.after(settings().recovery->max_disconnection, [this] {
      std::vector<std::unique_ptr<kept_session>> gone;
      const std::scoped_lock lock(recovery_mutex_);
      sweeping_ = false;
      const time_point now = steady::now();
      while (!expiries_.empty() && expiries_.front().first <= now) {
        const auto place = recoverable_.find(expiries_.front().second);
        // Not if it has come back and was cut off again since.
        if (place != recoverable_.end() && place->second.kept && place->second.kept->expires <= now) {
          gone.push_back(std::move(place->second.kept));
          recoverable_.erase(place);
        }
        expiries_.pop_front();
      }
      sweep_later();
    });
  });
}

void hub::take_session(loop& asker, const std::string& pid, const std::string& nsp,
                       std::function<void(std::unique_ptr<kept_session>)> found) {
  std::unique_ptr<kept_session> kept;
  std::weak_ptr<socket> live;
  loop* home = nullptr;
  {
    const std::scoped_lock lock(recovery_mutex_);
    const auto place = recoverable_.find(pid);
    if (place != recoverable_.end() && place->second.nsp == nsp) {
      if (place->second.kept) {
        kept = std::move(place->second.kept);
        recoverable_.erase(place);
      } else {
        live = place->second.live;
        home = place->second.home;
      }
    }
  }
  if (!home) {
    if (kept && kept->expires <= steady::now()) kept.reset();
    return found(std::move(kept));
  }
  // Its old connection is still open, since nobody has noticed yet that it is dead.
  home->run([this, &asker, pid, nsp, live, found = std::move(found)] {
    if (const auto old = live.lock(); old && old->client_)
      old->client_->link().cut("transport close", "its client came back on another connection");
    asker.run([this, pid, found] {
      std::unique_ptr<kept_session> cut_off;
      {
        const std::scoped_lock lock(recovery_mutex_);
        const auto place = recoverable_.find(pid);
        if (place != recoverable_.end() && place->second.kept) {
          cut_off = std::move(place->second.kept);
          recoverable_.erase(place);
        }
      }
      found(std::move(cut_off));
    });
  });
}

// Makes a socket that is being admitted the one that was cut off, and sends what it missed; or a fresh one,
// when something of that may be lost.
void hub::restore(socket& socket) {
  recovery_state& state = *socket.recovery_;
  const std::unique_ptr<kept_session> kept = std::move(state.restored);
  const session::session_id pid = random_id();
  state.pid.assign(pid.data(), pid.size());
  if (!kept) return;
  std::vector<std::string> rooms = kept->rooms;
  rooms.push_back(kept->id);
  const auto missed = socket.slice_.log->missed_after(state.seen, steady::now(), rooms);
  if (!missed) return;
  // More than may wait for one client would have it cut off again.
  std::size_t bytes = 0;
  for (const auto& event : *missed) {
    bytes += event->head.bytes->size();
    for (const codec::packet& part : event->attachments) bytes += part.bytes->size();
  }
  if (bytes > settings().max_queued_bytes / 2) return;
  std::copy(kept->id.begin(), kept->id.end(), socket.id_.begin());
  state.pid = kept->pid;
  state.joined_at = kept->joined_at;
  socket.recovered_ = true;
  socket.data = std::move(kept->data);
  socket.shared_data = std::move(kept->shared_data);
  for (const std::string& room : kept->rooms) socket.slice_.join(socket, room);
  live_session& link = socket.client_->link();
  for (const auto& event : *missed) {
    link.send(event->head);
    for (const codec::packet& part : event->attachments) link.send(part);
  }
}

} // namespace socketio::detail
