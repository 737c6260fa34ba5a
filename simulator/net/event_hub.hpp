#pragma once
// Server-Sent Events: the phone page is told, it never asks.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/value.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

/// One open page. Events wait here until the connection has taken them.
struct subscriber {
  explicit subscriber(const boost::asio::any_io_executor& executor)
      : wake(executor) {}

  std::deque<std::shared_ptr<const std::string>> pending;
  std::size_t pending_bytes = 0;
  bool cut = false; ///< too slow: the page connects anew and gets everything again
  boost::asio::steady_timer wake;
};

/// One thread.
class event_hub {
public:
  static constexpr std::size_t pending_bytes_max = 4 << 20;
  static constexpr std::size_t subscribers_max = 64;

  explicit event_hub(boost::asio::any_io_executor executor)
      : executor_(std::move(executor)) {}

  /// Nothing when too many pages are open. Dropping the pointer ends the subscription.
  std::shared_ptr<subscriber> subscribe();
  /// False when nobody would see an event: then it need not be made.
  bool watched();
  void publish(std::string_view event, const boost::json::value& data);

  static void give(subscriber& to, std::shared_ptr<const std::string> text);
  static std::shared_ptr<const std::string> text_of(std::string_view event, const boost::json::value& data);

private:
  boost::asio::any_io_executor executor_;
  std::vector<std::weak_ptr<subscriber>> subscribers_;
};

} // namespace simulator
