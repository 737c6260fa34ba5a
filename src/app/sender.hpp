// Takes accepted messages to Graph: the attempt is durable before the first byte, the result after the
// answer.
#pragma once

#include "app/ports.hpp"
#include "app/send_queue.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string>

namespace tickwire {

class sender {
public:
  sender(boost::asio::io_context& io, log_store& log, graph_api& graph, std::string inbox,
         send_rates rates = {});

  // What an earlier run left: tried without a result becomes unconfirmed, the rest is queued.
  task<result<void>> take_over();

  void add(send_job job);

  // No new tries; `done` is called when those under way have their results stored.
  void stop(std::function<void()> done);

private:
  void pump();
  task<void> run(send_job job);
  // Stores the entries however long the store is away; false when we are stopped meanwhile and it still is.
  task<bool> store(entry proposal);
  entry about(const send_job& job, std::string key, entry_data data) const;

  boost::asio::io_context& io_;
  log_store& log_;
  graph_api& graph_;
  const std::string inbox_;
  send_queue queue_;
  boost::asio::steady_timer timer_;
  std::function<void()> stopped_;
  bool stopping_ = false;
};

// Where a message to this chat goes; fails when the chat has neither number nor user id.
result<outgoing_message> address_of(const chat_summary& chat);

} // namespace tickwire
