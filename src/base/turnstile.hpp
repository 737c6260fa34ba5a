// One at a time, in the order in which they came. On one executor; nothing blocks.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <deque>

namespace tickwire {

class turnstile {
public:
  // At most so many are inside or wait.
  explicit turnstile(std::size_t most)
      : most_(most) {}

  // Waits for its turn, after which leave() must follow; false at once: too many wait.
  boost::asio::awaitable<bool> enter() {
    if (inside_ + waiting_.size() >= most_) co_return false;
    if (inside_ > 0) {
      boost::asio::steady_timer turn(co_await boost::asio::this_coro::executor,
                                     boost::asio::steady_timer::time_point::max());
      waiting_.push_back(&turn);
      co_await turn.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      co_return true; // leave() handed its own place on
    }
    ++inside_;
    co_return true;
  }

  void leave() {
    if (waiting_.empty()) {
      --inside_;
      return;
    }
    boost::asio::steady_timer* next = waiting_.front();
    waiting_.pop_front();
    next->cancel();
  }

private:
  const std::size_t most_;
  std::size_t inside_ = 0;
  std::deque<boost::asio::steady_timer*> waiting_; // each lives in its enter()
};

} // namespace tickwire
