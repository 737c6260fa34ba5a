#include "adapters/meta/graph_client.hpp"

#include "adapters/meta/connect_to_any.hpp"
#include "adapters/meta/graph_wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <charconv>
#include <deque>
#include <stdexcept>
#include <variant>

namespace tickwire::meta {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t answer_max = 1024 * 1024;

struct address {
  bool tls = true;
  std::string host, port, path;
};

address parse_base(const std::string& url) {
  address result;
  std::string rest;
  if (url.starts_with("https://"))
    rest = url.substr(8);
  else if (url.starts_with("http://"))
    rest = url.substr(7), result.tls = false;
  else
    throw std::invalid_argument("must begin with https:// (or http:// for a simulator)");
  const std::size_t slash = rest.find('/');
  result.host = rest.substr(0, slash);
  if (slash != std::string::npos) result.path = rest.substr(slash);
  while (result.path.ends_with('/')) result.path.pop_back();
  result.port = result.tls ? "443" : "80";
  if (const std::size_t colon = result.host.rfind(':'); colon != std::string::npos) {
    result.port = result.host.substr(colon + 1);
    result.host.erase(colon);
  }
  int port = 0;
  const auto parsed = std::from_chars(result.port.data(), result.port.data() + result.port.size(), port);
  if (result.host.empty() || parsed.ptr != result.port.data() + result.port.size() || port < 1 ||
      port > 65535)
    throw std::invalid_argument("must be a host, and maybe a port, after //");
  return result;
}

// One connection to Graph. The stream is one of two; both are driven the same way.
struct graph_connection {
  explicit graph_connection(asio::any_io_executor io)
      : stream(std::in_place_type<beast::tcp_stream>, io) {}
  graph_connection(asio::any_io_executor io, asio::ssl::context& tls)
      : stream(std::in_place_type<beast::ssl_stream<beast::tcp_stream>>, beast::tcp_stream(io), tls) {}

  beast::tcp_stream& lowest() {
    if (auto* plain = std::get_if<beast::tcp_stream>(&stream)) return *plain;
    return std::get<beast::ssl_stream<beast::tcp_stream>>(stream).next_layer();
  }

  std::variant<beast::tcp_stream, beast::ssl_stream<beast::tcp_stream>> stream;
  beast::flat_buffer buffer;
  std::chrono::steady_clock::time_point idle_since{};
};

class graph_client final : public graph_api {
public:
  graph_client(asio::any_io_executor io, graph_config config)
      : io_(std::move(io))
      , config_(std::move(config))
      , address_(parse_base(config_.base_url))
      , target_(address_.path + "/" + config_.version + "/" + config_.phone_number_id + "/messages")
      , tls_(asio::ssl::context::tls_client) {
    tls_.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    tls_.set_default_verify_paths();
    if (!config_.extra_ca_file.empty()) tls_.load_verify_file(config_.extra_ca_file);
    tls_.set_verify_mode(asio::ssl::verify_peer);
  }

  task<send_outcome> send(outgoing_message message) override {
    std::unique_ptr<graph_connection> connection = idle_connection();
    if (!connection) {
      auto opened = co_await open();
      if (const auto* failed = std::get_if<std::string>(&opened)) co_return not_reached(*failed);
      connection = std::move(std::get<std::unique_ptr<graph_connection>>(opened));
    }
    if (stopped_) co_return put_back("the server stopped before");
    co_return co_await exchange(std::move(connection), std::move(message));
  }

  task<std::optional<send_outcome>> reach() override {
    auto opened = co_await open();
    if (const auto* failed = std::get_if<std::string>(&opened)) co_return not_reached(*failed);
    keep(std::move(std::get<std::unique_ptr<graph_connection>>(opened)));
    co_return std::nullopt;
  }

  void stop() override { stopped_ = true; }

private:
  using opened = std::variant<std::unique_ptr<graph_connection>, std::string>;

  // Nothing of a request has been written when this fails.
  task<opened> open() {
    auto connection = address_.tls ? std::make_unique<graph_connection>(io_, tls_)
                                   : std::make_unique<graph_connection>(io_);

    std::vector<tcp::endpoint> addresses = co_await look_up();
    if (addresses.empty()) co_return opened("its name could not be looked up");

    const error_code connect_error =
        co_await connect_to_any(connection->lowest(), std::move(addresses), config_.connect_timeout);
    if (connect_error)
      co_return opened(connect_error == beast::error::timeout ? "no connection in time"
                                                              : "the connection was refused");
    error_code ignored;
    connection->lowest().socket().set_option(tcp::no_delay(true), ignored);

    if (auto* secure = std::get_if<beast::ssl_stream<beast::tcp_stream>>(&connection->stream)) {
      SSL_set_tlsext_host_name(secure->native_handle(), address_.host.c_str());
      secure->set_verify_callback(asio::ssl::host_name_verification(address_.host));
      connection->lowest().expires_after(config_.tls_timeout);
      auto [tls_error] = co_await secure->async_handshake(asio::ssl::stream_base::client, as_result);
      if (tls_error) co_return opened("its certificate or the encrypted connection was not accepted");
    }
    co_return opened(std::move(connection));
  }

