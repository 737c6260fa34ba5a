// What time it is. Rules take the time as an argument; only the layer that acts asks here.
#pragma once

#include "core/time.hpp"

#include <chrono>

namespace tickwire {

inline timestamp wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

} // namespace tickwire
