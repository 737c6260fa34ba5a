#include "hub/hub.hpp"

#include <algorithm>

namespace socketio::detail {

namespace json = boost::json;

hub::hub(boost::asio::io_context& io, config config)
    : engine(io, std::move(config), *this)
    , known_(engine.threads())
    , numbers_(engine.threads() + 1) {
  if (cluster_adapter* others = cluster()) others->start(*this);
}

hub::~hub() { stop(); }

void hub::stop() {
  leave_cluster();
  engine.stop();
}

void hub::leave_cluster() {
  if (cluster_adapter* others = cluster(); others && !stopped_.exchange(true)) others->stop();
}

std::unique_ptr<session_peer> hub::make_peer(live_session& session) {
  return std::make_unique<client>(*this, session);
}

// --- namespaces ---

namespace {

std::string with_slash(std::string_view name) {
  return name.starts_with('/') ? std::string(name) : "/" + std::string(name);
}

} // namespace

nsp& hub::of(std::string_view name) {
  const std::string full = with_slash(name);
  std::shared_ptr<nsp> its;
  {
    const std::scoped_lock lock(nsps_mutex_);
    if (const auto place = nsps_.find(full); place != nsps_.end()) return *place->second;
    if (const auto place = children_.find(full); place != children_.end()) {
      ++place->second->state_->users; // somebody has it now: it stays
      its = place->second;
    }
  }
  // A name that fits of_matching() has its middlewares, whoever asks first; pinned by this.
  if (!its) its = child_for(full, nullptr, true);
  if (its) {
    announce(*its);
    return *its;
  }
  {
    const std::scoped_lock lock(nsps_mutex_);
    its = nsps_.try_emplace(full, std::make_shared<nsp>(full, *this)).first->second;
  }
  tell_cluster(full);
  return *its;
}

nsp& hub::of_matching(std::function<bool(std::string_view, const json::value&)> fits) {
  const std::scoped_lock lock(nsps_mutex_);
  auto its = std::make_shared<nsp>("/_" + std::to_string(parents_.size()), *this);
  its->state_->is_parent = true;
  parents_.push_back({std::move(fits), its});
  return *its;
}

std::shared_ptr<nsp> hub::find(std::string_view name) {
  const std::scoped_lock lock(nsps_mutex_);
  if (const auto place = nsps_.find(name); place != nsps_.end()) return place->second;
  if (const auto place = children_.find(name); place != children_.end()) return place->second;
  return nullptr;
}

nsp_slice* hub::slice_for(loop& loop, std::string_view name, const json::value& auth) {
  auto& known = known_[loop.index()];
  if (const auto place = known.find(name); place != known.end()) return place->second;
  {
    const std::scoped_lock lock(nsps_mutex_);
    if (const auto place = nsps_.find(name); place != nsps_.end()) {
      nsp_slice* slice = place->second->state_->slices[loop.index()].get();
      known.emplace(place->first, slice);
      return slice;
    }
    if (const auto place = children_.find(name); place != children_.end()) {
      ++place->second->state_->users;
      return place->second->state_->slices[loop.index()].get();
    }
  }
  const std::shared_ptr<nsp> child = child_for(name, auth);
  return child ? child->state_->slices[loop.index()].get() : nullptr;
}

// Made at the first CONNECT to it, pinned by it.
std::shared_ptr<nsp> hub::child_for(std::string_view name, const json::value& auth, bool when_it_throws) {
  std::vector<parent> candidates;
  {
    const std::scoped_lock lock(nsps_mutex_);
    candidates = parents_;
  }
  for (const parent& one : candidates) {
    bool fits = false;
    if (!call([&] { fits = one.fits(name, auth); })) fits = when_it_throws;
    if (!fits) continue;
    const std::scoped_lock lock(nsps_mutex_);
    std::shared_ptr<nsp>& place = children_[std::string(name)];
    if (!place) {
      place = std::make_shared<nsp>(std::string(name), *this);
      place->state_->parent = one.its.get();
      place->state_->current = one.its->state_->current;
      for (const auto& slice : place->state_->slices) slice->table = place->state_->current;
    }
    ++place->state_->users;
    return place;
  }
  return nullptr;
}

// Whoever is refused may make up names: only now it is told to the cluster and to the application.
bool hub::announce(nsp& its, std::function<void()> told) {
  auto& announced = its.state_->announced;
  if (announced == announcement::done) return true;
  {
    const std::scoped_lock lock(nsps_mutex_);
    if (announced == announcement::done) return true;
    if (announced == announcement::begun) {
      if (told) its.state_->when_announced.push_back(std::move(told));
      return false;
    }
    announced = announcement::begun;
  }
  tell_cluster(its.name());
  if (on_new_namespace) call(on_new_namespace, its);
  std::vector<std::function<void()>> waiting;
  {
    const std::scoped_lock lock(nsps_mutex_);
    announced = announcement::done;
    waiting.swap(its.state_->when_announced);
  }
  for (const auto& one : waiting) one();
  return true;
}

void hub::hold(nsp& needed) {
  if (!needed.state_->parent) return;
  const std::scoped_lock lock(nsps_mutex_);
  ++needed.state_->users;
}

void hub::release(nsp& left) {
  if (!left.state_->parent) return;
  {
    const std::scoped_lock lock(nsps_mutex_);
    if (--left.state_->users > 0) return;
    if (left.state_->announced != announcement::none && !settings().cleanup_empty_child_namespaces) return;
    children_.erase(left.name()); // its last sockets keep it while they need it
  }
  tell_cluster(left.name());
}

// What is so now: of two threads that make and drop a namespace at once, the second finds nothing to tell.
void hub::tell_cluster(const std::string& name) {
  cluster_adapter* const others = cluster();
  if (!others || stopped_) return;
  const std::scoped_lock lock(cluster_mutex_);
  const auto its = find(name);
  if (its && (!its->state_->parent || its->state_->announced != announcement::none)) {
    if (told_.insert(name).second) others->nsp_opened(name);
  } else {
    if (told_.erase(name) > 0) others->nsp_closed(name);
  }
}

std::vector<std::shared_ptr<nsp>> hub::children_of(nsp& parent) {
  std::vector<std::shared_ptr<nsp>> found;
  const std::scoped_lock lock(nsps_mutex_);
  for (const auto& [name, child] : children_)
    if (child->state_->parent == &parent) found.push_back(child);
  return found;
}

void hub::change_handlers(nsp& where, const std::function<void(handlers&)>& change) {
  const auto changed = [&](const nsp& its) {
    auto table = std::make_shared<handlers>(*its.state_->current);
    change(*table);
    return table;
  };
  if (!where.state_->is_parent) {
    const std::scoped_lock lock(where.state_->handlers_mutex);
    return set_handlers(where, changed(where));
  }
  const std::scoped_lock lock(nsps_mutex_);
  const auto before = where.state_->current;
  set_handlers(where, changed(where));
  for (const auto& [name, child] : children_) {
    if (child->state_->parent != &where) continue;
    const std::scoped_lock child_lock(child->state_->handlers_mutex);
    // Most have no handlers of their own and share their parent's table.
    set_handlers(*child, child->state_->current == before ? where.state_->current : changed(*child));
  }
}

// By mail, also before the threads run: they read it before their first client. A letter brings the newest,
// since renew_handlers() may have been before it.
void hub::set_handlers(nsp& where, std::shared_ptr<const handlers> table) {
  where.state_->current = std::move(table);
  if (where.state_->is_parent) return; // it has no clients
  for (const auto& slice : where.state_->slices)
    slice->home.post([this, keep = where.shared_from_this(), &its = *slice] { renew_handlers(its); });
}

void hub::renew_handlers(nsp_slice& slice) {
  const std::scoped_lock lock(slice.owner.state_->handlers_mutex);
  slice.table = slice.owner.state_->current;
}

// --- sending ---

void hub::on_each_slice(nsp& where, std::function<void(nsp_slice&)> work) {
  const auto& slices = where.state_->slices;
  if (slices.size() == 1 && slices.front()->home.is_current()) return work(*slices.front());
  const auto shared = std::make_shared<const std::function<void(nsp_slice&)>>(std::move(work));
  nsp_slice* here = nullptr; // last: it may lead to more for the others, which comes behind this
  for (const auto& slice : slices) {
    if (slice->home.is_current())
      here = slice.get();
    else
      slice->home.post([keep = where.shared_from_this(), &its = *slice, shared] { (*shared)(its); });
  }
  if (here) (*shared)(*here);
}

void hub::deliver_here(nsp_slice& slice, const broadcast_event& event) {
  if (slice.table->any_outgoing.empty()) return slice.each(event.whom, [&](socket& one) { one.send(event); });
  // Everybody has it before anybody watches, who may send, move and end whom he likes.
  std::vector<std::shared_ptr<socket>> sent;
  slice.each(event.whom, [&](socket& one) {
    if (one.send(event)) sent.push_back(one.shared_from_this());
  });
  for (const auto& one : sent) one->tell_watchers(event);
}

namespace {

// Clients take a text at the end of an event for its offset, of a volatile one too.
bool ends_in_text(const codec::packet& event) { return event.payload().ends_with("\"]"); }

} // namespace

void hub::deliver(nsp& where, std::shared_ptr<broadcast_event> event) {
  const auto& slices = where.state_->slices;
  const auto current =
      std::find_if(slices.begin(), slices.end(), [](const auto& slice) { return slice->home.is_current(); });
  const auto take = [](nsp_slice& slice, const std::shared_ptr<const broadcast_event>& its) {
    if (its->number) slice.record(its);
    deliver_here(slice, *its);
  };
  const auto tell_others = [&] {
    for (auto slice = slices.begin(); slice != slices.end(); ++slice)
      if (slice != current)
        (*slice)->home.post(
            [keep = where.shared_from_this(), &its = **slice, event, take] { take(its, event); });
  };
  if (recovering() && (!event->is_volatile || ends_in_text(event->head))) {
    const auto sender = static_cast<std::uint32_t>(current - slices.begin());
    const std::scoped_lock lock(order_mutex_);
    event->number = event_number{sender, ++numbers_[sender]};
    event->head = with_offset(event->head, offset_text(*event->number));
    tell_others();
  } else {
    tell_others();
  }
  if (current != slices.end()) take(**current, event);
}

void hub::ask_local(nsp& where, std::shared_ptr<const broadcast_event> event,
                    std::chrono::milliseconds patience, std::function<void(std::size_t)> asked,
                    ack_handler answered) {
  struct census {
    std::atomic<std::size_t> slices_left, clients = 0;
  };
  auto all = std::make_shared<census>();
  all->slices_left = where.state_->slices.size();
  on_each_slice(where, [event = std::move(event), patience, asked = std::move(asked),
                        answered = std::move(answered), all](nsp_slice& slice) {
    const auto chosen = slice.select(event->whom);
    all->clients += chosen.size();
    for (const auto& one : chosen) one->ask(*event, patience, answered);
    if (--all->slices_left == 0) asked(all->clients);
  });
}

} // namespace socketio::detail
