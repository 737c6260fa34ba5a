// What can be known of a WhatsApp message id. Meta calls it opaque, yet names one message by two: one made
// from the person's number, one from their user id. Both are base64 around the same token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

// The token within: 16 or more letters and digits in a row behind something else, the last ones there are.
// Empty where there is none to be seen; two ids with the same token are the same message only if the person
// is the same, too.
std::string token_of(std::string_view wamid);

// Under which a message of this chat is bound beside its wamid; empty without a token.
std::string token_key(std::string_view chat_id, std::string_view wamid);
// By which names something about this message is kept in the chat until it is known: the wamid, and the one
// that it shares with WhatsApp's other id of it.
std::vector<std::string> names_in(std::string_view chat_id, std::string_view wamid);
// How all of a chat begin.
std::string token_keys_of(std::string_view chat_id);

} // namespace tickwire
