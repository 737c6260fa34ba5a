// The public JSON shapes of CONTRACT: messages, chats, contacts, events.
#pragma once

#include "core/chat.hpp"
#include "core/contact.hpp"
#include "core/event.hpp"
#include "core/message.hpp"

#include <optional>
#include <string>

namespace tickwire::wire {

void append_message(std::string& out, const message& message);
void append_contact(std::string& out, const contact& contact);
void append_chat(std::string& out, const chat& chat, const std::optional<contact>& contact,
                 const std::optional<message>& last_message, std::uint64_t unread);

// The data of an event, an object with `seq`.
std::string event_data(const event& event);

} // namespace tickwire::wire
