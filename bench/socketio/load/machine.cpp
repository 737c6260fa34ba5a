#include "machine.hpp"

#include <cstdint>
#include <fstream>
#include <string>

#include <unistd.h>

namespace load {

std::chrono::nanoseconds machine_cpu() {
  std::ifstream stat("/proc/stat");
  std::string cpu;
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0, stolen = 0;
  stat >> cpu >> user >> nice >> system >> idle >> waiting >> irq >> softirq >> stolen;
  const std::chrono::nanoseconds tick =
      std::chrono::nanoseconds(std::chrono::seconds{1}) / ::sysconf(_SC_CLK_TCK);
  return tick * (user + nice + system + irq + softirq + stolen);
}

} // namespace load
