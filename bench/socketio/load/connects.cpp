// Connections per processor second, and what an idle one keeps in memory.
#include "crowd.hpp"

namespace load {

namespace {

// So that the server has loaded and made what it needs once.
constexpr unsigned rehearsal_size = 20;

class echoing_crowd final : public crowd {
public:
  using crowd::crowd;
  // One event to and from each: lost are those who do not answer.
  mistakes ask_everybody() {
    answered_.assign(size(), false);
    for (std::size_t i = 0; i < size(); ++i) at(i).send(R"(42["echo","still here"])");
    poller_.run_while_moving(patience, answers_, [&] { return answers_ == size(); });
    mistakes_.lost = size() - answers_;
    return mistakes_;
  }
  void message(websocket_client& client, std::string_view) override {
    if (answered_[client.number]) {
      ++mistakes_.doubled;
    } else {
      answered_[client.number] = true;
      ++answers_;
    }
  }

private:
  std::vector<bool> answered_;
  std::uint64_t answers_ = 0;
  mistakes mistakes_;
};

} // namespace

result connects(const settings& settings) {
  poller poller;
  server_process server(settings.pid);
  {
    echoing_crowd rehearsal(poller, settings);
    rehearsal.grow(rehearsal_size);
    if (const auto wrong = rehearsal.ask_everybody(); wrong.lost + wrong.doubled > 0) throw fault("no echo");
  }
  const auto before = server.settled_rss_bytes(poller);
  echoing_crowd crowd(poller, settings);
  result memory;
  // Only the connecting counts, not the waiting between the steps.
  std::chrono::nanoseconds cpu{0};
  measurement measured(settings);
  measured.begin();
  for (const auto step : settings.steps) {
    const auto begun = server.cpu();
    crowd.grow(step, &measured);
    cpu += server.cpu() - begun;
    const auto grown = server.settled_rss_bytes(poller);
    memory.emplace_back("rss_" + std::to_string(step),
                        (static_cast<double>(grown) - static_cast<double>(before)) / step);
  }
  measured.end();
  auto report = measured.report(crowd.ask_everybody());
  report[0].second = settings.steps.back() / std::chrono::duration<double>(cpu).count();
  report.insert(report.end(), memory.begin(), memory.end());
  return report;
}

} // namespace load
