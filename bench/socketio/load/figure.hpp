// What every figure has in common: its settings, its measured interval, its result.
#pragma once

#include "histogram.hpp"
#include "machine.hpp"
#include "poller.hpp"
#include "server_process.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace load {

struct settings {
  std::uint16_t port = 0;
  pid_t pid = 0;
  std::vector<unsigned> steps{1000, 10000}; // connections of `connects`
  unsigned clients = 1000;
  unsigned under_way = 0; // events of one client, broadcasts, or posts; 0: as the figure likes
  unsigned rooms = 0;     // of `posts`; 0: as many as clients
  unsigned members = 1;   // of each room
  unsigned rate = 20;     // events of one client in a second, of `steady`
  std::chrono::milliseconds warm{1000}, measured{3000};
  std::chrono::milliseconds stopped{1000}; // of `stop`: how long the server stands still
  std::size_t payload = 100;               // bytes of each event's text
  bool browser = false;                    // connect with the headers that a browser sends
};

constexpr std::chrono::seconds patience{10}; // when nothing has come for so long, the rest is lost

// Events are told apart by a number in their text: "#17#xxxx…".
inline std::string numbered(std::uint64_t number, std::size_t size) {
  auto text = "#" + std::to_string(number) + "#";
  if (text.size() < size) text.append(size - text.size(), 'x');
  return text;
}
inline std::uint64_t number_in(std::string_view text) {
  const auto begin = text.find('#');
  std::uint64_t number = 0;
  if (begin == text.npos ||
      std::from_chars(text.data() + begin + 1, text.data() + text.size(), number).ec != std::errc{})
    throw fault("an event without number: " + std::string(text));
  return number;
}

// Anything but 0 in these, and the server has not done its work.
struct mistakes {
  std::uint64_t lost = 0, doubled = 0;
  std::uint64_t astray = 0; // to the wrong client, or out of order
  std::uint64_t cut = 0;    // clients whose connection the server has ended
};

using result = std::vector<std::pair<std::string, double>>;

class measurement {
public:
  explicit measurement(const settings& settings)
      : server_(settings.pid)
      , own_(::getpid()) {}
  void begin() {
    cpu_ = server_.cpu();
    own_cpu_ = own_.cpu();
    machine_cpu_ = machine_cpu();
    begun_ = clock::now();
    running_ = true;
  }
  void event(clock::time_point sent) {
    if (!running_) return;
    ++events_;
    latencies_.add(clock::now() - sent);
  }
  void end() {
    running_ = false;
    cpu_ = server_.cpu() - cpu_;
    own_cpu_ = own_.cpu() - own_cpu_;
    machine_cpu_ = machine_cpu() - machine_cpu_;
    took_ = clock::now() - begun_;
  }
  result report(const mistakes& mistakes) const {
    const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
    return {
        {"per_cpu_second", static_cast<double>(events_) / seconds(cpu_)},
        {"p50_us", static_cast<double>(latencies_.quantile(0.5))},
        {"p99_us", static_cast<double>(latencies_.quantile(0.99))},
        {"p999_us", static_cast<double>(latencies_.quantile(0.999))},
        {"lost", static_cast<double>(mistakes.lost)},
        {"doubled", static_cast<double>(mistakes.doubled)},
        {"astray", static_cast<double>(mistakes.astray)},
        {"cut", static_cast<double>(mistakes.cut)},
        {"events", static_cast<double>(events_)},
        {"cpu_seconds", seconds(cpu_)},
        {"seconds", seconds(took_)},
        {"load_cpu_seconds", seconds(own_cpu_)},
        {"others_cpu_seconds", std::max(0.0, seconds(machine_cpu_ - cpu_ - own_cpu_))},
    };
  }

private:
  server_process server_, own_;
  std::chrono::nanoseconds cpu_{0}, own_cpu_{0}, machine_cpu_{0};
  clock::duration took_{0};
  clock::time_point begun_;
  histogram latencies_;
  std::uint64_t events_ = 0;
  bool running_ = false;
};

result connects(const settings&);
result echo(const settings&);
result acks(const settings&);
result broadcast(const settings&);
result posts(const settings&);
result polling(const settings&);
result steady(const settings&);
result stop(const settings&);

} // namespace load
