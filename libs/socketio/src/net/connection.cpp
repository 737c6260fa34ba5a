#include "net/connection.hpp"

#include "net/head_rules.hpp"
#include "net/http_date.hpp"
#include "net/live_session.hpp"
#include "net/peer_address.hpp"
#include "net/runtime.hpp"
#include "net/shard.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <thread>

namespace socketio::detail {

namespace http = boost::beast::http;
using boost::system::error_code;
using http_parser = http::request_parser<http::string_body>;

namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t pipelined_max = 64 * 1024;     // bytes that may wait behind a request under way
constexpr std::size_t linger_max = 16 * 1024 * 1024; // bytes of a refused body that are read and forgotten
constexpr std::chrono::seconds linger_time{2};
constexpr std::chrono::seconds silence_begins{2}; // of a fresh connection, when it counts as a silent one
constexpr std::size_t packets_per_write = 64;

// All connections of a thread read into this one.
char* shared_buffer() {
  static thread_local std::array<char, read_size> buffer;
  return buffer.data();
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

ssize_t write_pieces(int descriptor, iovec* pieces, std::size_t count) {
  if (count == 1) return ::send(descriptor, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  return ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

iovec piece_of(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

void append_number(std::string& out, std::size_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

} // namespace

struct connection::http_state final : timer {
  explicit http_state(connection& owner)
      : owner(owner) {}
  ~http_state() {
    speaks();
    owner.home_->its_loop().cancel(*this);
  }
  void on_time(time_point now) override {
    if (now >= silent_from && !is_silent()) return owner.ended("transport close");
    if (now >= deadline)
      return waits_for_application ? owner.answer_is_late() : owner.ended("transport close");
    if (next() != time_point::max()) owner.home_->its_loop().schedule(*this, next());
  }
  time_point next() const { return std::min(deadline, silent_from); }
  // False: too many are silent.
  bool is_silent() {
    silent_from = time_point::max();
    const bool is_proxy = is_trusted(remote, owner.home_->settings().trusted_proxies);
    const auto full = owner.home_->all().silent.enter(remote, is_proxy);
    counted = full.empty();
    if (!counted) owner.home_->log("silent connection closed: more than " + std::string(full));
    return counted;
  }
  void speaks() { // the head of a request is there
    silent_from = time_point::max();
    if (std::exchange(counted, false)) owner.home_->all().silent.leave(remote);
  }

  connection& owner;
  std::string remote;
  std::unique_ptr<http_parser> parser;
  std::unique_ptr<http_head> head; // of a chunked request, whose trailer the parser adds to the head
  byte_share share;                // of what is in flight
  std::string in;                  // bytes that were not parsed yet
  std::string out;                 // head of the answer, and its body when it is a string
  std::size_t written = 0;
  std::string_view fixed; // body that lives elsewhere
  std::size_t fixed_written = 0;
  std::shared_ptr<exchange> current;
  shard* moving_to = nullptr;
  std::string posting_to;  // session whose POST is coming in
  bool busy = false;       // an exchange is under way
  bool parsing = false;    // inside parse_http(): an answer given at once needs no new start
  bool keep_alive = false; // as the head says that is being read
  bool close_after = false;
  bool lingering = false; // answered, reading on only so that the answer is not lost
  std::size_t lingered = 0;
  time_point deadline = time_point::max();
  bool waits_for_application = false;
  time_point silent_from = time_point::max(); // when it counts as silent, unless it speaks
  bool counted = false;                       // as silent
};

// The peer's answer to our close frame is waited for, not for ever.
struct connection::goodbye final : timer {
  explicit goodbye(connection& owner)
      : owner(owner) {}
  ~goodbye() { owner.home_->its_loop().cancel(*this); }
  void on_time(time_point) override { owner.destroy(); }
  connection& owner;
};

connection::connection(shard& home, int descriptor, std::string remote)
    : home_(&home)
    , descriptor_(descriptor)
    , http_(std::make_unique<http_state>(*this)) {
  http_->remote = std::move(remote);
}

connection::~connection() {
  if (open_) ::close(descriptor_);
  if (http_ && http_->current) {
    http_->current->aborted = true;
    http_->current->where = nullptr;
  }
}

void connection::start() {
  events_ = EPOLLIN;
  home_->its_loop().watch(descriptor_, *this, events_);
  if (http_->busy || http_->parser) return; // it comes from another thread
  const auto now = steady::now();
  http_->silent_from = now + silence_begins;
  set_deadline(now + home_->settings().head_timeout);
}

// What came behind a request under way waits for that one's answer: it cannot be refused before.
std::size_t connection::unfinished_bytes() const {
  return open_ && http_ && !http_->busy ? http_->share.bytes() : 0;
}

bool connection::idle() const {
  return http_ && !http_->busy && !http_->parser && http_->in.empty() && http_->out.empty() &&
         !http_->lingering;
}

void connection::destroy() {
  if (!open_) return;
  forget_post();
  open_ = false;
  ::close(descriptor_);
  if (http_ && http_->current) {
    http_->current->aborted = true;
    http_->current->where = nullptr;
  }
  home_->gone(*this); // buried: freed at the end of the turn
}

void connection::want(std::uint32_t events) {
  if (!open_ || events_ == events) return;
  events_ = events;
  home_->its_loop().change(descriptor_, *this, events);
}

void connection::on_events(std::uint32_t events) {
  if (!open_) return;
  if (events & EPOLLOUT) {
    want(events_ & ~static_cast<std::uint32_t>(EPOLLOUT));
    http_ ? write_http() : write_websocket();
  }
  if (open_ && events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) on_readable();
}

void connection::on_readable() {
  if (resuming_) return; // epoll tells again
  // Reading waits until the request under way is answered; an end is noticed all the same.
  if (!(events_ & EPOLLIN)) return ended("transport close");
  // What clients say becomes mail for other threads: they first get what waits for them. epoll tells again.
  if (home_->all().mail_is_full()) return std::this_thread::yield();
  const ssize_t size = ::recv(descriptor_, shared_buffer(), read_size, 0);
  if (size < 0 && would_block(errno)) return;
  if (size < 0) return ended("transport error");
  if (size == 0) return ended("transport close");
  if (http_)
    take_http({shared_buffer(), static_cast<std::size_t>(size)});
  else
    feed(shared_buffer(), static_cast<std::size_t>(size));
}

// Its turn has come again, or what waited for it has left.
void connection::go_on() {
  if (!open_ || !std::exchange(paused_, false)) return;
  want(events_ | EPOLLIN);
  if (!http_) return feed(nullptr, 0);
  if (!http_->busy) parse_http();
}

void connection::ended(std::string_view reason, std::string_view detail) {
  if (http_) {
    // A poll that nobody waits for any more, or whose answer is not out whole: what it carried is lost.
    if (const auto current = http_->current;
        current && current->message.method() == http::verb::get && home_->is_ours(current->view.path())) {
      const std::string sid = current->view.query_value("sid");
      if (live_session* its = sid.empty() ? nullptr : home_->find(sid)) its->poll_lost(*current);
    }
  } else if (session) {
    std::exchange(session, nullptr)->websocket_gone(*this, reason, detail);
  }
  destroy();
}

// --- HTTP ---

// A POST whose body is still coming is known to its session, on the session's thread; false: it is the second
// one, and refused, or it goes to that thread first.
bool connection::begin_post() {
  const auto& head = http_->parser->get();
  const std::string_view target(head.target().data(), head.target().size());
  const std::size_t mark = target.find('?');
  if (head.method() != http::verb::post || mark == std::string_view::npos ||
      !home_->is_ours(target.substr(0, mark)))
    return true;
  const std::string sid = query_value(target.substr(mark + 1), "sid");
  if (shard* other = home_->elsewhere(sid)) {
    http_->moving_to = other;
    return false;
  }
  if (live_session* its = home_->find(sid); its && its->engine.current() == session::transport::polling) {
    if (!its->begin_post(*this)) {
      refuse_request(400, "");
      return false;
    }
    http_->posting_to = sid;
  }
  return true;
}

// It has come to the thread of the session that its request names: with the request, or with the beginning of
// one.
void connection::arrived() {
  if (http_->current) return home_->on_engine_request(*this, http_->current);
  home_->its_loop().schedule(*http_, http_->next());
  if (begin_post()) parse_http();
}

// Its POST has been handled, was refused for another reason, or will not come.
void connection::forget_post() {
  if (!http_ || http_->posting_to.empty()) return;
  if (live_session* its = home_->find(std::exchange(http_->posting_to, {}))) its->post_lost(*this);
}

void connection::set_deadline(time_point deadline) {
  http_->deadline = deadline;
  // Moved only to an earlier time; else it fires early and looks again: cheaper than setting it for each
  // request.
  if (http_->next() < home_->its_loop().due(*http_)) home_->its_loop().schedule(*http_, http_->next());
}

std::shared_ptr<exchange> connection::new_exchange() {
  auto fresh = std::make_shared<exchange>(home_->its_loop(), *this);
  fresh->remote = http_->remote;
  http_->speaks();
  fresh->share = std::move(http_->share);
  http_->current = fresh;
  http_->busy = true;
  return fresh;
}

void connection::take_http(std::string_view data) {
  if (http_->lingering) {
    http_->lingered += data.size();
    if (http_->lingered > linger_max) destroy();
    return;
  }
  http_->in.append(data);
  if (!http_->busy) return parse_http();
  count_in_flight();
  // Then it is not read before the answer, and only its end is noticed.
  if (http_->in.size() > pipelined_max || too_much_in_flight())
    want((events_ & ~static_cast<std::uint32_t>(EPOLLIN)) | EPOLLRDHUP);
}

void connection::parse_http() {
  http_->parsing = true;
  handled_ = 0;
  while (open_ && http_ && !http_->busy && !http_->lingering && !http_->in.empty()) {
    if (handled_ == session::engine_session::messages_per_turn) {
      paused_ = true;
      want(events_ & ~static_cast<std::uint32_t>(EPOLLIN));
      home_->its_loop().go_on_next_turn(*this);
      break;
    }
    if (!http_->parser) {
      while (http_->in.starts_with("\r\n")) http_->in.erase(0, 2); // RFC 9112, 2.2
      if (http_->in.empty() || http_->in == "\r") break;
      http_->parser = std::make_unique<http_parser>();
      http_->parser->header_limit(static_cast<std::uint32_t>(home_->settings().max_head_bytes));
      http_->parser->body_limit(boost::none); // set when the head is known
      set_deadline(steady::now() + home_->settings().head_timeout);
    }
    http_parser& parser = *http_->parser;
    const bool had_head = parser.is_header_done();
    if (!had_head) { // the parser takes nothing of a head before it is whole
      const std::size_t end = http_->in.find("\r\n\r\n");
      const auto flaw =
          end == std::string::npos ? "" : raw_head_flaw(std::string_view(http_->in).substr(0, end));
      if (!flaw.empty()) {
        refuse_request(400, flaw);
        break;
      }
    }
    error_code error;
    const std::size_t taken =
        parser.put(boost::asio::const_buffer(http_->in.data(), http_->in.size()), error);
    http_->in.erase(0, taken);
    const bool starved = error == http::error::need_more;
    if (error && !starved) {
      if (error == http::error::header_limit)
        refuse_request(431, "The request's head is too large.");
      else if (error == http::error::body_limit)
        check_head(true);
      else
        refuse_request(400, "The request is not valid HTTP/1.1.");
      break;
    }
    if (!had_head && parser.is_header_done() && !check_head(false)) break;
    count_in_flight();
    if (http_->share.bytes() > 0) make_room();
    if (!open_ || !http_->parser) break; // it was refused itself
    if (parser.is_done()) {
      ++handled_;
      dispatch();
    } else if (starved) {
      // The rest of a chunk's head or of the trailer, for which the parser has no limit.
      if (http_->in.size() > home_->settings().max_head_bytes)
        refuse_request(431, "The request's head is too large.");
      break;
    }
  }
  if (!open_ || !http_) return;
  http_->parsing = false;
  if (http_->in.empty()) std::string().swap(http_->in);
  count_in_flight();
  if (shard* target = std::exchange(http_->moving_to, nullptr)) home_->hand_over(*this, *target);
}

// What has come and is not handed on yet; a request that was handed on counts its body itself.
void connection::count_in_flight() {
  const std::size_t of_body = http_->parser ? http_->parser->get().body().size() : 0;
  http_->share.set(home_->all().in_flight, http_->in.size() + of_body);
}

bool connection::too_much_in_flight() const {
  const std::size_t most = home_->settings().max_bytes_in_flight;
  return most > 0 && *home_->all().in_flight > most;
}

// What is not whole gives way, largest first: who sends slowly, or never ends, holds up nobody who does not.
void connection::make_room() {
  while (too_much_in_flight()) {
    connection* heaviest = home_->heaviest_unfinished(); // this one at the least
    heaviest->refuse_request(503, "Too much is being sent at this moment. Try again in a second.");
    if (heaviest == this) return;
  }
}

// False: the request has been refused, or handed on without its body, which is larger than it may be.
bool connection::check_head(bool over) {
  const socketio::config& settings = home_->settings();
  http_parser& parser = *http_->parser;
  head_verdict verdict;
  if (!over) { // else it was judged when the head came
    verdict = judge_head(parser.get().base());
    if (verdict.status != 0) {
      refuse_request(verdict.status, verdict.why);
      return false;
    }
    http_->speaks();
    http_->keep_alive = parser.keep_alive(); // a trailer may not change it
    if (parser.chunked()) http_->head = std::make_unique<http_head>(parser.get().base());
  }
  const auto& head = parser.get();
  const std::string_view target(head.target().data(), head.target().size());
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view method(head.method_string().data(), head.method_string().size());
  std::size_t limit = home_->is_ours(path) ? settings.max_payload : settings.max_body_bytes;
  if (!home_->is_ours(path) && settings.body_limit)
    home_->guard("body_limit", [&] { limit = settings.body_limit(method, path); });
  const auto length = parser.content_length();
  if ((length && *length > limit) || over) {
    const auto request = new_exchange();
    request->message.base() = http_->head ? std::move(*http_->head) : std::move(parser.get().base());
    request->too_large = true;
    request->keep_alive = false;
    dispatch();
    return false;
  }
  parser.body_limit(limit);
  if (parser.is_done()) return true;
  set_deadline(steady::now() + settings.body_timeout);
  if (verdict.go_on_asked) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    // Fits an empty send buffer.
    [[maybe_unused]] const auto sent = ::send(descriptor_, go_on.data(), go_on.size(), MSG_NOSIGNAL);
  }
  return begin_post();
}

void connection::dispatch() {
  std::shared_ptr<exchange> request = http_->current;
  if (!request) {
    request = new_exchange();
    request->keep_alive = http_->keep_alive;
    request->message = http_->parser->release();
    if (http_->head) request->message.base() = std::move(*http_->head);
  }
  request->share.set(home_->all().in_flight, request->message.body().size()); // none, where it is too large
  http_->parser.reset();
  http_->head.reset();
  const auto& settings = home_->settings();
  if (!settings.trusted_proxies.empty())
    request->remote = client_address(
        http_->remote, request->view.joined_header(settings.client_address_header), settings.trusted_proxies);
  set_deadline(time_point::max());
  if (home_->is_ours(request->view.path())) {
    const bool begun = !http_->posting_to.empty();
    home_->on_engine_request(*this, std::move(request));
    if (begun) forget_post(); // else it may have left this thread
    return;
  }
  if (const auto& handler = home_->all().on_http) {
    const std::shared_ptr<exchange> its = request; // what throws lets its responder go, which answers 500
    http_->waits_for_application = true;
    set_deadline(steady::now() + settings.answer_timeout);
    home_->guard("on_http", [&] { handler(its->view, responder(std::move(request))); });
    return;
  }
  http_response missing;
  missing.status = 404;
  request->answer(std::move(missing));
}

void connection::answer_is_late() {
  home_->log("request answered 503: on_http did not answer within answer_timeout");
  http_response late;
  late.status = 503;
  late.close = true;
  const auto current = http_->current;
  current->answer(std::move(late));
}

void connection::refuse_request(unsigned status, std::string_view text) {
  forget_post();
  const auto request = new_exchange();
  request->keep_alive = false;
  http_->parser.reset();
  http_->head.reset();
  request->share = byte_share();
  std::string().swap(http_->in);
  http_response answer;
  answer.status = status;
  if (status == 503) answer.headers.emplace_back("Retry-After", "1");
  answer.body = std::string(text);
  if (!text.empty()) answer.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  request->answer(std::move(answer));
}

void connection::move_to(shard& other) { http_->moving_to = &other; }

void connection::leave_home(shard& other) {
  home_->its_loop().cancel(*http_);
  if (http_->current) http_->current->home = other.its_loop().way();
  home_ = &other;
}

void connection::accept_upgrade(exchange& request, const header_list& headers) {
  const auto key = request.view.header("sec-websocket-key");
  std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                     "Upgrade\r\nSec-WebSocket-Accept: " +
                     codec::accept_key(key) + "\r\n";
  // The first that was offered, as the ws package does: browsers fail a handshake that names none of theirs.
  const std::string offered = request.view.joined_header("sec-websocket-protocol");
  if (const auto first = codec::first_subprotocol(offered); first && !first->empty())
    head += "Sec-WebSocket-Protocol: " + std::string(*first) + "\r\n";
  append_headers(head, headers);
  head += "\r\n";
  request.answered = true;
  request.where = nullptr;
  std::string rest = std::move(http_->in);
  http_.reset();
  paused_ = false;
  want(EPOLLIN);
  out_.push_back(codec::raw_bytes(std::move(head)));
  resuming_ = true;
  home_->resume_later(*this, std::move(rest));
}

// With those that every answer has, where it has none of that name.
void connection::append_headers(std::string& out, const header_list& headers) const {
  const auto append = [&](const std::string& name, const std::string& value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  for (const auto& [name, value] : headers) append(name, value);
  for (const auto& [name, value] : home_->settings().answer_headers)
    if (std::none_of(headers.begin(), headers.end(),
                     [&](const auto& given) { return boost::beast::iequals(given.first, name); }))
      append(name, value);
}

void connection::answer(exchange& request, http_response response) {
  if (!open_ || !http_ || http_->current.get() != &request) return;
  http_->waits_for_application = false;
  const bool is_head = request.message.method() == http::verb::head;
  const bool no_body = response.status == 304 || response.status == 204 || response.status < 200;
  const std::string_view body =
      response.fixed_body.empty() ? std::string_view(response.body) : response.fixed_body;
  // While closing, polling clients must still be able to fetch the end of their sessions.
  http_->close_after = !request.keep_alive || response.close || home_->closed();

  std::string& out = http_->out;
  out.reserve(256 + response.body.size());
  out = request.message.version() == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  append_number(out, response.status);
  out += ' ';
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  out.append(reason.data(), reason.size());
  out += "\r\n";
  append_headers(out, response.headers);
  if (std::none_of(response.headers.begin(), response.headers.end(), [](const auto& given) {
        return given.first.size() == 4 && http::string_to_field(given.first) == http::field::date;
      })) {
    out += "Date: ";
    out += http_date();
    out += "\r\n";
  }
  if (response.status != 204 && response.status != 304 && response.status >= 200) {
    out += "Content-Length: ";
    append_number(out, body.size());
    out += "\r\n";
  }
  if (http_->close_after)
    out += "Connection: close\r\n";
  else if (request.message.version() == 10)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
  http_->written = http_->fixed_written = 0;
  http_->fixed = {};
  if (!is_head && !no_body) {
    if (!response.fixed_body.empty())
      http_->fixed = response.fixed_body;
    else
      out += response.body;
  }
  write_http();
}

void connection::write_http() {
  while (http_->written < http_->out.size() || http_->fixed_written < http_->fixed.size()) {
    iovec pieces[2] = {piece_of(std::string_view(http_->out).substr(http_->written)),
                       piece_of(http_->fixed.substr(http_->fixed_written))};
    const ssize_t sent = write_pieces(descriptor_, pieces, pieces[1].iov_len == 0 ? 1 : 2);
    if (sent < 0 && would_block(errno)) {
      set_deadline(steady::now() + home_->settings().write_stall_timeout);
      return want(events_ | EPOLLOUT);
    }
    if (sent < 0) return ended("transport error");
    const std::size_t of_head = std::min(static_cast<std::size_t>(sent), pieces[0].iov_len);
    http_->written += of_head;
    http_->fixed_written += static_cast<std::size_t>(sent) - of_head;
  }
  answered();
}

void connection::answered() {
  if (!http_->busy) return; // EPOLLOUT without anything to write
  std::string().swap(http_->out);
  http_->fixed = {};
  http_->written = http_->fixed_written = 0;
  http_->busy = false;
  http_->current->where = nullptr;
  http_->current->aborted = true;
  http_->current.reset();
  if (http_->close_after) return linger();
  set_deadline(steady::now() + home_->settings().keep_alive_timeout);
  if (!paused_) want((events_ | EPOLLIN) & ~static_cast<std::uint32_t>(EPOLLRDHUP));
  if (!http_->in.empty() && !http_->parsing) home_->resume_later(*this, {});
}

// What the client has sent behind it is forgotten. The rest is read and forgotten too, or the kernel would
// reset the connection and the answer with it.
void connection::linger() {
  http_->lingering = true;
  std::string().swap(http_->in);
  count_in_flight();
  ::shutdown(descriptor_, SHUT_WR);
  set_deadline(steady::now() + linger_time);
  want(EPOLLIN);
}

// --- WebSocket ---

void connection::resume(std::string rest) {
  if (!open_) return;
  if (http_) {
    if (!http_->busy && !paused_) parse_http();
    return;
  }
  resuming_ = false;
  if (!rest.empty() && reading()) feed(rest.data(), rest.size());
  if (open_) write_websocket();
}

void connection::feed(char* data, std::size_t size) {
  handled_ = 0;
  reader_.feed(data, size, home_->settings().max_payload, *this);
  if (!reading() || !pausing()) return;
  paused_ = true;
  want(events_ & ~static_cast<std::uint32_t>(EPOLLIN));
  // Else when the kernel has taken more of what waits.
  if (!session || session->engine.takes_more()) home_->its_loop().go_on_next_turn(*this);
}

bool connection::pausing() const {
  return handled_ == session::engine_session::messages_per_turn || (session && !session->engine.takes_more());
}

void connection::on_message(bool binary, std::string_view payload) {
  ++handled_;
  if (session) session->websocket_message(*this, binary, payload);
}

void connection::on_ping(std::string_view payload) {
  ++handled_;
  write(codec::raw_bytes(codec::control_frame(codec::opcode::pong, payload)));
}

void connection::on_close(std::uint16_t code) {
  peer_closed_ = true;
  take_queued();
  if (session) std::exchange(session, nullptr)->websocket_gone(*this, "transport close", {});
  finish_websocket(code);
}

void connection::on_violation(std::uint16_t code, std::string_view what) {
  const std::string context =
      code == codec::close_code::too_big
          ? "message over the limit of " + std::to_string(home_->settings().max_payload) + " bytes"
          : "WebSocket: " + std::string(what);
  home_->report(nullptr, 3, "Bad request", context);
  take_queued();
  if (session) std::exchange(session, nullptr)->websocket_gone(*this, "transport error", context);
  finish_websocket(code);
}

void connection::write(codec::packet packet) {
  // Pongs and the answers to probes: who does not read them needs no more of them (RFC 6455 §5.5.3).
  if (!open_ || finishing_ || out_.size() >= packets_per_write) return;
  out_.push_back(std::move(packet));
  write_websocket();
}

// What answers earlier messages goes out before the end.
void connection::take_queued() {
  if (!session || session->websocket != this) return;
  while (session->engine.queued_packets() > 0) out_.push_back(session->engine.take_front());
}

void connection::finish_websocket(std::uint16_t code) {
  if (!open_ || finishing_) return;
  take_queued();
  session = nullptr;
  out_.push_back(codec::raw_bytes(codec::close_frame(code)));
  finishing_ = true;
  // The peer answers with its own close frame and ends the connection; one that does not is not waited for.
  goodbye_ = std::make_unique<goodbye>(*this);
  home_->its_loop().schedule(*goodbye_, steady::now() + linger_time);
  write_websocket();
}

bool connection::waits_for_kernel() const { return events_ & EPOLLOUT; }

void connection::write_websocket() {
  switch (write_out()) {
  case write_result::refused:
    return;
  case write_result::failed:
    return ended("transport error");
  case write_result::done:
    break;
  }
  if (finishing_ && peer_closed_) return destroy(); // both have said goodbye
  if (finishing_ && !shut_) {
    shut_ = true;
    ::shutdown(descriptor_, SHUT_WR);
  }
}

// Whoever calls is in the middle of something: an error shows again at the end of the turn.
void connection::offer() { write_out(); }

connection::write_result connection::write_out() {
  if (!open_ || waits_for_kernel()) return write_result::refused; // goes on when it is writable
  for (;;) {
    std::array<iovec, packets_per_write> pieces;
    std::size_t count = 0;
    for (const codec::packet& packet : out_) {
      if (count == pieces.size()) break;
      pieces[count] = piece_of(packet.frame().substr(count == 0 ? out_offset_ : 0));
      ++count;
    }
    const bool from_session = session && session->websocket == this;
    if (from_session)
      for (const codec::packet& packet : session->engine.queued()) {
        if (count == pieces.size()) break;
        pieces[count++] = piece_of(packet.frame());
      }
    if (count == 0) return write_result::done;
    const ssize_t sent = write_pieces(descriptor_, pieces.data(), count);
    if (sent < 0 && would_block(errno)) {
      if (from_session) session->stalled();
      want(events_ | EPOLLOUT);
      return write_result::refused;
    }
    if (sent < 0) return write_result::failed;
    drop_written(static_cast<std::size_t>(sent));
    if (goodbye_) home_->its_loop().schedule(*goodbye_, steady::now() + linger_time); // it still takes
    if (!session || session->websocket != this) continue;
    session->engine.moving();
    if (paused_ && session->engine.takes_more()) home_->its_loop().go_on_next_turn(*this);
  }
}

void connection::drop_written(std::size_t bytes) {
  std::size_t whole = 0;
  while (whole < out_.size() && bytes >= out_[whole].frame().size() - out_offset_) {
    bytes -= out_[whole].frame().size() - out_offset_;
    out_offset_ = 0;
    ++whole;
  }
  if (whole == out_.size())
    std::vector<codec::packet>().swap(out_);
  else
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(whole));
  if (!out_.empty()) {
    out_offset_ += bytes;
    return;
  }
  if (!session || session->websocket != this) return;
  const auto queued = session->engine.queued();
  whole = 0;
  while (whole < queued.size() && bytes >= queued[whole].frame().size())
    bytes -= queued[whole++].frame().size();
  session->engine.drop_front(whole);
  if (bytes == 0) return;
  out_.push_back(session->engine.take_front()); // begun: nothing may come between
  out_offset_ = bytes;
}

} // namespace socketio::detail
