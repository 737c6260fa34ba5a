// Threads for work that blocks (databases, password hashing), so that the I/O thread never does.
#pragma once

#include "base/result.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace tickwire {

class blocking_pool {
public:
  // At most `waiting_max` pieces of work wait or run; more are refused.
  blocking_pool(std::size_t threads, std::size_t waiting_max)
      : threads_(threads)
      , waiting_max_(waiting_max) {}
  // Waits for what runs; what has not begun is dropped.
  ~blocking_pool() { threads_.stop(), threads_.join(); }

  // Runs work(), which returns a result<…>, on a thread of the pool and resumes on the executor that awaits.
  // Fails with `overloaded` when too much waits. An exception of work() is rethrown to the awaiter.
  template <class Work>
  boost::asio::awaitable<std::invoke_result_t<Work&>> run(Work work) {
    using answer = std::invoke_result_t<Work&>;
    if (waiting_.fetch_add(1) >= waiting_max_) {
      waiting_.fetch_sub(1);
      co_return fail(failure_kind::overloaded, "busy", "The server is busy. Try again in a few seconds.");
    }
    auto start = [this](auto handler, Work work) {
      auto executor = boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                          boost::asio::execution::outstanding_work.tracked);
      // Held by a pointer: Asio wants to move completions, and a dropped one must still destroy the
      // coroutine.
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      boost::asio::post(threads_, [this, executor, shared, work = std::move(work)]() mutable {
        std::exception_ptr error;
        std::optional<answer> value;
        try {
          value.emplace(work());
        } catch (...) {
          error = std::current_exception();
        }
        waiting_.fetch_sub(1);
        boost::asio::post(executor, [shared = std::move(shared), error, value = std::move(value)]() mutable {
          std::move (*shared)(error, std::move(value));
        });
      });
    };
    std::optional<answer> value =
        co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                             void(std::exception_ptr, std::optional<answer>)>(
            start, boost::asio::use_awaitable, std::move(work));
    co_return std::move(*value);
  }

private:
  boost::asio::thread_pool threads_;
  std::atomic<std::size_t> waiting_{0};
  const std::size_t waiting_max_;
};

} // namespace tickwire
