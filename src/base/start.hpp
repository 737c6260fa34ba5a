// Work that nobody waits for.
#pragma once

#include "base/logging.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace tickwire {

// What an exception says, for the log.
inline std::string words_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& said) {
    return said.what();
  } catch (...) {
    return "an unknown exception";
  }
}

// Starts it. What it throws ends only itself: it is logged under the name `what`, and then `failed` is
// called, so that whoever was to be answered is answered. (Asio's `detached` would swallow it.)
inline void start(boost::asio::io_context& io, std::string_view what, boost::asio::awaitable<void> work,
                  std::function<void()> failed = nullptr) {
  boost::asio::co_spawn(io, std::move(work),
                        [what = std::string(what), failed = std::move(failed)](std::exception_ptr error) {
                          if (!error) return;
                          log_error(what + " ended by a fault of our own: " + words_of(error));
                          if (failed) failed();
                        });
}

} // namespace tickwire
