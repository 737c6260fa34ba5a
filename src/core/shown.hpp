// A message as people are shown it. Some of what belongs to it may become known, or change, after its row was
// written; that is looked up whenever the message is shown, so that it is right whatever came first and no
// row is written again:
//
// - A quote has two names, the wamid and our id of the quoted message. A row keeps the one that was written.
// - Somebody who turned out to be another contact is named as that contact: as the sender in a group, in
//   reactions and in receipts, of which each person has one.
#pragma once

#include "core/joins.hpp"
#include "core/message.hpp"

#include <string>
#include <vector>

namespace tickwire {

// `Lookup` has `std::optional<std::string> message_of(wamid)`, `std::optional<std::string>
// wamid_of(message_id)` and `std::string present_id(contact_id)`.
template <class Lookup>
void complete_as_shown_by(const Lookup& lookup, message& row) {
  if (row.reply && row.reply->message_id.empty())
    row.reply->message_id = lookup.message_of(row.reply->whatsapp_message_id).value_or("");
  else if (row.reply && row.reply->whatsapp_message_id.empty())
    row.reply->whatsapp_message_id = lookup.wamid_of(row.reply->message_id).value_or("");

  std::vector<std::string> people;
  if (row.direction == direction::in && row.sender_id != row.chat_id) people.push_back(row.sender_id);
  for (const reaction_mark& mark : row.reactions) people.push_back(mark.from);
  for (const receipt& one : row.receipts) people.push_back(one.contact_id);
  for (const std::string& id : people)
    if (const std::string present = lookup.present_id(id); present != id) rename_person(row, id, present);
}

// The same from the views.
class views;
void complete_as_shown(message& row, views& views);

} // namespace tickwire
