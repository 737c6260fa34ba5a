#include "socketio/redis_adapter.hpp"

#include "cluster/redis/core.hpp"
#include "patience.hpp"

#include <utility>

namespace socketio {

namespace {

redis_options with_times_in_reach(redis_options given) {
  for (auto* time : {&given.request_timeout, &given.connect_timeout, &given.reconnect_delay,
                     &given.reconnect_delay_max, &given.ping_interval})
    *time = detail::within_a_year(*time);
  return given;
}

class redis_adapter final : public cluster_adapter {
public:
  redis_adapter(boost::asio::io_context& io, redis_options options)
      : core_(std::make_shared<cluster::redis_core>(io, with_times_in_reach(std::move(options)))) {}
  ~redis_adapter() override { core_->stop(); }

  void start(cluster_member& local) override { core_->start(local); }
  void stop() override { core_->stop(); }
  void nsp_opened(std::string_view nsp) override { core_->open(nsp); }
  void nsp_closed(std::string_view nsp) override { core_->close(nsp); }

  void broadcast(std::string_view nsp, const packet_data& event, const target_options& whom,
                 const broadcast_flags& flags) override {
    core_->broadcast(nsp, event, whom, flags);
  }

  void broadcast_with_ack(std::string_view nsp, const packet_data& event, const target_options& whom,
                          const broadcast_flags& flags,
                          std::function<void(boost::system::error_code, std::size_t)> servers,
                          std::function<void(std::size_t)> clients,
                          std::function<void(packet_data)> answered) override {
    cluster::acks_handlers handlers{std::move(servers), std::move(clients), std::move(answered)};
    core_->ask(nsp, cluster::asks::client_acks{event, whom, flags}, flags.timeout.value_or(core_->patience()),
               std::move(handlers));
  }

  void sockets_join(std::string_view nsp, const target_options& whom,
                    const std::vector<std::string>& rooms) override {
    core_->tell(nsp, cluster::asks::join{whom, rooms});
  }
  void sockets_leave(std::string_view nsp, const target_options& whom,
                     const std::vector<std::string>& rooms) override {
    core_->tell(nsp, cluster::asks::leave{whom, rooms});
  }
  void disconnect_sockets(std::string_view nsp, const target_options& whom, bool close) override {
    core_->tell(nsp, cluster::asks::disconnect{whom, close});
  }

  void fetch_sockets(std::string_view nsp, const target_options& whom,
                     cluster::found_handler found) override {
    core_->ask(nsp, cluster::asks::sockets{whom}, core_->patience(), std::move(found));
  }

  void server_side_emit(std::string_view nsp, const packet_data& event,
                        cluster::answers_handler answers) override {
    if (answers)
      core_->ask(nsp, cluster::asks::server_event{event}, core_->patience(), std::move(answers));
    else
      core_->tell(nsp, cluster::asks::server_event{event});
  }

private:
  const std::shared_ptr<cluster::redis_core> core_;
};

} // namespace

std::shared_ptr<cluster_adapter> make_redis_adapter(boost::asio::io_context& io, redis_options options) {
  return std::make_shared<redis_adapter>(io, std::move(options));
}

} // namespace socketio
