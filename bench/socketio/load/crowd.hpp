// Many clients, connected with a bounded number of handshakes under way.
#pragma once

#include "figure.hpp"
#include "websocket_client.hpp"

#include <memory>
#include <vector>

namespace load {

class crowd : public client_events {
public:
  crowd(poller& poller, const settings& settings)
      : poller_(poller)
      , port_(settings.port)
      , browser_(settings.browser) {}

  // Until so many are connected. Each connection's time goes to `measured`, if given.
  void grow(unsigned size, measurement* measured = nullptr) {
    measured_ = measured;
    wanted_ = size;
    begun_.resize(size);
    clients_.reserve(size);
    for (unsigned i = 0; i < handshakes_under_way; ++i) begin_next();
    if (!poller_.run_while_moving(patience, connected_, [&] { return connected_ == wanted_; }))
      throw fault("only " + std::to_string(connected_) + " of " + std::to_string(size) + " connected");
    measured_ = nullptr;
  }
  websocket_client& at(std::size_t i) { return *clients_[i]; }
  std::size_t size() const { return clients_.size(); }

  void connected(websocket_client& client) override {
    ++connected_;
    if (measured_) measured_->event(begun_[client.number]);
    begin_next();
  }

protected:
  poller& poller_;

private:
  static constexpr unsigned handshakes_under_way = 64;
  void begin_next() {
    if (clients_.size() == wanted_) return;
    const auto number = static_cast<unsigned>(clients_.size());
    clients_.push_back(std::make_unique<websocket_client>(number, *this));
    begun_[number] = clock::now();
    clients_.back()->connect(poller_, port_, browser_);
  }
  std::uint16_t port_;
  bool browser_;
  std::vector<std::unique_ptr<websocket_client>> clients_;
  std::vector<clock::time_point> begun_;
  measurement* measured_ = nullptr;
  unsigned wanted_ = 0;
  std::uint64_t connected_ = 0;
};

} // namespace load
