// One event on its way to many sockets: encoded once, shared by all threads and queues.
#pragma once

#include "codec/packet.hpp"
#include "hub/recovery_log.hpp"
#include "socketio/cluster.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace socketio::detail {

struct broadcast_event {
  target_options whom;
  bool is_volatile = false;
  std::optional<std::uint64_t> ack_id;
  codec::packet head;
  std::vector<codec::packet> attachments;
  std::optional<event_number> number; // with recovery: its offset
  std::size_t size() const {
    std::size_t bytes = head.frame().size();
    for (const codec::packet& part : attachments) bytes += part.frame().size();
    return bytes;
  }
};

} // namespace socketio::detail
