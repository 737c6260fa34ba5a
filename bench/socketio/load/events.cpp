// Events that are sent back, and events that are acknowledged: many clients, each with a few under way.
#include "crowd.hpp"

namespace load {

namespace {

class returning_events final : public crowd {
public:
  returning_events(poller& poller, const settings& settings, bool acknowledged)
      : crowd(poller, settings)
      , settings_(settings)
      , acknowledged_(acknowledged)
      , under_way_(settings.under_way ? settings.under_way : 4)
      , slots_(settings.clients * under_way_)
      , measured_(settings) {}

  result run() {
    grow(settings_.clients);
    sending_ = true;
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) send(slot);
    poller_.run_for(settings_.warm);
    measured_.begin();
    poller_.run_for(settings_.measured);
    measured_.end();
    sending_ = false;
    poller_.run_while_moving(patience, waiting_, [&] { return waiting_ == 0; });
    mistakes_.lost = waiting_;
    return measured_.report(mistakes_);
  }

  void message(websocket_client& client, std::string_view text) override {
    const auto number = number_in(text);
    const auto index = number % slots_.size();
    auto& slot = slots_[index];
    if (index / under_way_ != client.number || text.starts_with("43") != acknowledged_) {
      ++mistakes_.astray;
    } else if (!slot.waiting || slot.number != number) {
      ++mistakes_.doubled;
    } else {
      slot.waiting = false;
      --waiting_;
      measured_.event(slot.sent);
      if (sending_) send(index);
    }
  }

private:
  struct slot {
    std::uint64_t number = 0;
    clock::time_point sent;
    bool waiting = false;
  };
  void send(std::size_t index) {
    auto& slot = slots_[index];
    slot.number = slot.number == 0 ? slots_.size() + index : slot.number + slots_.size();
    slot.sent = clock::now();
    slot.waiting = true;
    ++waiting_;
    const auto begin = acknowledged_ ? "42" + std::to_string(index % under_way_) + R"(["echo-ack",")"
                                     : std::string(R"(42["echo",")");
    at(index / under_way_).send(begin + numbered(slot.number, settings_.payload) + "\"]");
  }

  const settings& settings_;
  bool acknowledged_, sending_ = false;
  unsigned under_way_;
  std::vector<slot> slots_; // under_way_ to each client
  std::uint64_t waiting_ = 0;
  mistakes mistakes_;
  measurement measured_;
};

} // namespace

result echo(const settings& settings) {
  poller poller;
  return returning_events(poller, settings, false).run();
}

result acks(const settings& settings) {
  poller poller;
  return returning_events(poller, settings, true).run();
}

} // namespace load
