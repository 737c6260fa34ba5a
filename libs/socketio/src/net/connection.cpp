#include "net/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include <array>
#include <charconv>

namespace socketio::detail {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using clock = std::chrono::steady_clock;
using boost::system::error_code;

namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t pipelined_max = 64 * 1024;     // bytes that may wait behind a request under way
constexpr std::size_t linger_max = 16 * 1024 * 1024; // bytes of a refused body that are read and forgotten
constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t packets_per_write = 64;

// All connections of a thread read into this one.
char* shared_buffer() {
  static thread_local std::array<char, read_size> buffer;
  return buffer.data();
}

bool contains_token(std::string_view list, std::string_view token) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  for (std::size_t at = 0; at + token.size() <= list.size(); ++at) {
    std::size_t i = 0;
    while (i < token.size() && lower(list[at + i]) == token[i]) ++i;
    if (i == token.size()) return true;
  }
  return false;
}

} // namespace

void exchange::answer(http_response response) {
  if (answered) return;
  answered = true;
  if (const auto connection = where.lock()) connection->answer(*this, std::move(response));
}

connection::connection(server_core& core, asio::ip::tcp::socket socket)
    : core_(core)
    , core_alive_(core.alive())
    , socket_(std::move(socket))
    , http_(std::make_unique<http_state>(core.io())) {
  core_.opened(*this);
}

connection::~connection() {
  if (*core_alive_) core_.gone(*this);
}

void connection::start() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  set_deadline(clock::now() + core_.settings().keep_alive_timeout);
  wait_readable();
}

bool connection::idle() const {
  return http_ && !http_->busy && http_->in.empty() && http_->out.empty() && !http_->lingering;
}

void connection::destroy() {
  if (!open_) return;
  open_ = false;
  error_code ignored;
  socket_.close(ignored);
  if (http_) http_->timer.cancel();
}

void connection::wait_readable() {
  if (!open_ || reading_posted_) return;
  reading_posted_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
    self->reading_posted_ = false;
    if (!error && self->open_) self->on_readable();
  });
}

void connection::on_readable() {
  error_code error;
  const std::size_t size = socket_.read_some(asio::buffer(shared_buffer(), read_size), error);
  if (error == asio::error::would_block || error == asio::error::interrupted) return wait_readable();
  if (error) return ended(error == asio::error::eof ? "transport close" : "transport error");
  if (http_) {
    take_http({shared_buffer(), size});
  } else {
    reader_.feed(shared_buffer(), size, core_.settings().max_payload, *this);
  }
  if (!open_) return;
  if (http_ && http_->busy && http_->in.size() > pipelined_max)
    return; // goes on when the request is answered
  wait_readable();
}

void connection::ended(std::string_view reason) {
  const auto self = shared_from_this();
  if (http_) {
    if (const auto current = http_->current.lock()) core_.request_aborted(*current);
  } else if (session) {
    core_.websocket_gone(*this, reason);
  }
  destroy();
}

// --- HTTP ---

void connection::set_deadline(session::time_point deadline) {
  http_->deadline = deadline;
  if (deadline >= http_->armed)
    return; // fires early and looks again: cheaper than setting it for each request
  http_->armed = deadline;
  http_->timer.expires_at(deadline);
  http_->timer.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (error || !self || !self->http_ || !self->open_) return;
    self->http_->armed = session::time_point::max();
    if (clock::now() >= self->http_->deadline) return self->ended("transport close");
    self->set_deadline(self->http_->deadline);
  });
}

void connection::take_http(std::string_view data) {
  if (http_->lingering) {
    http_->lingered += data.size();
    if (http_->lingered > linger_max) destroy();
    return;
  }
  http_->in.append(data);
  if (!http_->busy) parse_http();
}

void connection::parse_http() {
  const socketio::config& settings = core_.settings();
  while (open_ && http_ && !http_->busy && !http_->in.empty()) {
    if (!http_->parser) {
      http_->parser = std::make_unique<http_parser>();
      http_->parser->header_limit(static_cast<std::uint32_t>(settings.max_head_bytes));
      http_->parser->body_limit(boost::none); // set when the head is known
      set_deadline(clock::now() + settings.head_timeout);
    }
    http_parser& parser = *http_->parser;
    const bool had_head = parser.is_header_done();
    error_code error;
    const std::size_t taken = parser.put(asio::const_buffer(http_->in.data(), http_->in.size()), error);
    http_->in.erase(0, taken);
    const bool starved = error == http::error::need_more;
    if (error && !starved) {
      if (error == http::error::header_limit) return refuse_request(431, "The request's head is too large.");
      if (error == http::error::body_limit) {
        auto request = std::make_shared<exchange>();
        request->message.base() = std::move(parser.get().base());
        request->too_large = true;
        request->keep_alive = false;
        return dispatch(std::move(request));
      }
      return refuse_request(400, "The request is not valid HTTP/1.1.");
    }
    if (!had_head && parser.is_header_done()) {
      const auto& head = parser.get();
      const std::string_view target(head.target().data(), head.target().size());
      const std::string_view path = target.substr(0, target.find('?'));
      const std::string_view method(head.method_string().data(), head.method_string().size());
      const std::size_t limit = core_.is_ours(path)   ? settings.max_payload
                                : settings.body_limit ? settings.body_limit(method, path)
                                                      : settings.max_body_bytes;
      const auto length = parser.content_length();
      if (length && *length > limit) {
        auto request = std::make_shared<exchange>();
        request->message.base() = std::move(parser.get().base());
        request->too_large = true;
        request->keep_alive = false;
        return dispatch(std::move(request));
      }
      parser.body_limit(limit);
      if (!parser.is_done()) {
        set_deadline(clock::now() + settings.body_timeout);
        if (head.find(http::field::expect) != head.end()) {
          static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
          error_code ignored;
          socket_.write_some(asio::buffer(go_on.data(), go_on.size()), ignored); // fits an empty send buffer
        }
      }
    }
    if (parser.is_done()) {
      auto request = std::make_shared<exchange>();
      request->keep_alive = parser.get().keep_alive();
      request->message = parser.release();
      http_->parser.reset();
      dispatch(std::move(request));
      continue;
    }
    if (starved) return;
  }
}

