#include "net/runtime.hpp"

#include "codec/base64.hpp"
#include "net/peer_address.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace socketio::detail {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds accept_retry{50}; // after EMFILE and the like
constexpr int accepts_per_turn = 64;

// A connection on its way to its thread, which may end before it comes there.
class accepted {
public:
  explicit accepted(int descriptor)
      : descriptor_(descriptor) {}
  accepted(accepted&& other) noexcept
      : descriptor_(other.take()) {}
  accepted& operator=(accepted&&) = delete;
  ~accepted() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int take() { return std::exchange(descriptor_, -1); }

private:
  int descriptor_;
};

// The kernel's randomness, fetched for many ids at once.
void random_bytes(unsigned char* out, std::size_t size) {
  struct pool {
    std::array<unsigned char, 4096> bytes;
    std::size_t used = sizeof bytes;
  };
  static thread_local pool here;
  if (here.used + size > here.bytes.size()) {
    for (std::size_t got = 0; got < here.bytes.size();) { // a signal may cut it short
      const ssize_t some = ::getrandom(here.bytes.data() + got, here.bytes.size() - got, 0);
      if (some < 0 && errno != EINTR) throw std::runtime_error("the kernel gives no random bytes");
      if (some > 0) got += static_cast<std::size_t>(some);
    }
    here.used = 0;
  }
  std::memcpy(out, here.bytes.data() + here.used, size);
  std::memset(here.bytes.data() + here.used, 0, size); // nobody finds ids of before in memory
  here.used += size;
}

session::session_id id_of(const unsigned char (&bytes)[15]) {
  session::session_id id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < sizeof bytes; i += 3) {
    const unsigned group =
        static_cast<unsigned>(bytes[i]) << 16 | static_cast<unsigned>(bytes[i + 1]) << 8 | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) id[at++] = codec::url_letters[group >> shift & 63];
  }
  return id;
}

std::string text_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  else if (address.ss_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  return plain_address(text); // a socket for IPv6 has IPv4's clients too
}

config with_plain_addresses(config given) {
  for (std::string& proxy : given.trusted_proxies) proxy = plain_address(proxy);
  return given;
}

// Of two of them the sum is what clients wait for, with timers of 31 bits.
config with_times_in_reach(config given) {
  static constexpr std::chrono::milliseconds none{0}, longest{(1 << 30) - 1};
  for (auto* time : {&given.ping_interval, &given.ping_timeout, &given.upgrade_timeout,
                     &given.connect_timeout, &given.write_stall_timeout, &given.head_timeout,
                     &given.body_timeout, &given.keep_alive_timeout, &given.attachment_timeout,
                     &given.middleware_timeout, &given.allow_request_timeout, &given.answer_timeout})
    *time = std::clamp(*time, none, longest);
  if (given.recovery)
    given.recovery->max_disconnection = std::clamp(given.recovery->max_disconnection, none, longest);
  return given;
}

config with_throttled_log(config given) {
  if (!given.log) return given;
  given.log = [log = std::move(given.log), throttle = std::make_shared<log_throttle>(
                                               given.max_log_lines_per_kind)](std::string_view line) {
    if (const auto told = throttle->pass(line, steady::now())) log(*told);
  };
  return given;
}

} // namespace

session::session_id random_id() {
  unsigned char bytes[15];
  random_bytes(bytes, sizeof bytes);
  return id_of(bytes);
}

// The last of the 20 characters names the thread; 114 random bits remain.
session::session_id session_id_on(std::size_t loop_index) {
  session::session_id id = random_id();
  id.back() = codec::url_letters[loop_index & 63];
  return id;
}

std::size_t loop_of(std::string_view sid) {
  return sid.size() == 20 ? codec::url_letters.find(sid.back()) : std::string_view::npos;
}

