// A message as a document of the collection `messages`, readable by people: the names of the public Message,
// dates as dates. Its `_id` is the message's id; a message that is not known yet has no `seq`.
#pragma once

#include "adapters/mongo/document.hpp"
#include "core/message.hpp"

#include <string_view>

namespace tickwire::mongo {

document document_of(const message& message, std::string_view inbox);
message message_of(const reader& row);

} // namespace tickwire::mongo
