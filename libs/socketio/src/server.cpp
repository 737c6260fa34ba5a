#include "socketio/server.hpp"

#include "hub/hub.hpp"

namespace socketio {

struct server::impl {
  impl(boost::asio::io_context& io, config settings)
      : hub(io, std::move(settings)) {}
  detail::hub hub;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

server::server(boost::asio::io_context& io, config config)
    : impl_(std::make_unique<impl>(io, std::move(config))) {}
server::~server() = default;

nsp& server::of(std::string_view name) { return impl_->hub.of(name); }
nsp& server::of_matching(std::function<bool(std::string_view, const boost::json::value&)> fits) {
  return impl_->hub.of_matching(std::move(fits));
}
void server::on_new_namespace(std::function<void(nsp&)> handler) {
  impl_->hub.on_new_namespace = std::move(handler);
}
void server::on_http(http_handler handler) { impl_->hub.engine.on_http = std::move(handler); }
boost::system::result<std::uint16_t> server::listen(const std::string& host, std::uint16_t port) {
  return impl_->hub.engine.listen(host, port);
}
void server::close(std::chrono::milliseconds patience, std::function<void()> done) {
  // What was said last still leaves for the cluster while the io_context runs.
  impl_->hub.engine.close(patience, [alive = std::weak_ptr(impl_->alive), this, done = std::move(done)] {
    if (!alive.expired()) impl_->hub.leave_cluster(); // an earlier `done` may have ended the server
    done();
  });
}
std::size_t server::connections() const { return impl_->hub.engine.connections; }

} // namespace socketio
