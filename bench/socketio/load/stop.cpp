// A burst after a stop: the server stands still (SIGSTOP) while every client sends a few broadcasts, then it
// has all of them at once, for everybody. Nobody may be cut, nothing lost or doubled, and the order of each
// sender kept. A latency begins when the server goes on.
#include "crowd.hpp"

#include <csignal>

namespace load {

namespace {

// It goes on whatever happens to the load.
class stopped_process {
public:
  explicit stopped_process(const server_process& server)
      : server_(server) {
    server_.signal(SIGSTOP);
  }
  ~stopped_process() { server_.signal(SIGCONT); }
  stopped_process(const stopped_process&) = delete;
  stopped_process& operator=(const stopped_process&) = delete;

private:
  const server_process& server_;
};

class bursts final : public crowd {
public:
  bursts(poller& poller, const settings& settings)
      : crowd(poller, settings)
      , settings_(settings)
      , server_(settings.pid)
      , each_(settings.under_way ? settings.under_way : 25)
      , last_(settings.clients, std::vector<std::uint64_t>(settings.clients, 0))
      , measured_(settings) {}

  result run() {
    grow(settings_.clients);
    const auto end = clock::now() + settings_.measured;
    measured_.begin();
    do {
      burst();
    } while (clock::now() < end && mistakes_.cut == 0);
    measured_.end();
    return measured_.report(mistakes_);
  }

  // Each sender's events are numbered through, so that at each client the next is the last and one.
  void message(websocket_client& client, std::string_view text) override {
    const auto number = number_in(text);
    const auto sender = number % settings_.clients, nth = number / settings_.clients;
    auto& last = last_[client.number][sender];
    if (!text.starts_with(R"(42["broadcast")") || nth > sent_) {
      ++mistakes_.astray;
    } else if (nth <= last) {
      ++mistakes_.doubled;
    } else {
      mistakes_.lost += nth - last - 1;
      missing_ -= nth - last;
      last = nth;
      measured_.event(continued_);
    }
  }
  void ended(websocket_client&) override { ++mistakes_.cut; }

private:
  void burst() {
    missing_ = std::uint64_t{each_} * size() * size();
    {
      const stopped_process stopped(server_);
      const auto go_on = clock::now() + settings_.stopped;
      for (unsigned i = 0; i < each_; ++i) {
        ++sent_;
        for (std::size_t sender = 0; sender < size(); ++sender)
          at(sender).send(R"(42["broadcast",")" +
                          numbered(sent_ * settings_.clients + sender, settings_.payload) + "\"]");
      }
      poller_.run_until(go_on, [] { return false; });
      continued_ = clock::now();
    }
    if (!poller_.run_while_moving(patience, missing_, [&] { return missing_ == 0; })) {
      mistakes_.lost += missing_;
      for (auto& of_client : last_) of_client.assign(size(), sent_);
    }
  }

  const settings& settings_;
  server_process server_;
  unsigned each_;                                // broadcasts of each client in a burst
  std::vector<std::vector<std::uint64_t>> last_; // of each client, of each sender
  std::uint64_t sent_ = 0, missing_ = 0;
  clock::time_point continued_;
  mistakes mistakes_;
  measurement measured_;
};

} // namespace

result stop(const settings& settings) {
  poller poller;
  return bursts(poller, settings).run();
}

} // namespace load