void connection::dispatch(std::shared_ptr<exchange> request) {
  http_->parser.reset();
  http_->busy = true;
  http_->current = request;
  set_deadline(session::time_point::max());
  request->where = weak_from_this();
  error_code ignored;
  const auto remote = socket_.remote_endpoint(ignored);
  if (!ignored) request->remote = remote.address().to_string();

  const auto& head = request->message;
  if (core_.is_ours(request->view.path())) {
    const auto upgrade_header = head[http::field::upgrade];
    if (head.method() == http::verb::get &&
        contains_token({upgrade_header.data(), upgrade_header.size()}, "websocket"))
      return upgrade(std::move(request));
    return core_.on_engine_request(std::move(request));
  }
  if (core_.on_http) {
    exchange& its = *request;
    return core_.on_http(its.view, responder(std::move(request)));
  }
  http_response missing;
  missing.status = 404;
  request->answer(std::move(missing));
}

void connection::upgrade(std::shared_ptr<exchange> request) {
  const auto& head = request->message;
  const std::string_view key(head[http::field::sec_websocket_key].data(),
                             head[http::field::sec_websocket_key].size());
  const std::string_view version(head[http::field::sec_websocket_version].data(),
                                 head[http::field::sec_websocket_version].size());
  std::optional<server_core::refusal> refusal;
  if (key.size() != 24 || version != "13")
    refusal = server_core::refusal{400, "Bad request"};
  else
    refusal = core_.on_upgrade(request->view, *this);
  if (refusal) {
    http_response answer;
    answer.status = refusal->status;
    answer.body = refusal->text;
    answer.headers.emplace_back("Content-Type", "text/html");
    answer.close = true;
    return request->answer(std::move(answer));
  }
  std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                       "Upgrade\r\nSec-WebSocket-Accept: " +
                       codec::accept_key(key) + "\r\n";
  for (const auto& [name, value] : core_.cors_headers(request->view, false))
    answer += name + ": " + value + "\r\n";
  answer += "\r\n";
  request->answered = true;
  std::string rest = std::move(http_->in);
  http_->timer.cancel();
  http_.reset();
  codec::packet raw;
  raw.frame = std::make_shared<const std::string>(std::move(answer));
  out_.push_back(std::move(raw));
  const auto self = shared_from_this();
  core_.websocket_ready(*this);
  write_websocket();
  if (!rest.empty() && reading()) reader_.feed(rest.data(), rest.size(), core_.settings().max_payload, *this);
}

void connection::refuse_request(unsigned status, std::string_view text) {
  auto request = std::make_shared<exchange>();
  request->keep_alive = false;
  request->where = weak_from_this();
  http_->parser.reset();
  http_->busy = true;
  http_->current = request;
  http_response answer;
  answer.status = status;
  answer.body = std::string(text);
  answer.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  request->answer(std::move(answer));
}

