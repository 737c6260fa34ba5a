// A message's body as JSON members, the same in what pages get, in the log and in the rows of a store.
#pragma once

#include "core/message_body.hpp"
#include "wire/json_writer.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace tickwire::wire {

// Adds a member for each part, "forwarded" where it was, and what else there is.
void add_members(object_writer& object, const message_body& body);
// The same as an object of its own.
std::string encode(const message_body& body);

// The reverse. Takes any object: what is not as encode() writes it is kept in `further`, so that writing it
// again gives the same members.
message_body body_from(const boost::json::object& object);
// What older versions stored: the members as text, without braces. Throws where that is no JSON.
message_body body_from_members(std::string_view members);

// One part of Meta's, as Meta sends it. For interactive_reply, button_press, order, system_notice, payment,
// referral and product.
template <class Part>
Part part_from(const boost::json::object& object);

} // namespace tickwire::wire
