// A real Redis for tests: on a port of its own, in a folder of its own, gone with its object.
#pragma once

#include "cluster/redis/resp.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace socketio::cluster::testing {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

// A connection that waits for each answer, for 20 s at most.
class redis_client {
public:
  explicit redis_client(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in address = loopback(port);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(socket_);
      throw std::runtime_error("cannot connect to Redis");
    }
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO})
      ::setsockopt(socket_, SOL_SOCKET, direction, &patience, sizeof patience);
  }
  ~redis_client() { ::close(socket_); }
  redis_client(const redis_client&) = delete;
  redis_client& operator=(const redis_client&) = delete;

  redis_reply operator()(std::initializer_list<std::string_view> words) {
    const redis_command command(words);
    for (std::string_view rest = command.bytes(); !rest.empty();) {
      const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("Redis is gone");
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return receive();
  }
  redis_reply receive() {
    while (true) {
      if (auto reply = reader_.next()) return std::move(*reply);
      char buffer[4096];
      const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
      if (size <= 0) throw std::runtime_error("Redis is gone");
      reader_.feed({buffer, static_cast<std::size_t>(size)});
    }
  }

private:
  int socket_;
  redis_reader reader_{256 * 1024 * 1024};
};

class redis_process {
public:
  explicit redis_process(std::vector<std::string> options = {}, std::uint16_t port = free_port())
      : port(port)
      , folder_(std::filesystem::temp_directory_path() /
                ("redis-" + std::to_string(::getpid()) + "-" + std::to_string(port)))
      , options_(std::move(options)) {
    std::filesystem::create_directories(folder_);
    start();
  }
  ~redis_process() {
    if (pid_ > 0) kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  redis_process(const redis_process&) = delete;
  redis_process& operator=(const redis_process&) = delete;

  void start() {
    std::vector<std::string> words{"redis-server",   "--port",    std::to_string(port), "--bind", "127.0.0.1",
                                   "--save",         "",          "--appendonly",       "no",     "--dir",
                                   folder_.string(), "--logfile", "redis.log"};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (::posix_spawnp(&pid_, "redis-server", nullptr, nullptr, arguments.data(), environ) != 0)
      throw std::runtime_error("redis-server cannot be started: script/bootstrap installs it");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (true) {
      try {
        redis_client client(port);
        client({"PING"}); // an answer of any kind
        return;
      } catch (const std::runtime_error&) {
        if (std::chrono::steady_clock::now() > end) {
          kill();
          throw;
        }
        std::this_thread::yield();
      }
    }
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void freeze() { ::kill(pid_, SIGSTOP); }
  void thaw() { ::kill(pid_, SIGCONT); }

  const std::uint16_t port;

private:
  std::filesystem::path folder_;
  std::vector<std::string> options_;
  pid_t pid_ = 0;
};

} // namespace socketio::cluster::testing
