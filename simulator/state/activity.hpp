#pragma once
// Counts what is under way, so that a test can wait for silence instead of guessing how long it takes.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace simulator {

/// One thread. Tokens may outlive the counter.
class activity {
  struct shared {
    explicit shared(const boost::asio::any_io_executor& executor)
        : silence(executor) {}
    std::size_t count = 0;
    boost::asio::steady_timer silence;
  };

public:
  /// Holds one thing under way until it is destroyed.
  class token {
  public:
    token() = default;
    explicit token(std::shared_ptr<shared> state)
        : state_(std::move(state)) {
      ++state_->count;
    }
    token(token&& other) noexcept = default;
    token& operator=(token&& other) noexcept {
      std::swap(state_, other.state_);
      return *this;
    }
    ~token() {
      if (state_ && --state_->count == 0) state_->silence.cancel();
    }

  private:
    std::shared_ptr<shared> state_;
  };

  explicit activity(const boost::asio::any_io_executor& executor)
      : state_(std::make_shared<shared>(executor)) {}

  token begin() { return token(state_); }
  std::size_t count() const { return state_->count; }

  /// True when nothing is under way, at the latest after `limit`; false when something still is.
  boost::asio::awaitable<bool> silent_within(std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    const auto state = state_;
    while (state->count > 0 && std::chrono::steady_clock::now() < end) {
      state->silence.expires_at(end);
      boost::system::error_code ignored;
      co_await state->silence.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    co_return state->count == 0;
  }

private:
  std::shared_ptr<shared> state_;
};

/// Something that happens once and that one coroutine waits for.
class gate {
public:
  explicit gate(const boost::asio::any_io_executor& executor)
      : timer_(executor, boost::asio::steady_timer::time_point::max()) {}

  void open() {
    is_open_ = true;
    timer_.cancel();
  }

  /// Returns when it is open. The gate must be kept by the waiting coroutine.
  boost::asio::awaitable<void> passed() {
    boost::system::error_code ignored;
    while (!is_open_)
      co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }

private:
  bool is_open_ = false;
  boost::asio::steady_timer timer_;
};

} // namespace simulator
