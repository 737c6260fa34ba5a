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
#include "core/wamid.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tickwire {

// Of what a customer quotes. They may name it by WhatsApp's other id of it, see wamid.hpp.
template <class Lookup>
void complete_quote_by(const Lookup& lookup, reply_to& quote, const std::string& chat_id) {
  std::optional<std::string> id = lookup.message_of(quote.whatsapp_message_id);
  if (!id)
    if (const std::string key = token_key(chat_id, quote.whatsapp_message_id); !key.empty()) {
      id = lookup.message_of(key);
      if (id) quote.whatsapp_message_id = lookup.wamid_of(*id).value_or("");
    }
  quote.message_id = id.value_or("");
}

// `Lookup` has `std::optional<std::string> message_of(wamid)`, `std::optional<std::string>
// wamid_of(message_id)` and `std::string present_id(contact_id)`.
template <class Lookup>
void complete_as_shown_by(const Lookup& lookup, message& row) {
  if (row.reply && row.reply->message_id.empty())
    complete_quote_by(lookup, *row.reply, row.chat_id);
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
