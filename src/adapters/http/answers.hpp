// Answers as handlers give them.
#pragma once

#include "socketio/http.hpp"

#include <cstdint>
#include <string>

namespace tickwire::http {

// `body` is JSON already.
socketio::http_response json_answer(std::string body, unsigned status = 200);
socketio::http_response text_answer(unsigned status, std::string body);
socketio::http_response no_content();

// Closes a page of a list ("{\"chats\":[…" so far). `head`: what happened up to this event is in the page.
void end_page(std::string& body, bool has_more, std::uint64_t head);

} // namespace tickwire::http
