// Owns everything, built from the bottom up and stopped from the top down.
#pragma once

#include "main/config.hpp"

namespace tickwire {

// Serves until SIGTERM or SIGINT; gives the exit status. Throws std::runtime_error with a sentence when it
// cannot start.
int serve(const config& config);

} // namespace tickwire
