// What is wrong with the service as a whole, for people to see. What is wrong with one message stands in it.
#pragma once

#include "core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace tickwire {

// Whether messages go to WhatsApp.
struct sending_state {
  bool paused = false;
  std::string reason; // while paused: one sentence, what is wrong and what helps
  std::optional<timestamp> since, next_try_at;
  std::size_t waiting = 0; // messages that were accepted and have not begun to go out
  friend bool operator==(const sending_state&, const sending_state&) = default;
};

// A business number that Meta sends us webhooks of although we are not set up for it.
struct foreign_number {
  std::string phone_number_id;
  std::string display_phone_number; // empty when Meta did not say
  std::uint64_t count = 0;          // changes that came
  timestamp last_at{};
  friend bool operator==(const foreign_number&, const foreign_number&) = default;
};

} // namespace tickwire
