#include "poller.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace load {

namespace {

[[noreturn]] void fail(const char* what) { throw fault(std::string(what) + ": " + std::strerror(errno)); }

void set(int fd, int level, int option) {
  const int on = 1;
  if (::setsockopt(fd, level, option, &on, sizeof on) != 0) fail("setsockopt");
}

sockaddr_in loopback(unsigned last, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last);
  return address;
}

constexpr unsigned source_addresses = 16;

} // namespace

poller::poller()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail("epoll_create1");
}

poller::~poller() { ::close(epoll_); }

int poller::connect(std::uint16_t port, watcher* owner) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
  set(fd, IPPROTO_TCP, TCP_NODELAY);
  const auto from = loopback(2 + connected_++ % source_addresses, 0), to = loopback(1, port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) fail("bind");
  // On loopback it is answered by the kernel at once.
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail("connect");
  if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
  epoll_event event{.events = EPOLLIN, .data = {.ptr = owner}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  return fd;
}

bool poller::turn(std::chrono::milliseconds longest) {
  std::array<epoll_event, 512> events;
  const int count = ::epoll_wait(epoll_, events.data(), events.size(), static_cast<int>(longest.count()));
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  for (int i = 0; i < count; ++i) static_cast<watcher*>(events[i].data.ptr)->readable();
  return count > 0;
}

bool poller::run_until(clock::time_point end, const std::function<bool()>& done) {
  while (!done()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now());
    if (left.count() <= 0) return false;
    turn(std::min(left, std::chrono::milliseconds{50}));
  }
  return true;
}

void poller::run_for(std::chrono::milliseconds time) {
  run_until(clock::now() + time, [] { return false; });
}

bool poller::run_while_moving(std::chrono::milliseconds patience, const std::uint64_t& count,
                              const std::function<bool()>& done) {
  auto before = count;
  while (!run_until(clock::now() + patience, done))
    if (std::exchange(before, count) == count) return false;
  return true;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void close_at_once(int fd) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(fd);
}

std::string_view receive(int fd) {
  static std::array<char, 256 * 1024> buffer;
  const auto count = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (count > 0) return {buffer.data(), static_cast<std::size_t>(count)};
  if (count == 0 || errno == ECONNRESET) throw connection_ended();
  if (errno == EAGAIN || errno == EINTR) return {};
  fail("recv");
}

} // namespace load
