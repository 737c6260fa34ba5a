// One client's event to everybody, the next as soon as everybody has it. Each delivery counts.
#include "crowd.hpp"

namespace load {

namespace {

class broadcasts final : public crowd {
public:
  broadcasts(poller& poller, const settings& settings)
      : crowd(poller, settings)
      , settings_(settings)
      , burst_(settings.under_way ? settings.under_way : 1)
      , last_(settings.clients, 0)
      , measured_(settings) {}

  result run() {
    grow(settings_.clients);
    repeat_for(settings_.warm);
    measured_.begin();
    repeat_for(settings_.measured);
    measured_.end();
    return measured_.report(mistakes_);
  }

  void message(websocket_client& client, std::string_view text) override {
    const auto number = number_in(text);
    auto& last = last_[client.number];
    if (!text.starts_with(R"(42["broadcast")") || number > sent_) {
      ++mistakes_.astray;
    } else if (number <= last) {
      ++mistakes_.doubled;
    } else {
      mistakes_.lost += number - last - 1;
      missing_ -= number - last;
      last = number;
      measured_.event(begun_);
    }
  }

private:
  void repeat_for(std::chrono::milliseconds time) {
    const auto end = clock::now() + time;
    while (clock::now() < end) {
      begun_ = clock::now();
      missing_ = std::uint64_t{burst_} * settings_.clients;
      for (unsigned i = 0; i < burst_; ++i)
        at(0).send(R"(42["broadcast",")" + numbered(++sent_, settings_.payload) + "\"]");
      if (!poller_.run_while_moving(patience, missing_, [&] { return missing_ == 0; })) {
        mistakes_.lost += missing_;
        std::fill(last_.begin(), last_.end(), sent_);
      }
    }
  }

  const settings& settings_;
  unsigned burst_;
  std::vector<std::uint64_t> last_; // number that each client has seen
  std::uint64_t sent_ = 0, missing_ = 0;
  clock::time_point begun_;
  mistakes mistakes_;
  measurement measured_;
};

} // namespace

result broadcast(const settings& settings) {
  poller poller;
  return broadcasts(poller, settings).run();
}

} // namespace load
