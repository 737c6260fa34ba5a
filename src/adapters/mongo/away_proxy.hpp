// Stands between a test and its server: passes everything, holds everything back, or is not there.
#pragma once

#include "base/start.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace tickwire::mongo::testing {

class away_proxy {
  using tcp = boost::asio::ip::tcp;

public:
  // `server`: "host:port"
  explicit away_proxy(const std::string& server)
      : server_(server) {
    listen();
    thread_ = std::thread([this] {
      const auto stay = boost::asio::make_work_guard(io_);
      io_.run();
    });
  }
  away_proxy(const away_proxy&) = delete;
  away_proxy& operator=(const away_proxy&) = delete;
  ~away_proxy() {
    io_.stop();
    thread_.join();
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void hold(bool on) { held_ = on; } // connections are taken, and nothing passes
  void leave() {
    run([this] {
      acceptor_->close();
      for (auto& one : sockets_)
        if (auto socket = one.lock()) socket->close();
      sockets_.clear();
    });
  }
  void come_back() {
    run([this] { listen(); });
  }

private:
  template <class Work>
  void run(Work work) {
    boost::asio::post(io_, boost::asio::use_future(std::move(work))).get();
  }

  void listen() {
    acceptor_ =
        std::make_shared<tcp::acceptor>(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), port_));
    port_ = acceptor_->local_endpoint().port();
    start(io_, "a proxy of a test", accept(acceptor_));
  }

  boost::asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> mine) {
    boost::system::error_code error;
    for (;;) {
      auto from = std::make_shared<tcp::socket>(io_), to = std::make_shared<tcp::socket>(io_);
      co_await mine->async_accept(*from, boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) co_return;
      const std::size_t colon = server_.rfind(':');
      tcp::resolver resolver(io_);
      const auto found = resolver.resolve(server_.substr(0, colon), server_.substr(colon + 1));
      boost::asio::connect(*to, found, error);
      if (error) continue;
      sockets_.push_back(from);
      sockets_.push_back(to);
      start(io_, "a proxy of a test", pass(from, to));
      start(io_, "a proxy of a test", pass(to, from));
    }
  }

  boost::asio::awaitable<void> pass(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to) {
    std::array<char, 64 * 1024> bytes{};
    boost::system::error_code error;
    boost::asio::steady_timer timer(io_);
    for (;;) {
      const std::size_t got = co_await from->async_read_some(
          boost::asio::buffer(bytes), boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) break;
      while (held_) {
        timer.expires_after(std::chrono::milliseconds{10});
        co_await timer.async_wait(boost::asio::use_awaitable);
      }
      const auto part = boost::asio::buffer(bytes.data(), got);
      co_await boost::asio::async_write(*to, part,
                                        boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) break;
    }
    from->close(error);
    to->close(error);
  }

  const std::string server_;
  boost::asio::io_context io_;
  std::shared_ptr<tcp::acceptor> acceptor_;
  std::list<std::weak_ptr<tcp::socket>> sockets_;
  unsigned short port_ = 0;
  std::atomic<bool> held_ = false;
  std::thread thread_;
};

} // namespace tickwire::mongo::testing
