#include "floor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "floor: %s: %s\n", what, std::strerror(errno));
  std::_Exit(1);
}

constexpr std::size_t head_size(std::size_t payload) { return payload < 126 ? 2 : 4; }

// Writes the head of a text frame just before its payload, where a client's longer head or prefix has been.
std::string_view framed(char* payload, std::size_t size) {
  char* head = payload - head_size(size);
  head[0] = static_cast<char>(0x81);
  if (size < 126) {
    head[1] = static_cast<char>(size);
  } else {
    head[1] = 126;
    head[2] = static_cast<char>(size >> 8);
    head[3] = static_cast<char>(size);
  }
  return {head, head_size(size) + size};
}

std::string frame(std::string_view payload) {
  std::string room(4, ' ');
  room += payload;
  return std::string(framed(room.data() + 4, payload.size()));
}

std::string accept_key(std::string_view key) {
  const auto whole = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(whole.data()), whole.size(), digest.data());
  std::array<unsigned char, 29> text;
  EVP_EncodeBlock(text.data(), digest.data(), digest.size());
  return reinterpret_cast<const char*>(text.data());
}

} // namespace

void send_now(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd writable{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, -1);
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return;
    } else if (errno != EINTR) {
      fail("send");
    }
  }
}

std::string http_answer(std::string_view type, std::string_view body) {
  std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: ";
  answer.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return answer.append("\r\n\r\n").append(body);
}

std::string session_id(std::uint64_t number) {
  const auto digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits;
}

std::size_t number_at(std::string_view text, std::size_t at) {
  std::size_t number = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    number = number * 10 + (text[at] - '0');
  return number;
}

floor_server::floor_server(std::uint16_t port)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC))
    , listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // which accepted sockets inherit
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(listener_, 4096) != 0) fail("listen");
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener_}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0) fail("epoll_ctl");
}

void floor_server::run() {
  std::array<epoll_event, 512> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == listener_)
        accept_all();
      else
        readable(events[i].data.fd);
    }
  }
}

void floor_server::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (connections_.size() <= static_cast<std::size_t>(fd)) connections_.resize(fd + 1);
    connections_[fd] = {};
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }
}

void floor_server::gone(int fd) {
  auto& connection = connections_[fd];
  if (connection.is == connection::kind::websocket) {
    everybody_[connection.place] = everybody_.back();
    connections_[everybody_.back()].place = connection.place;
    everybody_.pop_back();
  }
  for (auto& session : polling_)
    if (session.get == fd) session.get = -1;
  connection = {};
  ::close(fd);
}

void floor_server::readable(int fd) {
  // In front, room for the head of an answer; behind, for what a message lacked.
  static std::array<char, 512 * 1024> buffer;
  char* const begin = buffer.data() + 64;
  std::size_t size = 0;
  auto& rest = connections_[fd].rest;
  if (rest) {
    size = rest->size();
    std::memcpy(begin, rest->data(), size);
    rest.reset();
  }
  const auto count = ::recv(fd, begin + size, buffer.size() - 64 - size, 0);
  if (count <= 0) {
    if (count < 0 && errno == EAGAIN) return;
    return gone(fd);
  }
  size += static_cast<std::size_t>(count);
  std::size_t used = 0;
  while (used < size) {
    const auto taken = take(fd, begin + used, size - used);
    if (taken == 0) break;
    used += taken;
  }
  if (used < size) connections_[fd].rest = std::make_unique<std::string>(begin + used, size - used);
}

std::size_t floor_server::take(int fd, char* begin, std::size_t size) {
  return connections_[fd].is == connection::kind::http ? take_http(fd, {begin, size})
                                                       : take_frame(fd, begin, size);
}

