// Time for whole servers under test: it stands still unless it is told to go on, so that a script that waits
// for half a minute runs at once and the same way each time. A program that links simulated_time.cpp has no
// other steady clock.
#pragma once

#include <chrono>

namespace socketio::fuzz {

void advance_time(std::chrono::milliseconds by);

} // namespace socketio::fuzz
