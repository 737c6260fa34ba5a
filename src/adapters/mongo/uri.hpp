// MONGODB_URI: whether it can be taken, and how it is shown to people. What is said here never holds its
// password.
#pragma once

#include <string>

namespace tickwire::mongo {

// What is wrong with it ("must begin with …"), or nothing.
std::string problem_of_uri(const std::string& uri);

// Of the URI's path, else "tickwire".
std::string database_of(const std::string& uri);

// Where it leads: "host:27017, host:27018, database tickwire".
std::string shown(const std::string& uri);

} // namespace tickwire::mongo
