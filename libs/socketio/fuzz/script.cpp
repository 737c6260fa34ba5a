#include "script.hpp"

#include "must.hpp"
#include "simulated_time.hpp"

#include "codec/websocket.hpp"

#include <fcntl.h>
#include <sanitizer/allocator_interface.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

namespace socketio::fuzz {

namespace {

constexpr std::size_t most_connections = 32; // of one script
constexpr std::size_t most_memory = 24 * 1024 * 1024;
constexpr int most_handlers = 100'000; // until the server comes to rest

std::string masked_frame(unsigned first, std::string_view payload) {
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += '\xfe';
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size());
  }
  static constexpr char mask[4] = {'\x12', '\x34', '\x56', '\x78'};
  frame.append(mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i & 3]);
  return frame;
}

} // namespace

struct world::peer {
  peer(known_ids& known, int descriptor)
      : descriptor(descriptor)
      , heard(known) {}
  ~peer() { ::close(descriptor); }

  // False: it has ended.
  bool read_some(bool& any) {
    char buffer[16384];
    for (;;) {
      const ssize_t size = ::recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
      if (size < 0) return errno == EAGAIN || errno == EINTR;
      if (size == 0) return false;
      any = true;
      heard.take({buffer, static_cast<std::size_t>(size)});
    }
  }

  const int descriptor;
  answers heard;
  bool reads = true;
  bool ended = false;    // by the server
  bool finished = false; // its sending half by us
};

world::world(boost::asio::io_context& io, detail::runtime& engine, std::string path)
    : io_(io)
    , engine_(engine)
    , path_(std::move(path)) {}

world::~world() = default;

namespace {

// One end of a connection whose other end the server has; small buffers, so that a client that does not read
// is noticed.
int connect_to(detail::runtime& engine) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  const int size = 4096;
  ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  ++engine.connections; // as if it had been accepted
  engine.shard_at(0).adopt(ends[1], "192.0.2.1");
  return ends[0];
}

} // namespace

world::peer& world::current() {
  auto& place = peers_[chosen_];
  if (!place && opened_ < most_connections) {
    ++opened_;
    place = std::make_unique<peer>(known_, connect_to(engine_));
    run_server();
  } else if (!place) {
    for (auto& one : peers_)
      if (one) return *one;
    ++opened_;
    place = std::make_unique<peer>(known_, connect_to(engine_));
  }
  return *place;
}

bool world::read_some() {
  bool any = false;
  for (auto& one : peers_)
    if (one && one->reads && !one->ended) one->ended = !one->read_some(any);
  return any;
}

void world::run_server() {
  int handlers = 0;
  do {
    io_.restart();
    while (io_.poll_one() > 0) must(++handlers < most_handlers, "the server comes to rest");
  } while (read_some());
}

void world::flush() {
  end_group();
  if (unsent_.empty()) return run_server();
  peer& to = current();
  std::string bytes = std::exchange(unsent_, {});
  if (bytes.find("HEAD") != bytes.npos) {
    to.heard.expect_no_bodies();
    lossy_ = true;
  }
  std::string_view left = bytes;
  while (!left.empty() && !to.finished) {
    const ssize_t sent = ::send(to.descriptor, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) break;
    run_server();
    if (sent < 0) break; // the server does not read at the moment: the rest is lost
  }
  run_server();
}

void world::pass_time(std::chrono::milliseconds time) {
  const auto step = std::max(time / 8, std::chrono::milliseconds(1));
  for (std::chrono::milliseconds passed{}; passed < time; passed += step) {
    advance_time(step);
    run_server();
  }
}

