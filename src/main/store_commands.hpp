// tickwire migrate | rebuild-views: what is done with a whole store while no server runs on it. Each says on
// standard error what it does and what is wrong, on standard output what came of it, and gives the exit
// status.
#pragma once

#include "main/config.hpp"

#include <string>

namespace tickwire {

// The store that an option of the command line names: "sqlite:FOLDER" or "mongodb://…". Throws
// std::runtime_error with a sentence when it names none.
store_place place_named(const std::string& option, const std::string& value);

// Copies everything from one store to the other, goes on where it was stopped, and compares both in the end:
// 0 only when they are equal.
int migrate_store(const store_place& from, const store_place& to);

// Makes the views of every inbox from its log, and says whether they are as they were.
int rebuild_views(const store_place& place);

} // namespace tickwire
