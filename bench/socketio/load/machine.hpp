// What all programs of this machine together have cost, to tell how busy others were while it was measured.
#pragma once

#include <chrono>

namespace load {

// Processor time of all cores since the start, with what the host took away (to the kernel's tick, 10 ms).
std::chrono::nanoseconds machine_cpu();

} // namespace load
