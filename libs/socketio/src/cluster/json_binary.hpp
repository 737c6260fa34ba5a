// Binary parts where only JSON text travels: JSON.stringify makes {"type":"Buffer","data":[…]} of a Node
// Buffer.
#pragma once

#include "socketio/cluster.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <span>
#include <string>

namespace socketio::cluster {

// A copy with each placeholder replaced by the bytes it stands for.
boost::json::value with_buffers(const boost::json::value& value, std::span<const std::string> attachments);

// The other way round: what looks like a Buffer becomes a binary part again (a Node server leaves it as it
// is). Nothing when an object poses as a placeholder.
std::optional<packet_data> without_buffers(boost::json::array arguments);

} // namespace socketio::cluster
