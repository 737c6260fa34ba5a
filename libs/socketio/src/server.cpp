#include "socketio/server.hpp"

#include "net/server_core.hpp"

namespace socketio {

struct server::impl {
  impl(boost::asio::io_context& io, config settings)
      : core(io, std::move(settings)) {}
  detail::server_core core;
};

server::server(boost::asio::io_context& io, config config)
    : impl_(std::make_unique<impl>(io, std::move(config))) {}
server::~server() = default;

nsp& server::of(std::string_view name) { return impl_->core.namespaces().of(name); }
void server::on_http(http_handler handler) { impl_->core.on_http = std::move(handler); }
boost::system::result<std::uint16_t> server::listen(const std::string& host, std::uint16_t port) {
  return impl_->core.listen(host, port);
}
void server::close(std::chrono::milliseconds patience, std::function<void()> done) {
  impl_->core.close(patience, std::move(done));
}
std::size_t server::connections() const { return impl_->core.connections(); }

} // namespace socketio