  // The system's lookup cannot be interrupted; it is left alone when its time is over.
  task<std::vector<tcp::endpoint>> look_up() {
    struct lookup {
      explicit lookup(asio::any_io_executor io)
          : resolver(io)
          , patience(io) {}
      tcp::resolver resolver;
      asio::steady_timer patience;
      std::vector<tcp::endpoint> found;
    };
    auto asked = std::make_shared<lookup>(io_);
    asked->patience.expires_after(config_.lookup_timeout);
    asked->resolver.async_resolve(address_.host, address_.port,
                                  [asked](error_code error, tcp::resolver::results_type found) {
                                    if (!error) asked->found.assign(found.begin(), found.end());
                                    asked->patience.cancel();
                                  });
    co_await asked->patience.async_wait(as_result);
    co_return std::move(asked->found);
  }

  task<send_outcome> exchange(std::unique_ptr<graph_connection> connection, outgoing_message message) {
    http::request<http::string_body> request(http::verb::post, target_, 11);
    request.set(http::field::host, address_.host);
    request.set(http::field::authorization, "Bearer " + config_.access_token);
    request.set(http::field::content_type, "application/json");
    request.set(http::field::accept, "application/json");
    request.body() = request_body(message);
    request.prepare_payload();

    http::response_parser<http::string_body> parser;
    parser.body_limit(answer_max);

    // From here on nobody can know that Graph has nothing of it.
    error_code error;
    connection->lowest().expires_after(config_.write_timeout);
    if (auto* plain = std::get_if<beast::tcp_stream>(&connection->stream))
      std::tie(error, std::ignore) = co_await http::async_write(*plain, request, as_result);
    else
      std::tie(error, std::ignore) = co_await http::async_write(
          std::get<beast::ssl_stream<beast::tcp_stream>>(connection->stream), request, as_result);
    if (error) co_return unsure("the connection broke while we were writing");

    connection->lowest().expires_after(config_.answer_timeout);
    if (auto* plain = std::get_if<beast::tcp_stream>(&connection->stream))
      std::tie(error, std::ignore) = co_await http::async_read(*plain, connection->buffer, parser, as_result);
    else
      std::tie(error, std::ignore) =
          co_await http::async_read(std::get<beast::ssl_stream<beast::tcp_stream>>(connection->stream),
                                    connection->buffer, parser, as_result);
    if (error == beast::error::timeout) co_return unsure("it did not answer in time");
    if (error) co_return unsure("the connection broke before its answer was complete");

    const auto& answer = parser.get();
    const send_outcome outcome = outcome_of_answer(static_cast<int>(answer.result_int()), answer.body());
    if (answer.keep_alive()) keep(std::move(connection));
    co_return outcome;
  }

  // A kept connection that the other side has closed meanwhile must be noticed before a byte is written:
  // afterwards it would be doubt where there is none.
  std::unique_ptr<graph_connection> idle_connection() {
    while (!idle_.empty()) {
      std::unique_ptr<graph_connection> connection = std::move(idle_.back());
      idle_.pop_back();
      if (std::chrono::steady_clock::now() - connection->idle_since > config_.idle_max) continue;
      char byte;
      error_code error;
      auto& socket = connection->lowest().socket();
      socket.non_blocking(true, error);
      socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
      if (error == asio::error::would_block) return connection; // silent, hence open
    }
    return nullptr;
  }

  void keep(std::unique_ptr<graph_connection> connection) {
    if (idle_.size() >= config_.idle_connections_max) return;
    connection->lowest().expires_never();
    connection->idle_since = std::chrono::steady_clock::now();
    idle_.push_back(std::move(connection));
  }

  asio::any_io_executor io_;
  const graph_config config_;
  const address address_;
  const std::string target_;
  asio::ssl::context tls_;
  std::deque<std::unique_ptr<graph_connection>> idle_;
  bool stopped_ = false;
};

} // namespace

void check_base_url(const std::string& url) { parse_base(url); }

std::unique_ptr<graph_api> make_graph_client(asio::any_io_executor io, graph_config config) {
  return std::make_unique<graph_client>(std::move(io), std::move(config));
}

} // namespace tickwire::meta
