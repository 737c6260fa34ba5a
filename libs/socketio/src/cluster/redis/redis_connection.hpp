// A connection to Redis that comes back by itself: sockets, time and threads around a dialogue.
#pragma once

#include "cluster/redis/dialogue.hpp"
#include "socketio/redis_adapter.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::cluster {

using strand = boost::asio::strand<boost::asio::io_context::executor_type>;

class redis_connection;

// Whose connection it is. Called on the strand.
class redis_connection_owner {
public:
  virtual void on_up(redis_connection& which) = 0;
  virtual void on_down(redis_connection& which) = 0; // after on_up only
  virtual void on_heard(redis_connection& which, heard what) = 0;
  virtual void on_log(std::string_view line) = 0;

protected:
  ~redis_connection_owner() = default;
};

// Belongs to its strand.
class redis_connection {
public:
  // `purpose`, for the log: "publishing".
  redis_connection(strand strand, const redis_options& options, std::string_view purpose,
                   redis_connection_owner& owner);

  // Connects, and again whenever it is lost, until stop() or finish(); the owner must live until it returns.
  boost::asio::awaitable<void> run();
  void stop();
  // Stops when what was said is written, or cannot be within `patience`. `owner` is kept until then.
  void finish(std::chrono::milliseconds patience, std::shared_ptr<void> owner);

  bool up() const { return dialogue_ && dialogue_->greeted(); }
  // To say something while it is up.
  template <class Say>
  void say(Say&& say) {
    say(*dialogue_);
    wake_writer_.cancel();
  }

private:
  using tcp = boost::asio::ip::tcp;

  // Each gives why it ended.
  boost::asio::awaitable<boost::system::error_code> open();
  boost::asio::awaitable<boost::system::error_code> look_up_and_connect();
  boost::asio::awaitable<boost::system::error_code> expire(std::chrono::milliseconds patience);
  boost::asio::awaitable<std::string> converse();
  boost::asio::awaitable<std::string> read();
  boost::asio::awaitable<std::string> write();
  boost::asio::awaitable<std::string> watch();
  std::optional<std::string> hear(heard what);
  void tell(std::string_view what);

  const redis_options options_;
  const std::string purpose_;
  redis_connection_owner& owner_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  boost::asio::steady_timer pause_, clock_, wake_writer_;
  std::optional<dialogue> dialogue_; // while there is a connection
  std::string last_told_;
  bool stopped_ = false, finishing_ = false;
};

} // namespace socketio::cluster
