// A thread that says when a moment has come, for those who have no event loop. Starts with the first moment.
#pragma once

#include "cluster/request_table.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace socketio::cluster {

class deadline_thread {
public:
  deadline_thread();
  // Ends the thread; what has not come by then is not called. May be destroyed by a callback.
  ~deadline_thread();
  deadline_thread(const deadline_thread&) = delete;
  deadline_thread& operator=(const deadline_thread&) = delete;

  void at(time_point moment, std::function<void()> callback);

private:
  struct state;
  std::shared_ptr<state> state_;
  std::thread thread_;
};

} // namespace socketio::cluster
