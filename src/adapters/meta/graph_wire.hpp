// The call that sends a message, and what its answer means; without I/O.
#pragma once

#include "app/ports.hpp"

#include <string>
#include <string_view>

namespace tickwire::meta {

// JSON body of POST /{phone-number-id}/messages.
std::string request_body(const outgoing_message& message);

// A complete answer. Only a parsed 200 with a message id is accepted, only a parsed Graph error can be
// refused; anything else leaves it open whether Graph has the message.
send_outcome outcome_of_answer(int http_status, std::string_view body);

} // namespace tickwire::meta
