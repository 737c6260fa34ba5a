#include "server_process.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <signal.h>
#include <time.h>

namespace load {

std::vector<pid_t> server_process::tree() const {
  std::vector<pid_t> all{pid_};
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::error_code ended;
    for (const auto& thread :
         std::filesystem::directory_iterator("/proc/" + std::to_string(all[i]) + "/task", ended)) {
      std::ifstream children(thread.path() / "children");
      for (pid_t child; children >> child;) all.push_back(child);
    }
  }
  return all;
}

std::chrono::nanoseconds server_process::cpu() const {
  std::chrono::nanoseconds sum{0};
  for (const auto pid : tree()) {
    clockid_t clock;
    timespec time;
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
      throw fault("the server has ended");
    sum += std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
  }
  return sum;
}

std::uint64_t server_process::rss_bytes() const {
  std::uint64_t sum = 0;
  for (const auto pid : tree()) {
    std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
    std::string word;
    while (rollup >> word && word != "Rss:") {
    }
    std::uint64_t kib = 0;
    if (!(rollup >> kib)) throw fault("the server's memory cannot be read");
    sum += kib * 1024;
  }
  return sum;
}

void server_process::signal(int number) const {
  for (const auto pid : tree()) ::kill(pid, number);
}

std::uint64_t server_process::settled_rss_bytes(poller& poller) const {
  constexpr std::chrono::milliseconds step{100};
  constexpr std::uint64_t same = 64 * 1024;
  auto last = rss_bytes();
  for (int steps = 0, quiet = 0; steps < 100 && quiet < 10; ++steps) {
    poller.run_for(step);
    const auto now = rss_bytes();
    const auto change = now > last ? now - last : last - now;
    if (change <= same) {
      ++quiet;
    } else {
      quiet = 0;
      last = now;
    }
  }
  return rss_bytes();
}

} // namespace load
