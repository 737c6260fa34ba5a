// Several functions as one, for std::visit.
#pragma once

namespace socketio::cluster {

template <class... Visitors>
struct overloaded : Visitors... {
  using Visitors::operator()...;
};

} // namespace socketio::cluster