void connection::answer(exchange& request, http_response response) {
  if (!open_ || !http_) return;
  const bool is_head = request.message.method() == http::verb::head;
  const bool no_body = response.status == 304 || response.status == 204 || response.status < 200;
  const std::string_view body =
      response.fixed_body.empty() ? std::string_view(response.body) : response.fixed_body;
  http_->close_after = !request.keep_alive || response.close || core_.closing();

  std::string& out = http_->out;
  out.reserve(256 + response.body.size());
  out = request.message.version() == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, response.status).ptr);
  out += ' ';
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  out.append(reason.data(), reason.size());
  out += "\r\n";
  for (const auto& [name, value] : response.headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (response.status != 204 && response.status != 304 && response.status >= 200) {
    out += "Content-Length: ";
    out.append(digits, std::to_chars(digits, digits + sizeof digits, body.size()).ptr);
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
  if (!open_ || !http_) return;
  while (http_->written < http_->out.size() || http_->fixed_written < http_->fixed.size()) {
    const std::array<asio::const_buffer, 2> buffers{
        asio::buffer(http_->out.data() + http_->written, http_->out.size() - http_->written),
        asio::buffer(http_->fixed.data() + http_->fixed_written, http_->fixed.size() - http_->fixed_written)};
    error_code error;
    std::size_t size = socket_.write_some(buffers, error);
    if (error == asio::error::would_block) {
      set_deadline(clock::now() + core_.settings().write_stall_timeout);
      socket_.async_wait(asio::ip::tcp::socket::wait_write,
                         [self = shared_from_this()](error_code wait_error) {
                           if (!wait_error) self->write_http();
                         });
      return;
    }
    if (error) return ended("transport error");
    const std::size_t of_head = std::min(size, http_->out.size() - http_->written);
    http_->written += of_head;
    http_->fixed_written += size - of_head;
  }
  answered();
}

void connection::answered() {
  std::string().swap(http_->out);
  http_->fixed = {};
  http_->written = http_->fixed_written = 0;
  http_->busy = false;
  http_->current.reset();
  if (http_->close_after) return linger();
  set_deadline(clock::now() + core_.settings().keep_alive_timeout);
  if (http_->in.empty()) std::string().swap(http_->in);
  // Answered inside the handler of the request: the loop in parse_http() goes on. Answered later: it must be
  // started.
  const auto self = shared_from_this();
  if (!http_->in.empty())
    asio::post(core_.io(), [self] {
      if (self->open_ && self->http_ && !self->http_->busy) self->parse_http();
    });
  wait_readable();
}

// The rest of what the client sends is read and forgotten, or the kernel would reset the connection and the
// answer with it.
void connection::linger() {
  http_->lingering = true;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  set_deadline(clock::now() + linger_time);
  wait_readable();
}

// --- WebSocket ---

void connection::on_message(bool binary, std::string_view payload) {
  core_.websocket_message(*this, binary, payload);
}

void connection::on_ping(std::string_view payload) {
  codec::packet pong;
  auto frame = std::make_shared<std::string>();
  pong.header =
      static_cast<std::uint8_t>(codec::append_frame_header(*frame, codec::opcode::pong, payload.size()));
  *frame += payload;
  pong.frame = std::move(frame);
  write(pong);
}

void connection::on_close() {
  if (session) core_.websocket_gone(*this, "transport close");
  finish_websocket(codec::close_code::none);
}

void connection::on_violation(std::uint16_t code, std::string_view what) {
  core_.log(std::string("websocket closed: ") + std::string(what));
  if (session) core_.websocket_gone(*this, "transport error");
  finish_websocket(code);
}

void connection::write(const codec::packet& packet) {
  if (!open_ || finishing_) return;
  out_.push_back(packet);
  write_websocket();
}

void connection::write_from_session() {
  if (!open_ || finishing_) return;
  write_websocket();
}

void connection::finish_websocket(std::uint16_t code) {
  if (!open_ || finishing_) return;
  if (session && session->websocket == this)
    session->engine.take_for_websocket(out_, static_cast<std::size_t>(-1));
  session = nullptr;
  codec::packet goodbye;
  goodbye.frame = std::make_shared<const std::string>(codec::close_frame(code));
  out_.push_back(std::move(goodbye));
  finishing_ = true;
  const auto self = shared_from_this();
  write_websocket();
  // The peer answers with its own close frame and ends the connection; one that does not is not waited for.
  auto timer = std::make_shared<asio::steady_timer>(core_.io(), linger_time);
  timer->async_wait([weak = weak_from_this(), timer](error_code) {
    if (const auto late = weak.lock()) late->destroy();
  });
  wait_readable();
}

void connection::write_websocket() {
  if (writing_posted_ || !open_) return;
  for (;;) {
    if (out_.size() < packets_per_write && !finishing_ && session && session->websocket == this)
      session->engine.take_for_websocket(out_, packets_per_write - out_.size());
    if (out_.empty()) break;
    std::array<asio::const_buffer, packets_per_write> buffers;
    const std::size_t count = std::min(out_.size(), packets_per_write);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t skip = i == 0 ? out_offset_ : 0;
      buffers[i] = asio::const_buffer(out_[i].frame->data() + skip, out_[i].frame->size() - skip);
    }
    error_code error;
    std::size_t size =
        count == 1 ? socket_.write_some(asio::const_buffer(buffers[0]), error)
                   : socket_.write_some(std::span<const asio::const_buffer>(buffers.data(), count), error);
    if (error == asio::error::would_block) {
      if (session) core_.stalled(*this, true);
      return wait_writable();
    }
    if (error) return ended("transport error");
    std::size_t done = 0;
    while (done < count && size >= out_[done].frame->size() - (done == 0 ? out_offset_ : 0)) {
      size -= out_[done].frame->size() - (done == 0 ? out_offset_ : 0);
      if (done == 0) out_offset_ = 0;
      ++done;
    }
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(done));
    out_offset_ += size;
    if (session) core_.stalled(*this, false);
  }
  std::vector<codec::packet>().swap(out_);
  if (finishing_ && !shut_) {
    shut_ = true;
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }
}

void connection::wait_writable() {
  writing_posted_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](error_code error) {
    self->writing_posted_ = false;
    if (!error) self->write_websocket();
  });
}

} // namespace socketio::detail
