// The public JSON shapes of docs/openapi.json and docs/asyncapi.json: messages, chats, contacts, events.
#pragma once

#include "core/chat.hpp"
#include "core/contact.hpp"
#include "core/event.hpp"
#include "core/message.hpp"
#include "core/service_state.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tickwire::wire {

void append_message(std::string& out, const message& message);
void append_contact(std::string& out, const contact& contact);
// `last_message` as a preview: its text is cut after 256 characters, and then `textTruncated` is true.
void append_chat(std::string& out, const chat& chat, const std::optional<contact>& contact,
                 const std::optional<message>& last_message, std::uint64_t unread);

// {sending, foreignNumbers}; the latter only when `foreign` is given (to admins).
void append_service_state(std::string& out, const sending_state& sending,
                          const std::vector<foreign_number>* foreign);

// The data of an event, an object with `seq`.
std::string event_data(const event& event);

} // namespace tickwire::wire
