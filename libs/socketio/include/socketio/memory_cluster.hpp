// Servers of one process as a cluster: for tests, and for several servers behind different ports.
//
//   auto cluster = std::make_shared<socketio::memory_cluster>();
//   config_a.cluster = cluster->adapter();
//   config_b.cluster = cluster->adapter();
#pragma once

#include "socketio/cluster.hpp"

#include <memory>

namespace socketio {

class memory_cluster : public std::enable_shared_from_this<memory_cluster> {
public:
  memory_cluster();
  ~memory_cluster();

  // One for each server. Any thread.
  std::shared_ptr<cluster_adapter> adapter();

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace socketio
