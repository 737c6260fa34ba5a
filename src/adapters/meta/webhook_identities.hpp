// Who an item of a webhook is from or to, in the many forms in which Meta names people.
#pragma once

#include "adapters/meta/json_access.hpp"
#include "core/contact.hpp"

#include <optional>
#include <string>

namespace tickwire::meta {

// The person who wrote a message, with what `contacts` of the same value say of them.
identity sender_of(const json::object& message, const json::array* contacts);

// The person to whom the business wrote.
identity receiver_of(const json::object& message);

// The member of a group whose status it is; empty outside groups.
identity participant_of(const json::object& status);

// A system message says that the person has another number or user id; `who` may have to be completed from
// it.
std::optional<identity> became(const json::object& message, identity& who);

// Digits of our own number, as the value's metadata shows it.
std::string business_number(const json::object& value);

} // namespace tickwire::meta
