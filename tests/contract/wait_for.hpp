// For tests of coroutines.
#pragma once

#include "app/ports.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace tickwire::testing {

// Runs a coroutine to its end on an I/O context and gives its value.
template <class T>
T wait_for(boost::asio::io_context& io, task<T> work) {
  auto guard = boost::asio::make_work_guard(io);
  std::optional<T> value;
  std::exception_ptr error;
  boost::asio::co_spawn(
      io,
      [&]() -> task<void> {
        value.emplace(co_await std::move(work));
        co_return;
      },
      [&](std::exception_ptr thrown) {
        error = thrown;
        guard.reset();
        io.stop();
      });
  io.restart();
  io.run();
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

} // namespace tickwire::testing
