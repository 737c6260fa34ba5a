#include "simulator/net/http_server.hpp"

#include "simulator/net/event_hub.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>

namespace simulator {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto idle_limit = std::chrono::minutes(5);
constexpr auto heartbeat = std::chrono::seconds(20);

using parser = http::request_parser<http::string_body>;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

/// False when the target is no path.
bool read_target(std::string_view target, http_request& into_request) {
  const auto parsed = boost::urls::parse_origin_form({target.data(), target.size()});
  if (!parsed) return false;
  into_request.path = parsed->path();
  for (const auto& parameter : parsed->params()) into_request.query[parameter.key] = parameter.value;
  return true;
}

http_request request_from(http::request<http::string_body>&& read, unsigned short port) {
  http_request request;
  request.method = std::string(read.method_string());
  for (const auto& field : read) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    request.headers[name] = std::string(field.value());
  }
  const auto host = request.header("host");
  request.own_address = "http://" + (host.empty() ? "127.0.0.1:" + std::to_string(port) : host);
  request.body = std::move(read.body());
  return request;
}

http::response<http::string_body> response_from(http_response&& answer, unsigned version, bool keep_alive,
                                                bool head) {
  http::response<http::string_body> response{static_cast<http::status>(answer.status), version};
  response.keep_alive(keep_alive);
  response.set(http::field::content_type, answer.content_type);
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) response.set(name, value);
  response.body() = std::move(answer.body);
  response.prepare_payload();
  if (head) response.body().clear();
  return response;
}

void cut(beast::tcp_stream& stream) {
  // Zero linger makes close() send a reset instead of an orderly end.
  error_code ignored;
  stream.socket().set_option(asio::socket_base::linger(true, 0), ignored);
  stream.socket().close(ignored);
}

asio::awaitable<void> wait_until_gone(beast::tcp_stream& stream) {
  stream.expires_never();
  std::array<char, 1024> ignored_bytes{};
  error_code error;
  while (!error) co_await stream.async_read_some(asio::buffer(ignored_bytes), into(error));
}

asio::awaitable<void> write_events(beast::tcp_stream& stream, std::shared_ptr<subscriber> events) {
  static constexpr std::string_view head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  error_code error;
  stream.expires_after(heartbeat);
  co_await asio::async_write(stream, asio::buffer(head), into(error));

  while (!error && !events->cut) {
    auto text = std::make_shared<const std::string>(":\n\n"); // a comment, to notice pages that have gone
    if (events->pending.empty()) {
      error_code ignored;
      events->wake.expires_after(heartbeat);
      co_await events->wake.async_wait(into(ignored));
    }
    if (!events->pending.empty()) {
      text = events->pending.front();
      events->pending.pop_front();
      events->pending_bytes -= text->size();
    }
    stream.expires_after(heartbeat);
    co_await asio::async_write(stream, asio::buffer(*text), into(error));
  }
}

/// `open` is held, and thereby counted, as long as the connection is.
asio::awaitable<void> session(beast::tcp_stream stream, http_handler handler, unsigned short port,
                              std::shared_ptr<const bool> open) {
  error_code error;
  stream.socket().set_option(tcp::no_delay(true), error);
  beast::flat_buffer buffer(http_server::header_max + (64U << 10));

  for (;;) {
    parser read;
    read.header_limit(http_server::header_max);
    read.body_limit(http_server::media_body_max);
    stream.expires_after(idle_limit);
    co_await http::async_read_header(stream, buffer, read, into(error));
    if (error) co_return;

    const auto target = std::string_view(read.get().target().data(), read.get().target().size());
    const bool media = target.substr(0, target.find('?')).ends_with("/media");
    if (!media) read.body_limit(http_server::body_max);
    if (beast::iequals(read.get()[http::field::expect], "100-continue")) {
      const http::response<http::empty_body> go_on{http::status::continue_, 11};
      http::response_serializer<http::empty_body> serializer{
          const_cast<http::response<http::empty_body>&>(go_on)};
      co_await http::async_write(stream, serializer, into(error));
    }
    if (!error) co_await http::async_read(stream, buffer, read, into(error));

    const auto version = read.get().version();
    const bool keep_alive = !error && read.get().keep_alive();
    const bool head = read.get().method() == http::verb::head;

    http_request request;
    http_response answer;
    if (error == http::error::body_limit)
      answer = problem_response(413, "The body is too large.");
    else if (error)
      co_return;
    else if (!read_target(target, request))
      answer = problem_response(400, "The address cannot be read.");
    else {
      auto path = std::move(request.path);
      auto query = std::move(request.query);
      request = request_from(read.release(), port);
      request.path = std::move(path);
      request.query = std::move(query);
      answer = co_await handler(request);
    }

    switch (answer.how) {
    case sending::reset:
      cut(stream);
      co_return;
    case sending::hang:
      co_await wait_until_gone(stream);
      co_return;
    case sending::events: {
      auto events = std::move(answer.events);
      co_await write_events(stream, std::move(events));
      co_return;
    }
    case sending::whole:
    case sending::truncated:
      break;
    }

    const bool truncated = answer.how == sending::truncated;
    auto response = response_from(std::move(answer), version, keep_alive, head);
    stream.expires_after(idle_limit);
    if (truncated) {
      const auto length = response.body().size();
      response.body().resize(length / 2); // Content-Length stays that of the whole
      response.content_length(length);
      http::response_serializer<http::string_body> serializer{response};
      co_await http::async_write(stream, serializer, into(error));
      error_code ignored;
      stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
      co_return;
    }
    co_await http::async_write(stream, response, into(error));
    if (error || !response.keep_alive()) {
      error_code ignored;
      stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
      co_return;
    }
  }
}

void report(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& reason) {
    std::cerr << "tickwire-simulator: a connection ended by a fault of ours: " << reason.what() << '\n';
  }
}

} // namespace

struct http_server::implementation : std::enable_shared_from_this<implementation> {
  implementation(const asio::any_io_executor& executor, const tcp::endpoint& where, http_handler handle)
      : acceptor(executor, where)
      , handler(std::move(handle)) {}

  asio::awaitable<void> accept() {
    const auto keep = shared_from_this();
    const auto port = acceptor.local_endpoint().port();
    for (;;) {
      error_code error;
      tcp::socket socket = co_await acceptor.async_accept(into(error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) { // out of descriptors: let some close
        asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(50));
        error_code ignored;
        co_await pause.async_wait(into(ignored));
        continue;
      }
      if (open.use_count() > connections_max) continue; // closes it
      asio::co_spawn(acceptor.get_executor(),
                     session(beast::tcp_stream(std::move(socket)), handler, port, open), report);
    }
  }

  tcp::acceptor acceptor;
  http_handler handler;
  std::shared_ptr<const bool> open = std::make_shared<const bool>(true); ///< one use for each open connection
};

http_server::http_server(const asio::any_io_executor& executor, const std::string& host, unsigned short port,
                         http_handler handler) {
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host);
  self_ = std::make_shared<implementation>(executor, tcp::endpoint(address, port), std::move(handler));
}

http_server::~http_server() {
  error_code ignored;
  self_->acceptor.close(ignored);
}

unsigned short http_server::port() const { return self_->acceptor.local_endpoint().port(); }

void http_server::start() { asio::co_spawn(self_->acceptor.get_executor(), self_->accept(), asio::detached); }

} // namespace simulator
