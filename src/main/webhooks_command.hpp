// `tickwire webhooks …`: what Meta sent and nobody understood. Lists and shows while the server runs as well;
// replaying writes, for which a server on SQLite must stand still. Each says on standard error what is wrong
// and gives the exit status.
#pragma once

#include "main/config.hpp"

#include <cstddef>
#include <string>

namespace tickwire {

// The newest first; `what`: only those whose reason begins so. Items that were understood meanwhile are left
// out.
int list_webhooks(const store_place& place, const std::string& what, std::size_t limit);

// The raw JSON of one.
int show_webhook(const store_place& place, const std::string& key);

// Decodes what is kept with the decoder of today and appends what is now understood, for the number of
// `inbox`: also from the log of another number that its webhooks were kept in. The same again changes
// nothing.
int replay_webhooks(const store_place& place, const std::string& inbox);

} // namespace tickwire
