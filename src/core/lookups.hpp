// Which rows completing and applying a proposal will look at, as far as that can be told beforehand. For
// stores that are far away and read rows together; a row that is missing here is read when it is asked for,
// so that this changes how fast an answer comes, never what it is.
#pragma once

#include "core/contact.hpp"
#include "core/entry.hpp"

#include <string>
#include <vector>

namespace tickwire {

struct lookups {
  std::vector<std::string> messages; // ids
  std::vector<std::string> wamids;   // to be looked for in each of the chats, too, see names_in()
  std::vector<std::string> aliases;
  std::vector<std::string> chats;    // ids of chats or contacts
  std::vector<std::string> bindings; // other names that may be bound
  std::vector<std::string> readers;  // users whose marks are asked for in the chats
};

lookups lookups_of(const entry& proposal);

} // namespace tickwire
