// One server among several that share a store: it looks for what the others have appended, and agrees with
// them on who sends (decision 26). I/O thread.
#pragma once

#include "app/ports.hpp"
#include "app/sender.hpp"
#include "app/service_state.hpp"
#include "base/metrics.hpp"
#include "core/lease_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace tickwire {

struct node_settings {
  std::string name; // of this process, unlike any other's
  // How often it looks, and shows that it lives. What others appended is usually heard of sooner.
  std::chrono::milliseconds every{1'000};
  // A sender that has shown nothing for so long is taken for dead...
  std::chrono::milliseconds patience{5'000};
  // ...and itself begins no POST when it could show nothing for so long.
  std::chrono::milliseconds sends_for{4'000};
};

class node {
public:
  node(boost::asio::io_context& io, log_store& log, sending_leases& leases, sender& sender,
       service_state& service, node_settings settings);

  void begin();
  // Gives up the lease, then calls `done`. Call it after sender::stop() is done.
  void stop(std::function<void()> done);

  // Another node says that the log has this entry. It may be wrong.
  void hint(std::uint64_t head);

private:
  task<void> every_while(task<void> (node::*step)(), boost::asio::steady_timer& pause);
  task<void> agree_on_sender();
  task<void> look();
  void settle(const sending_lease& lease, lease_watch::time asked_at);

  boost::asio::io_context& io_;
  log_store& log_;
  sending_leases& leases_;
  sender& sender_;
  service_state& service_;
  const node_settings settings_;
  lease_watch watch_;
  bool ours_ = false;
  bool looking_ = false;
  std::uint64_t hinted_ = 0; // by the last hint since the present look began
  bool stopping_ = false;
  boost::asio::steady_timer lease_pause_, look_pause_;

  gauge sends_now_{"tickwire_node_sends", "1 while this server is the one that sends.",
                   [this] { return std::uint64_t{ours_}; }};
  counter hints_{"tickwire_node_hints_total", "Times that another server's word was news of the log."};
};

} // namespace tickwire
