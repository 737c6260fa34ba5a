// Sockets and the loop that waits for them. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace load {

// The load cannot be made, or a server broke the protocol: the run is worth nothing.
struct fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The other side has ended a connection.
struct connection_ended : fault {
  connection_ended()
      : fault("the server ended a connection") {}
};

using clock = std::chrono::steady_clock;

class watcher {
public:
  virtual ~watcher() = default;
  virtual void readable() = 0;
};

class poller {
public:
  poller();
  ~poller();
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  // To 127.0.0.1:port, from one of several loopback addresses, since one of them has only 28,000 ports.
  int connect(std::uint16_t port, watcher* owner);
  // Takes what waits for at most that long; false when it was nothing.
  bool turn(std::chrono::milliseconds longest);
  // Until done() says so; false when the time is over first.
  bool run_until(clock::time_point end, const std::function<bool()>& done);
  void run_for(std::chrono::milliseconds time);
  // Until done() says so; false when `count` has not changed for so long.
  bool run_while_moving(std::chrono::milliseconds patience, const std::uint64_t& count,
                        const std::function<bool()>& done);

private:
  int epoll_;
  unsigned connected_ = 0;
};

// Everything, or a fault: what is under way is bounded, so a full socket means that the server has stopped
// reading.
void send_all(int fd, std::string_view bytes);
// By reset, so that no port is left waiting.
void close_at_once(int fd);
// One read into a buffer that all share. Empty: nothing there. Throws connection_ended.
std::string_view receive(int fd);

} // namespace load