std::size_t floor_server::take_http(int fd, std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return 0;
  const auto head = bytes.substr(0, end);
  std::size_t length = 0;
  if (const auto at = head.find("Content-Length: "); at != head.npos) length = number_at(head, at + 16);
  if (bytes.size() < end + 4 + length) return 0;
  const auto body = bytes.substr(end + 4, length);
  const auto target = head.substr(head.find(' ') + 1, head.find(" HTTP") - head.find(' ') - 1);
  if (target.find("transport=websocket") != target.npos) {
    upgrade(fd, head);
  } else if (target.find("transport=polling") != target.npos) {
    if (head.starts_with("GET"))
      poll(fd, target);
    else
      polled_packets(fd, target, body);
  } else {
    const auto event = frame(R"(42["new_message",)" + std::string(body) + "]");
    if (target == "/broadcast")
      send_to_everybody(event);
    else if (const auto room = number_at(body, 11); room < rooms_.size()) // {"userId":"17",…
      for (const int member : rooms_[room]) send_now(member, event);
    static const auto ok = http_answer("application/json", R"({"ok":true})");
    send_now(fd, ok);
  }
  return end + 4 + length;
}

void floor_server::upgrade(int fd, std::string_view head) {
  const auto key = head.substr(head.find("Sec-WebSocket-Key: ") + 19, 24);
  connections_[fd].is = connection::kind::websocket;
  connections_[fd].place = static_cast<std::uint32_t>(everybody_.size());
  everybody_.push_back(fd);
  static std::uint64_t made = 0;
  auto answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: " +
                accept_key(key) + "\r\n\r\n";
  answer += frame(R"(0{"sid":")" + session_id(++made) + std::string(open_packet));
  send_now(fd, answer);
}

std::size_t floor_server::take_frame(int fd, char* begin, std::size_t size) {
  if (size < 2) return 0;
  std::size_t length = begin[1] & 0x7f, head = 6;
  if (length == 126) {
    if (size < 4) return 0;
    length = static_cast<unsigned char>(begin[2]) * 256u + static_cast<unsigned char>(begin[3]);
    head = 8;
  }
  if (size < head + length) return 0;
  std::uint64_t mask = 0;
  std::memcpy(&mask, begin + head - 4, 4);
  mask |= mask << 32;
  char* const payload = begin + head;
  std::size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, payload + i, 8);
    eight ^= mask;
    std::memcpy(payload + i, &eight, 8);
  }
  for (; i < length; ++i) payload[i] ^= static_cast<char>(mask >> (i % 8 * 8));
  if ((begin[0] & 0x0f) == 1) event(fd, payload, length);
  return head + length;
}

void floor_server::event(int fd, char* text, std::size_t size) {
  constexpr std::string_view ack_name = R"(["echo-ack",)", register_name = R"(420["register",")";
  const std::string_view whole(text, size);
  if (whole == "40") {
    static std::uint64_t made = 0;
    send_now(fd, frame(R"(40{"sid":")" + session_id(++made) + "\"}"));
  } else if (whole.starts_with(R"(42["e)")) {
    send_now(fd, framed(text, size));
  } else if (whole.starts_with(R"(42["b)")) {
    send_to_everybody(framed(text, size));
  } else if (whole.starts_with(register_name)) {
    const auto room = number_at(whole, register_name.size());
    if (rooms_.size() <= room) rooms_.resize(room + 1);
    rooms_[room].push_back(fd);
    send_now(fd, frame("430[]"));
  } else if (whole.starts_with("42")) { // 42<id>["echo-ack",X] → 43<id>[X]
    const auto name = whole.find('[');
    char* const answer = text + ack_name.size() - 1;
    std::memmove(answer + 2, text + 2, name - 2);
    answer[0] = '4', answer[1] = '3', answer[name] = '[';
    send_now(fd, framed(answer, size - ack_name.size() + 1));
  }
}

void floor_server::send_to_everybody(std::string_view frame) {
  for (const int fd : everybody_) send_now(fd, frame);
}

} // namespace bench

int main(int argc, char** argv) {
  ::signal(SIGTERM, [](int) { std::_Exit(0); });
  bench::floor_server(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 3000)).run();
}
