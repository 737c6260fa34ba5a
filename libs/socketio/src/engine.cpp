#include "socketio/engine.hpp"

#include "net/guarded.hpp"
#include "net/runtime.hpp"

namespace socketio {

namespace detail {

class engine_application;

class engine_peer final : public session_peer {
public:
  engine_peer(engine_application& app, live_session& link);
  ~engine_peer() override;
  void on_message(bool binary, std::string_view data, const http_request* request) override;
  void on_closed(std::string_view reason, std::string_view detail) override;
  live_session& link() { return link_; }
  engine_socket& socket() { return *socket_; }
  bool announced = false; // to on_connection

private:
  engine_application& app_;
  live_session& link_;
  std::shared_ptr<engine_socket> socket_;
};

class engine_application final : public application {
public:
  std::unique_ptr<session_peer> make_peer(live_session& session) override {
    return std::make_unique<engine_peer>(*this, session);
  }
  void began(session_peer& peer) override {
    auto& fresh = static_cast<engine_peer&>(peer);
    fresh.link().let_first_packet_arrive();
    if (fresh.link().engine.closed()) return; // it could not be written
    fresh.announced = true;
    if (on_connection) call(on_connection, fresh.socket());
  }
  template <class Handler, class... Arguments>
  void call(const Handler& handler, Arguments&&... arguments) {
    guarded(log, "a handler", [&] { handler(std::forward<Arguments>(arguments)...); });
  }

  std::function<void(engine_socket&)> on_connection;
  std::function<void(engine_socket&, const engine_message&)> on_message;
  std::function<void(engine_socket&, std::string_view, std::string_view)> on_close;
  std::function<void(std::string_view)> log;
};

engine_peer::engine_peer(engine_application& app, live_session& link)
    : app_(app)
    , link_(link)
    , socket_(std::make_shared<engine_socket>(*this)) {}

engine_peer::~engine_peer() { socket_->peer_ = nullptr; }

void engine_peer::on_message(bool binary, std::string_view data, const http_request* request) {
  if (!app_.on_message) return;
  const engine_message message{binary, data, request};
  app_.call(app_.on_message, *socket_, message);
}

void engine_peer::on_closed(std::string_view reason, std::string_view detail) {
  socket_->peer_ = nullptr;
  if (announced && app_.on_close) app_.call(app_.on_close, *socket_, reason, detail);
}

} // namespace detail

engine_socket::engine_socket(detail::engine_peer& peer)
    : peer_(&peer)
    , home_(&peer.link().home_loop())
    , request_(peer.link().request()) {}

namespace {

codec::packet message_packet(std::string_view text) {
  codec::packet_builder builder(text.size() + 1);
  builder.text() += '4';
  builder.text() += text;
  return builder.finish();
}

} // namespace

void engine_socket::post(std::function<void(detail::engine_peer&)> work) {
  home_->run([self = shared_from_this(), work = std::move(work)] {
    if (self->peer_) work(*self->peer_);
  });
}

void engine_socket::send(std::string_view text) {
  post([packet = message_packet(text)](detail::engine_peer& peer) { peer.link().send(packet); });
}

void engine_socket::send_binary(std::string_view bytes) {
  post([packet = codec::binary_packet(bytes)](detail::engine_peer& peer) { peer.link().send(packet); });
}

void engine_socket::close() {
  post([](detail::engine_peer& peer) { peer.link().close("forced close"); });
}

struct engine_server::impl {
  impl(boost::asio::io_context& io, config settings)
      : engine(io, std::move(settings), app) {
    app.log = engine.settings().log;
  }
  detail::engine_application app;
  detail::runtime engine;
};

engine_server::engine_server(boost::asio::io_context& io, config config)
    : impl_(std::make_unique<impl>(io, std::move(config))) {}
engine_server::~engine_server() = default;

void engine_server::on_connection(std::function<void(engine_socket&)> handler) {
  impl_->app.on_connection = std::move(handler);
}
void engine_server::on_message(std::function<void(engine_socket&, const engine_message&)> handler) {
  impl_->app.on_message = std::move(handler);
}
void engine_server::on_close(
    std::function<void(engine_socket&, std::string_view, std::string_view)> handler) {
  impl_->app.on_close = std::move(handler);
}
void engine_server::on_http(http_handler handler) { impl_->engine.on_http = std::move(handler); }
boost::system::result<std::uint16_t> engine_server::listen(const std::string& host, std::uint16_t port) {
  return impl_->engine.listen(host, port);
}
void engine_server::close(std::chrono::milliseconds patience, std::function<void()> done) {
  impl_->engine.close(patience, std::move(done));
}

} // namespace socketio
