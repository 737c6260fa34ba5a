// Whether the store can be used, for anybody who asks, however many ask: they share a question that is under
// way, and who asks all the time gets answers that are up to a second old.
#pragma once

#include "app/ports.hpp"
#include "core/send_policy.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace tickwire::http {

class store_question {
public:
  store_question(boost::asio::io_context& io, log_store& log)
      : io_(io)
      , log_(log) {}

  // No answer in time is an answer: a disk that hangs is no store.
  task<bool> ask();

private:
  static constexpr std::chrono::milliseconds patience{2'500};
  // Each question is a small commit of the store.
  static constexpr double questions_per_second = 1, questions_at_once = 10;

  struct question {
    explicit question(boost::asio::io_context& io)
        : over(io, patience) {}
    boost::asio::steady_timer over; // cancelled with the answer
    bool usable = false, answered = false;
  };
  static task<void> put(log_store& log, std::shared_ptr<question> asked);

  boost::asio::io_context& io_;
  log_store& log_;
  std::shared_ptr<question> latest_;
  token_bucket pace_{questions_per_second, questions_at_once};
};

} // namespace tickwire::http
