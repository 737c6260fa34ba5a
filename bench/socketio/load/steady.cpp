// Events at a fixed rate, both ways: each client sends so many in a second, whatever the server does, and
// each is sent back. A latency begins when its event was due, so that a pause of the server counts for every
// event that was due in it.
#include "crowd.hpp"

#include <deque>

namespace load {

namespace {

class steady_events final : public crowd {
public:
  steady_events(poller& poller, const settings& settings)
      : crowd(poller, settings)
      , settings_(settings)
      , interval_(std::chrono::nanoseconds(std::chrono::seconds{1}) / settings.rate / settings.clients)
      , most_under_way_(settings.rate * seconds_under_way)
      , waiting_(settings.clients)
      , numbers_(settings.clients, 0)
      , measured_(settings) {}

  result run() {
    grow(settings_.clients);
    due_ = clock::now();
    send_until(due_ + settings_.warm);
    measured_.begin();
    held_back_ = sent_ = 0;
    send_until(due_ + settings_.measured);
    measured_.end();
    poller_.run_while_moving(patience, under_way_, [&] { return under_way_ == 0; });
    mistakes_.lost += under_way_;
    auto report = measured_.report(mistakes_);
    report.emplace_back("sent", static_cast<double>(sent_));
    report.emplace_back("held_back", static_cast<double>(held_back_));
    return report;
  }

  void message(websocket_client& client, std::string_view text) override {
    const auto number = number_in(text);
    auto& waiting = waiting_[client.number];
    if (number > numbers_[client.number] || !text.starts_with(R"(42["echo")")) {
      ++mistakes_.astray;
    } else if (waiting.empty() || number < waiting.front().number) {
      ++mistakes_.doubled;
    } else {
      // Answers come in the order of the events: what was passed over does not come any more.
      for (; waiting.front().number < number; waiting.pop_front(), --under_way_) ++mistakes_.lost;
      measured_.event(waiting.front().due);
      waiting.pop_front();
      --under_way_;
    }
  }

private:
  // A client that waits for as many answers as it sends in so many seconds sends no more for the time being,
  // so that a server that cannot keep up is measured as well. What it did not send is told as `held_back`.
  static constexpr unsigned seconds_under_way = 2;
  struct event {
    std::uint64_t number;
    clock::time_point due;
  };
  // The clients in turn, evenly over the time. It does not sleep: that would be late by up to a millisecond.
  void send_until(clock::time_point end) {
    while (due_ < end) {
      for (const auto now = clock::now(); due_ < end && due_ <= now; due_ += interval_) send(next_++);
      poller_.turn(std::chrono::milliseconds{0});
    }
  }
  void send(std::uint64_t turn) {
    const auto client = turn % settings_.clients;
    if (waiting_[client].size() >= most_under_way_) {
      ++held_back_;
      return;
    }
    waiting_[client].push_back({++numbers_[client], due_});
    ++under_way_;
    ++sent_;
    at(client).send(R"(42["echo",")" + numbered(numbers_[client], settings_.payload) + "\"]");
  }

  const settings& settings_;
  std::chrono::nanoseconds interval_;
  std::size_t most_under_way_;
  clock::time_point due_;
  std::uint64_t next_ = 0, under_way_ = 0, sent_ = 0, held_back_ = 0;
  std::vector<std::deque<event>> waiting_; // of each client
  std::vector<std::uint64_t> numbers_;     // what each has sent last
  mistakes mistakes_;
  measurement measured_;
};

} // namespace

result steady(const settings& settings) {
  poller poller;
  return steady_events(poller, settings).run();
}

} // namespace load
