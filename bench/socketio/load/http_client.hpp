// One kept-alive HTTP connection, one request at a time.
#pragma once

#include "poller.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace load {

class http_client final : public watcher {
public:
  // Called with the body of each answer; an answer other than 200 is a fault.
  using answered = std::function<void(std::string_view body)>;
  http_client(poller& poller, std::uint16_t port, answered answered);
  ~http_client() override;
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  void get(std::string_view target);
  void post(std::string_view target, std::string_view content_type, std::string_view body);
  void readable() override;

private:
  bool take();
  int fd_;
  answered answered_;
  std::string host_, received_, request_;
};

} // namespace load
