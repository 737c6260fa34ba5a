// What the measured server costs: processor time and memory of it and its children.
#pragma once

#include "poller.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

#include <sys/types.h>
#include <unistd.h>

namespace load {

class server_process {
public:
  explicit server_process(pid_t pid)
      : pid_(pid) {}
  // User and system time so far, as the kernel's scheduler counts it (finer than the ticks of
  // /proc/PID/stat).
  std::chrono::nanoseconds cpu() const;
  std::uint64_t rss_bytes() const;
  void signal(int number) const;
  // Once it has kept the same for a second (to within 64 KiB), or after ten.
  std::uint64_t settled_rss_bytes(poller& poller) const;

private:
  std::vector<pid_t> tree() const;
  pid_t pid_;
};

} // namespace load
