// A quote has two names, the wamid and our id of the quoted message. A row keeps the one that was written;
// the other is looked up when the message is shown. So it is right whatever became known first, and no row is
// written again.
#pragma once

#include "core/message.hpp"

namespace tickwire {

// `Lookup` has `std::optional<std::string> message_of(wamid)` and `std::optional<std::string>
// wamid_of(message_id)`.
template <class Lookup>
void complete_quote_by(const Lookup& lookup, message& row) {
  if (!row.reply) return;
  if (row.reply->message_id.empty())
    row.reply->message_id = lookup.message_of(row.reply->whatsapp_message_id).value_or("");
  else if (row.reply->whatsapp_message_id.empty())
    row.reply->whatsapp_message_id = lookup.wamid_of(row.reply->message_id).value_or("");
}

// The same from the views.
class views;
void complete_quote(message& row, views& views);

} // namespace tickwire
