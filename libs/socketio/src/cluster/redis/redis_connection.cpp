#include "cluster/redis/redis_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>
#include <vector>

namespace socketio::cluster {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace boost::asio::experimental::awaitable_operators;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::size_t write_bytes = 256 * 1024; // what is joined to one write

dialogue_settings settings_of(const redis_options& options) {
  return {.username = options.username,
          .password = options.password,
          .database = options.database,
          .greeting_timeout = options.connect_timeout,
          .ping_interval = options.ping_interval};
}

} // namespace

redis_connection::redis_connection(strand strand, const redis_options& options, std::string_view purpose,
                                   redis_connection_owner& owner)
    : options_(options)
    , purpose_(purpose)
    , owner_(owner)
    , resolver_(strand)
    , socket_(strand)
    , pause_(strand)
    , clock_(strand)
    , wake_writer_(strand) {}

void redis_connection::stop() {
  stopped_ = true;
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
  clock_.cancel();
  wake_writer_.cancel();
}

void redis_connection::finish(std::chrono::milliseconds patience, std::shared_ptr<void> owner) {
  if (!up()) return stop();
  finishing_ = true;
  wake_writer_.cancel();
  pause_.expires_after(patience);
  pause_.async_wait([this, owner = std::move(owner)](error_code cancelled) {
    if (!cancelled) stop();
  });
}

asio::awaitable<void> redis_connection::run() {
  backoff pauses(options_.reconnect_delay, options_.reconnect_delay_max);
  while (!stopped_) {
    const time_point began = steady_clock::now();
    const error_code failed = co_await open();
    std::string why = failed.message();
    if (!failed && !stopped_) {
      dialogue_.emplace(settings_of(options_), steady_clock::now());
      why = co_await converse();
      const bool was_up = up();
      dialogue_.reset();
      if (was_up) owner_.on_down(*this);
    }
    error_code ignored;
    socket_.close(ignored);
    pause_.cancel();
    if (stopped_ || finishing_) co_return;

    tell("not connected: " + why);
    pause_.expires_after(pauses.next(steady_clock::now() - began));
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

// A line for each change, not for each attempt.
void redis_connection::tell(std::string_view what) {
  if (what == last_told_) return;
  last_told_ = what;
  owner_.on_log("Redis " + options_.host + ':' + std::to_string(options_.port) + ", " + purpose_ + ": " +
                last_told_);
}

asio::awaitable<error_code> redis_connection::open() {
  auto ended = co_await (look_up_and_connect() || expire(options_.connect_timeout));
  error_code failed = std::visit([](error_code ec) { return ec; }, ended);
  if (failed) co_return failed;
  socket_.set_option(tcp::no_delay(true), failed);
  if (!failed) socket_.set_option(tcp::socket::keep_alive(true), failed);
  co_return failed;
}

asio::awaitable<error_code> redis_connection::look_up_and_connect() {
  error_code failed;
  const auto address = asio::ip::make_address(options_.host, failed);
  if (!failed) {
    const tcp::endpoint endpoint(address, options_.port);
    co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, failed));
    co_return failed;
  }
  const auto found = co_await resolver_.async_resolve(options_.host, std::to_string(options_.port),
                                                      asio::redirect_error(asio::use_awaitable, failed));
  if (failed || stopped_) co_return failed;
  co_await asio::async_connect(socket_, found, asio::redirect_error(asio::use_awaitable, failed));
  co_return failed;
}

asio::awaitable<error_code> redis_connection::expire(std::chrono::milliseconds patience) {
  error_code cancelled;
  pause_.expires_after(patience);
  co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  if (cancelled) co_return cancelled;
  resolver_.cancel(); // which cannot be cancelled as an operation
  co_return asio::error::timed_out;
}

asio::awaitable<std::string> redis_connection::converse() {
  auto ended = co_await (read() || write() || watch());
  co_return std::visit([](std::string& why) { return std::move(why); }, ended);
}

asio::awaitable<std::string> redis_connection::read() {
  redis_reader reader(options_.max_message_bytes);
  std::vector<char> buffer(read_bytes);
  while (!stopped_) {
    error_code failed;
    const std::size_t size = co_await socket_.async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return failed.message();
    dialogue_->on_bytes(steady_clock::now());
    reader.feed({buffer.data(), size});
    while (auto reply = reader.next()) {
      if (stopped_) break;
      auto why = hear(dialogue_->on_reply(std::move(*reply)));
      if (why) co_return std::move(*why);
    }
    if (!reader.wrong().empty()) co_return reader.wrong();
  }
  co_return "stopped";
}

// Why the connection is to be given up, if it is.
std::optional<std::string> redis_connection::hear(heard what) {
  if (std::holds_alternative<hears::nothing>(what)) return std::nullopt;
  if (auto* failure = std::get_if<hears::failure>(&what)) return std::move(failure->why);
  if (std::holds_alternative<hears::greeted>(what)) {
    tell("connected");
    clock_.cancel(); // pings begin
    owner_.on_up(*this);
    return std::nullopt;
  }
  owner_.on_heard(*this, std::move(what));
  return std::nullopt;
}

asio::awaitable<std::string> redis_connection::write() {
  while (!stopped_) {
    error_code failed;
    const std::vector<redis_command> commands = dialogue_->take(write_bytes);
    if (commands.empty()) {
      if (finishing_) break;
      wake_writer_.expires_at(time_point::max());
      co_await wake_writer_.async_wait(asio::redirect_error(asio::use_awaitable, failed));
      if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) break;
      continue;
    }
    if (commands.size() == 1) {
      const asio::const_buffer alone = asio::buffer(commands.front().bytes());
      co_await asio::async_write(socket_, alone, asio::redirect_error(asio::use_awaitable, failed));
    } else {
      std::string joined;
      for (const redis_command& command : commands) joined += command.bytes();
      const asio::const_buffer together = asio::buffer(joined);
      co_await asio::async_write(socket_, together, asio::redirect_error(asio::use_awaitable, failed));
    }
    if (failed) co_return failed.message();
  }
  co_return "stopped";
}

asio::awaitable<std::string> redis_connection::watch() {
  while (!stopped_) {
    const auto next = dialogue_->at(steady_clock::now());
    if (!next) co_return "no answer";
    if (dialogue_->has_more()) wake_writer_.cancel();
    error_code cancelled;
    clock_.expires_at(*next);
    co_await clock_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) break;
  }
  co_return "stopped";
}

} // namespace socketio::cluster
