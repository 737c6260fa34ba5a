// The way from an adapter into its server, and to the handlers of its questions: shut for good by stop().
#pragma once

#include "socketio/cluster.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace socketio::cluster {

class member_gate {
public:
  void open(cluster_member& member) {
    const std::lock_guard lock(mutex_);
    member_ = &member;
  }

  // Calls `visit` with the server, unless the gate is shut or not open yet; false then. Nothing is locked
  // during the visit: visits run beside and inside each other.
  template <class Visit>
  bool enter(Visit&& visit) {
    cluster_member* const member = begin();
    if (!member) return false;
    const struct leaving {
      member_gate& gate;
      ~leaving() { gate.end(); }
    } at_the_end{*this};
    visit(*member);
    return true;
  }

  // When it returns, all visits are over but those that the calling thread is in itself.
  void shut() {
    std::unique_lock lock(mutex_);
    member_ = nullptr;
    left_.wait(lock, [this] {
      return std::all_of(inside_.begin(), inside_.end(),
                         [self = std::this_thread::get_id()](std::thread::id id) { return id == self; });
    });
  }

private:
  cluster_member* begin() {
    const std::lock_guard lock(mutex_);
    if (member_) inside_.push_back(std::this_thread::get_id());
    return member_;
  }

  void end() {
    const std::lock_guard lock(mutex_);
    inside_.erase(std::find(inside_.begin(), inside_.end(), std::this_thread::get_id()));
    left_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable left_;
  cluster_member* member_ = nullptr;
  std::vector<std::thread::id> inside_; // one entry for each visit
};

} // namespace socketio::cluster
