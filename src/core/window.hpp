// WhatsApp's customer service window: until when free text may be sent to a customer. See decision 14.
#pragma once

#include "core/chat.hpp"
#include "core/entry.hpp"

#include <chrono>

namespace tickwire {

inline constexpr std::chrono::hours service_window{24};     // from each message of the customer
inline constexpr std::chrono::hours entry_point_window{72}; // from our first answer to who came through an ad
inline constexpr std::chrono::hours entry_point_patience{24}; // an answer later than this opens nothing

// Whether WhatsApp opens its window for this: a message that the customer wrote now. System notices, imported
// history and what the business wrote itself open none.
bool opens_window(const message_received& received);

// What the customer's message or our answer to them moves, as a change of the chat as it is. Nothing when it
// moves nothing. `at` is Meta's time, no later than ours.
std::optional<chat_changed> on_customer_message(const chat& chat, const message_received& received);
std::optional<chat_changed> on_answer(const chat& chat, timestamp at);

} // namespace tickwire
