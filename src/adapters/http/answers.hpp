// Answers as handlers give them.
#pragma once

#include "socketio/http.hpp"

#include <string>

namespace tickwire::http {

// `body` is JSON already.
socketio::http_response json_answer(std::string body, unsigned status = 200);
socketio::http_response text_answer(unsigned status, std::string body);
socketio::http_response no_content();

} // namespace tickwire::http
