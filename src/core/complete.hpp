// Completing a proposal: everything that depends on what is known now (who is meant, which message, which
// attempt) is decided once, before the entry is written, and stands in it. Applying an entry then depends on
// nothing else.
#pragma once

#include "core/entry.hpp"
#include "core/views.hpp"

#include <string>
#include <vector>

namespace tickwire {

// The entries to append for this proposal, in order: the contact or chat that it makes known or changes, then
// itself, with chat_id, message_id and the ids inside filled where they are known. `inbox`, `at`, `key` and
// `raw` are taken over.
//
// None when it may not happen any more, as things stand in this transaction: another attempt of a message
// that has arrived or is under way, a try of an attempt that is over, a free text after the window has
// closed.
std::vector<entry> complete(views& views, entry proposal);

// The id that a message_received gets when it is new.
std::string id_of_received(const entry& proposal);

} // namespace tickwire