std::string world::request(std::string_view method, std::string_view query, std::string_view more,
                           std::string_view body) {
  std::string text(method);
  text += " " + path_ + "?EIO=4&transport=";
  text += query;
  text += " HTTP/1.1\r\nHost: a\r\n";
  text += more;
  if (method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n";
  text += body;
  return text;
}

void world::append(std::string_view text) {
  std::string& to = group_ ? gathered_ : unsent_;
  if (to.size() + text.size() <= 65535) to += text;
}

void world::end_group() {
  const char kind = std::exchange(group_, 0);
  std::string body = std::exchange(gathered_, {});
  switch (kind) {
  case 'O':
    return append(request("POST", group_query_, "Content-Type: text/plain;charset=UTF-8\r\n", body));
  case 'T':
    return append(masked_frame(0x81, body));
  case 'B':
    return append(masked_frame(0x82, body));
  case 'U':
    return append(masked_frame(0x01, body));
  case 'M':
    return append(masked_frame(0x00, body));
  case 'N':
    return append(masked_frame(0x80, body));
  case 'G':
    return append(masked_frame(0x89, body));
  case 'C':
    return append(masked_frame(0x88, body));
  default:
    return;
  }
}

void world::command(std::string_view& script) {
  static constexpr std::string_view upgrade =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const auto of = [&](const std::vector<std::string>& ids) -> std::string {
    const std::size_t which = take_byte(script) & 7;
    return ids.empty() ? "none" : ids[which % ids.size()];
  };
  const char what = static_cast<char>(take_byte(script));
  switch (what) {
  case 's':
    return append(of(known_.sids));
  case 'p':
    return append(of(known_.pids));
  case 'o':
    return append(known_.last_offset);
  case 'F':
    return append("\xff");
  case 'x':
    for (int i = take_byte(script) & 127; i > 0; --i) append("abcdefghijklmnopqrstuvwxyz123456");
    return;
  case 'e':
    return end_group();
  case 'O':
    end_group();
    group_query_ = "polling&sid=" + of(known_.sids);
    group_ = what;
    return;
  case 'T':
  case 'B':
  case 'U':
  case 'M':
  case 'N':
  case 'G':
  case 'C':
    end_group();
    group_ = what;
    return;
  case 'H':
    end_group();
    return append(request("GET", "polling"));
  case 'V':
    end_group();
    return append(request("GET", "websocket", upgrade));
  case 'P':
    flush(); // ids of answers that are on their way
    return append(request("GET", "polling&sid=" + of(known_.sids)));
  case 'W':
    flush();
    return append(request("GET", "websocket&sid=" + of(known_.sids), upgrade));
  default:
    break;
  }
  flush();
  if (what >= '0' && what <= '7') {
    chosen_ = static_cast<std::size_t>(what - '0');
    if (const auto& old = peers_[chosen_]; old && old->ended) peers_[chosen_].reset();
    current();
  } else if (what == 'c') {
    peers_[chosen_].reset();
    lossy_ = true;
  } else if (what == 'h') {
    ::shutdown(current().descriptor, SHUT_WR);
    current().finished = true;
  } else if (what == 'n' || what == 'r') {
    lossy_ = true;
    current().reads = what == 'r';
  } else if (what == 't' && steps_left_-- > 0) {
    pass_time(std::chrono::milliseconds(1 << (take_byte(script) & 15)));
  } else if (what == 'q' && !std::exchange(closing_, true)) {
    engine_.close(std::chrono::seconds(3), [this] { closed_ = true; });
  }
  run_server();
}

void world::play(std::string_view script) {
  const std::size_t before = __sanitizer_get_current_allocated_bytes();
  while (!script.empty()) {
    const std::size_t plain = std::min(script.find('\xff'), script.size());
    append(script.substr(0, plain));
    script.remove_prefix(plain);
    if (script.empty()) break;
    script.remove_prefix(1);
    command(script);
  }
  flush();
  const std::size_t now = __sanitizer_get_current_allocated_bytes();
  must(now < before + most_memory, "memory is bounded");
}

void world::come_to_an_end() {
  // Who does not read goes on not reading. The end of a session that nobody fetches is kept for half a
  // minute.
  for (int seconds = 0; seconds < (engine_.connections > 0 ? 90 : closing_ ? 4 : 40); ++seconds) {
    advance_time(std::chrono::seconds(1));
    run_server();
  }
  must(engine_.connections == 0, "every connection is closed in the end");
  for (auto& one : peers_) {
    if (!one) continue;
    bool any = false;
    must(!one->read_some(any), "and its client sees that");
    one.reset();
  }
  must(!closing_ || closed_, "a server that closes says when it is done");
}

// --- an ordinary client ---

std::string world::exchange_on_own_connection(const std::string& request) {
  known_ids learned;
  learned.on_packet = known_.on_packet;
  peer mine(learned, connect_to(engine_));
  must(::send(mine.descriptor, request.data(), request.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(request.size()),
       "a small request fits");
  bool open = true;
  for (int i = 0; i < 100 && open && mine.heard.count() == 0; ++i) {
    run_server();
    bool any = false;
    open = mine.read_some(any);
    if (!any) advance_time(std::chrono::milliseconds(5)); // a poll waits
  }
  must(mine.heard.count() == 1, "an ordinary request is answered");
  known_.sids.insert(known_.sids.end(), learned.sids.begin(), learned.sids.end());
  return learned.text;
}

std::string world::get(const std::string& query) {
  return exchange_on_own_connection(request("GET", "polling" + query));
}

std::string world::post(const std::string& query, const std::string& body) {
  return exchange_on_own_connection(request("POST", "polling" + query, {}, body));
}

std::string world::fresh_session() {
  get("");
  must(!known_.sids.empty() && known_.sids.back().size() == 20, "an ordinary client gets a session");
  return known_.sids.back();
}

} // namespace socketio::fuzz
