// What may become of a question to a client or to the cluster.
#pragma once

#include <boost/system/error_code.hpp>

#include <type_traits>

namespace socketio {

enum class error {
  timed_out = 1,    // "operation has timed out"; what came in time is given with it
  disconnected,     // the client left before it answered; of several clients, one did
  too_many_pending, // the socket waits for max_pending_acks answers already
  cluster_away,     // the other servers cannot be reached; what this one has is given with it
};

const boost::system::error_category& error_category();
inline boost::system::error_code make_error_code(error value) {
  return {static_cast<int>(value), error_category()};
}

} // namespace socketio

template <>
struct boost::system::is_error_code_enum<socketio::error> : std::true_type {};
