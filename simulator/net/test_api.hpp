#pragma once
// The simulator's own interface under /simulator/, for tests and for the phone page, and the page itself.
// Described in simulator/README.md.

#include "simulator/net/http.hpp"
#include "simulator/state/simulation.hpp"

namespace simulator {

/// True for paths that belong to us and not to the Graph.
bool is_test_path(std::string_view path);

boost::asio::awaitable<http_response> answer_test(simulation& world, const http_request& request);

} // namespace simulator
