// Owns everything, built from the bottom up and stopped from the top down.
#pragma once

#include "main/config.hpp"

namespace tickwire {

// Serves until SIGTERM or SIGINT; gives the exit status. Throws std::runtime_error with a sentence when it
// cannot start.
int serve(const config& config);

// Adds an account; says so, or why not.
int add_user(const std::filesystem::path& data_dir, const std::string& name, bool admin,
             const std::string& password);

} // namespace tickwire
