// tickwire user list | add | remove | rename | password | role | disable | enable. Works on the store
// itself, before the first `serve` and while it runs; a server that runs notices within a second.
#pragma once

#include "main/config.hpp"

#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace tickwire {

class user_commands {
public:
  // Does what was asked for on the command line, says so, and gives the exit status.
  int run(const store_place& place) const;

private:
  friend std::shared_ptr<user_commands> add_user_commands(CLI::App& app);
  std::string command, name, new_name, role = "agent";
};

// Adds the subcommand `user` to the command line; parsing fills the result.
std::shared_ptr<user_commands> add_user_commands(CLI::App& app);

} // namespace tickwire
