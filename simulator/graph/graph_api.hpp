#pragma once
// Meta's Graph interface over HTTP.

#include "simulator/net/http.hpp"
#include "simulator/state/simulation.hpp"

namespace simulator {

/// Answers `request` whatever it is; unknown objects get Meta's 100/33.
boost::asio::awaitable<http_response> answer_graph(simulation& world, const http_request& request);

} // namespace simulator
