// What is kept of Meta's webhooks as it came: entries of kind `unhandled`, which say in `what` why.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tickwire {

// The first words of `what`, so that there are few to count by.
inline constexpr std::array<std::string_view, 7> kept_kinds{
    "number",   // a change for a business number that is not ours
    "failed",   // understood, but something threw on its way in
    "field",    // a change of a field that we do not know, or with nothing in it that we know
    "message",  // a message that lacks what would make it one
    "status",   // a status that lacks it, or whose word we do not know
    "envelope", // a body of another kind
    "other"};

// The place in kept_kinds.
std::size_t kept_kind_of(std::string_view what);

// The phone_number_id of a kept change that is of another number; else empty.
std::string_view foreign_number_of(std::string_view what);

// The key of an item that threw on its way in is this and the key that it would have had.
inline constexpr std::string_view kept_key_prefix = "kept:";

} // namespace tickwire
