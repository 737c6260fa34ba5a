// Connections per processor second, and what an idle one keeps in memory.
#include "crowd.hpp"

namespace load {

namespace {

// So that the server has loaded and made what it needs once.
class rehearsal final : public crowd {
public:
  using crowd::crowd;
  void run() {
    constexpr unsigned size = 20;
    grow(size);
    for (unsigned i = 0; i < size; ++i) at(i).send(R"(42["echo","rehearsal"])");
    if (!poller_.run_until(clock::now() + patience, [&] { return answers_ == size; })) throw fault("no echo");
  }
  void message(websocket_client&, std::string_view) override { ++answers_; }

private:
  unsigned answers_ = 0;
};

} // namespace

result connects(const settings& settings) {
  poller poller;
  server_process server(settings.pid);
  {
    rehearsal(poller, settings.port).run();
  }
  const auto before = server.settled_rss_bytes(poller);
  crowd crowd(poller, settings.port);
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
  auto report = measured.report({});
  report[0].second = settings.steps.back() / std::chrono::duration<double>(cpu).count();
  report.insert(report.end(), memory.begin(), memory.end());
  return report;
}

} // namespace load
