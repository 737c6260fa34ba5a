#include "cluster/redis/subscriptions.hpp"

#include <utility>

namespace socketio::cluster {

void subscriptions::open(std::string_view nsp) {
  const auto at = all_.try_emplace(std::string(nsp)).first;
  at->second.wanted = true;
  look_at(at);
}

void subscriptions::close(std::string_view nsp) {
  const auto at = all_.find(nsp);
  if (at == all_.end()) return;
  at->second.wanted = false;
  look_at(at);
}

void subscriptions::up() {
  up_ = true;
  for (auto at = all_.begin(); at != all_.end();) look_at(at++);
}

void subscriptions::down() {
  up_ = false;
  under_way_ = 0;
  due_.clear();
  for (auto at = all_.begin(); at != all_.end();) {
    one& it = at->second;
    it.is = phase::silent;
    it.unconfirmed = 0;
    it.due.reset();
    look_at(at++);
  }
}

bool subscriptions::confirmed(std::string_view nsp, bool subscribed) {
  const auto at = all_.find(nsp);
  if (at == all_.end()) return false;
  one& it = at->second;
  if (it.is != (subscribed ? phase::subscribing : phase::unsubscribing) || --it.unconfirmed > 0) return false;
  it.is = subscribed ? phase::listening : phase::silent;
  --under_way_;
  look_at(at);
  return true;
}

std::optional<subscriptions::change> subscriptions::next() {
  if (!up_ || under_way_ == changes_max || due_.empty()) return std::nullopt;
  one& it = all_.find(due_.front())->second;
  change next{std::move(due_.front()), it.wanted};
  due_.pop_front();
  it.due.reset();
  it.is = it.wanted ? phase::subscribing : phase::unsubscribing;
  it.unconfirmed = channels_each;
  ++under_way_;
  return next;
}

bool subscriptions::wants(std::string_view nsp) const {
  const auto at = all_.find(nsp);
  return at != all_.end() && at->second.wanted;
}

bool subscriptions::listens(std::string_view nsp) const {
  const auto at = all_.find(nsp);
  return at != all_.end() && at->second.wanted && at->second.is == phase::listening;
}

// Puts it into the line of changes or takes it out; forgets it when it is nothing to anybody any more.
void subscriptions::look_at(table::iterator at) {
  one& it = at->second;
  if (under_way(it)) return; // looked at again when that is done
  if (up_ && !settled(it)) {
    if (!it.due) it.due = due_.insert(due_.end(), at->first);
    return;
  }
  if (it.due) due_.erase(*std::exchange(it.due, std::nullopt));
  if (!it.wanted && it.is == phase::silent) all_.erase(at);
}

} // namespace socketio::cluster
