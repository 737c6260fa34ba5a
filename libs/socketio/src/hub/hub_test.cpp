#include "hub/hub.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace socketio::detail {
namespace {

// A child is asked for in the middle of a change of its parent: it has the change once, before it or with it.
TEST(Hub, AChildMadeWhileItsParentChangesHasEachHandlerOnce) {
  boost::asio::io_context io;
  hub all(io, {});
  nsp& parent = all.of_matching([](std::string_view, const boost::json::value&) { return true; });
  for (std::size_t round = 1; round <= 100; ++round) {
    std::atomic<bool> changing = false, asking = false;
    nsp* child = nullptr;
    std::thread maker([&] {
      while (!changing) std::this_thread::yield();
      asking = true;
      child = &all.of("/child-" + std::to_string(round));
    });
    all.change_handlers(parent, [&](handlers& its) {
      changing = true;
      while (!asking) std::this_thread::yield();
      for (int i = 0; i < 20; ++i) std::this_thread::yield(); // it is likely to wait for us by now
      its.on_connection.push_back([](socket&) {});
    });
    maker.join();
    all.change_handlers(*child, [&](const handlers& its) { EXPECT_EQ(its.on_connection.size(), round); });
  }
}

} // namespace
} // namespace socketio::detail