runtime::runtime(asio::io_context& io, config config, application& application)
    : silent(config.max_silent_connections, config.max_silent_per_address)
    , io_(io)
    , config_(with_throttled_log(with_plain_addresses(with_times_in_reach(std::move(config)))))
    , application_(application) {
  const std::size_t threads = std::clamp<std::size_t>(config_.threads, 1, 64);
  for (std::size_t i = 0; i < threads; ++i) {
    loops_.push_back(i == 0 ? std::make_unique<loop>(i, io) : std::make_unique<loop>(i));
    shards_.push_back(std::make_unique<shard>(*this, *loops_.back(), threads));
  }
}

runtime::~runtime() { stop(); }

void runtime::stop() {
  if (listener_ >= 0) ::close(std::exchange(listener_, -1));
  for (const auto& one : loops_) one->stop();
  for (const auto& one : loops_) one->discard();
  shards_.clear();
}

void runtime::start_threads() {
  if (std::exchange(started_, true)) return;
  for (const auto& one : loops_) one->start();
}

loop& runtime::nearest_loop() {
  for (const auto& one : loops_)
    if (one->is_current()) return *one;
  return *loops_.front();
}

bool runtime::mail_is_full() const {
  return std::any_of(loops_.begin(), loops_.end(),
                     [&](const auto& one) { return one->mail_waiting() > config_.max_mail_between_threads; });
}

boost::system::result<std::uint16_t> runtime::listen(const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return error;
  if (listener_ >= 0) return asio::error::make_error_code(asio::error::already_open);
  const asio::ip::tcp::endpoint endpoint(address, port);
  const auto failed = [&] {
    const error_code why(errno, boost::system::system_category());
    if (listener_ >= 0) ::close(std::exchange(listener_, -1));
    return why;
  };
  listener_ = ::socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener_ < 0) return failed();
  const int on = 1;
  if (::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(listener_, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
      ::listen(listener_, 4096) != 0)
    return failed();
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return failed();
  loops_.front()->watch(listener_, *this, EPOLLIN);
  start_threads();
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

void runtime::on_events(std::uint32_t) { accept_some(); }

void runtime::accept_some() {
  for (int i = 0; i < accepts_per_turn && listener_ >= 0; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int descriptor =
        ::accept4(listener_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ECONNABORTED || errno == EINTR) return;
      // Out of descriptors: looking at once would spin until somebody leaves.
      loops_.front()->change(listener_, *this, 0);
      loops_.front()->after(accept_retry, [this] {
        if (listener_ >= 0) loops_.front()->change(listener_, *this, EPOLLIN);
      });
      return;
    }
    if (connections >= config_.max_connections) {
      ::close(descriptor);
      if (config_.log) config_.log("connection refused: more than max_connections");
      continue;
    }
    ++connections;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    shard& target = *shards_[next_shard_++ % shards_.size()];
    target.its_loop().run([&target, its = accepted(descriptor), remote = text_of(peer)]() mutable {
      target.adopt(its.take(), std::move(remote));
    });
  }
}

void runtime::connection_gone() {
  if (--connections == 0 && closing_) loops_.front()->post([this] { finish_closing(); });
}

void runtime::session_gone() {
  if (--sessions == 0 && closing_) loops_.front()->post([this] { finish_closing(); });
}

void runtime::close(std::chrono::milliseconds patience, std::function<void()> done) {
  loops_.front()->run([this, patience, done = std::move(done)]() mutable {
    closed_.push_back(std::move(done));
    if (closing_.exchange(true)) {
      finish_closing();
      return;
    }
    if (listener_ >= 0) ::close(std::exchange(listener_, -1));
    for (const auto& one : shards_)
      one->its_loop().run([&one = *one] { one.close_all("server shutting down"); });
    loops_.front()->after(patience, [this] {
      for (const auto& one : shards_) one->its_loop().run([&one = *one] { one.destroy_all(); });
    });
    finish_closing();
  });
}

void runtime::finish_closing() {
  if (connections > 0 || sessions > 0) return;
  for (auto& done : std::exchange(closed_, {})) asio::post(io_, std::move(done));
}

} // namespace socketio::detail
