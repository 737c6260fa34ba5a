#include "cluster/deadline_thread.hpp"

namespace socketio::cluster {

struct deadline_thread::state {
  std::mutex mutex;
  std::condition_variable changed;
  std::multimap<time_point, std::function<void()>> moments;
  bool ended = false;

  void run() {
    std::unique_lock lock(mutex);
    while (!ended) {
      if (moments.empty()) {
        changed.wait(lock);
        continue;
      }
      const auto first = moments.begin();
      if (first->first > std::chrono::steady_clock::now()) {
        const time_point until = first->first;
        changed.wait_until(lock, until);
        continue;
      }
      auto node = moments.extract(first);
      lock.unlock();
      node.mapped()();
      node = {}; // what it owned goes before the lock
      lock.lock();
    }
  }
};

deadline_thread::deadline_thread()
    : state_(std::make_shared<state>()) {}

deadline_thread::~deadline_thread() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ended = true;
  }
  state_->changed.notify_all();
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

void deadline_thread::at(time_point moment, std::function<void()> callback) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->moments.emplace(moment, std::move(callback));
    if (!thread_.joinable()) thread_ = std::thread([state = state_] { state->run(); });
  }
  state_->changed.notify_all();
}

} // namespace socketio::cluster
