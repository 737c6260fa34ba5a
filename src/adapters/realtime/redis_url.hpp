// REDIS_URL: redis://[user:password@]host[:port]. What servers say to each other has no database.
#pragma once

#include "socketio/redis_adapter.hpp"

#include <string>

namespace tickwire::realtime {

// Empty: fine. Else a clause that says how the value is wrong, without repeating it.
std::string problem_of_redis_url(const std::string& url);

// Of a URL without a problem.
socketio::redis_options redis_options_of(const std::string& url);

// Without name and password, for people.
std::string shown_redis_url(const std::string& url);

} // namespace tickwire::realtime
