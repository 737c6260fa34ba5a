// Applying an entry to the views: a join. Commutative and idempotent over completed entries, so that
// duplicates, disorder and crashes in the middle cannot corrupt anything.
#pragma once

#include "core/entry.hpp"
#include "core/event.hpp"
#include "core/views.hpp"

#include <optional>

namespace tickwire {

// Applies a completed entry with its seq. Returns the event that tells pages of it, if anything they see has
// changed.
std::optional<event> apply(views& views, const entry& entry);

// The name under which it is bound which message the row of an echo became part of.
std::string joined_key(std::string_view echo_id);

} // namespace tickwire
