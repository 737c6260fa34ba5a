#include "simulated_time.hpp"

#include <cerrno>

namespace {

std::chrono::nanoseconds time_now = std::chrono::hours(1);

} // namespace

namespace socketio::fuzz {

void advance_time(std::chrono::milliseconds by) { time_now += by; }

} // namespace socketio::fuzz

// The program's definitions are found before those of the shared libraries.
namespace std::chrono {
inline namespace _V2 {
steady_clock::time_point steady_clock::now() noexcept { return time_point(time_now); }
} // namespace _V2
} // namespace std::chrono

// Without it Asio asks the clock which timers are due each time it looks, instead of being told by the
// kernel's.
extern "C" int timerfd_create(int, int) {
  errno = ENOSYS;
  return -1;
}
