// Entries that are complete and numbered, brought into a store: those of another store, or what the log has
// and the views do not.
#pragma once

#include "store/whole_store.hpp"

#include <vector>

namespace tickwire {

// Within a transaction. An entry that throws, a fault of ours, is in no view, as when it came.
void apply_or_skip(log_rows& rows, const entry& entry);

// Appends the entries as they are and applies them, in a transaction of its own. They follow on head().
void copy_entries(log_rows& rows, const std::vector<stored_entry>& entries);

// Applies what the log has behind head(): whoever appended it has died before that.
void apply_rest(log_rows& rows);

} // namespace tickwire
