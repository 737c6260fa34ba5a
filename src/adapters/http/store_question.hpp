// Whether the store can be used, for anybody who asks, however many ask: they share a question that is under
// way, and who asks all the time gets answers that are up to a second old.
#pragma once

#include "app/reading.hpp"
#include "core/send_policy.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace tickwire::http {

class store_question {
public:
  store_question(boost::asio::io_context& io, reading& reads)
      : io_(io)
      , reads_(reads) {}

  // False also when there is no answer in time, as with a disk that hangs.
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
  static task<void> put(reading& reads, std::shared_ptr<question> asked);

  boost::asio::io_context& io_;
  reading& reads_;
  std::shared_ptr<question> latest_;
  token_bucket pace_{questions_per_second, questions_at_once};
};

} // namespace tickwire::http
