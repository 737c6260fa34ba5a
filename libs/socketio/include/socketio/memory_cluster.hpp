// Servers of one process as a cluster: for tests, and for several servers behind different ports.
//
//   auto cluster = std::make_shared<socketio::memory_cluster>();
//   config_a.cluster = cluster->adapter();
//   config_b.cluster = cluster->adapter();
#pragma once

#include "socketio/cluster.hpp"

#include <chrono>
#include <memory>

namespace socketio {

class memory_cluster {
public:
  // `patience`: with the answers of other servers.
  explicit memory_cluster(std::chrono::milliseconds patience = std::chrono::milliseconds(5'000));
  ~memory_cluster();
  memory_cluster(const memory_cluster&) = delete;
  memory_cluster& operator=(const memory_cluster&) = delete;

  // One for each server; they may outlive this object. Any thread. The others' cluster_member is called on
  // the thread that calls the adapter, and answers may come before that call returns.
  std::shared_ptr<cluster_adapter> adapter();

private:
  class state;
  std::shared_ptr<state> state_;
};

} // namespace socketio
