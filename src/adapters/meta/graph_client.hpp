// Sends through Meta's Graph API. Connections are kept alive; TLS is verified; each step has a deadline;
// nothing is ever repeated or redirected by itself.
#pragma once

#include "app/ports.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace tickwire::meta {

struct graph_config {
  std::string base_url = "https://graph.facebook.com"; // http only for simulators
  std::string version = "v25.0";
  std::string phone_number_id;
  std::string access_token;
  std::string extra_ca_file;                        // beside the system's, for tests; empty: none
  std::chrono::milliseconds lookup_timeout{3'000};  // of its name
  std::chrono::milliseconds connect_timeout{3'000}; // over all its addresses, see connect_to_any.hpp
  std::chrono::milliseconds tls_timeout{5'000};
  std::chrono::milliseconds write_timeout{5'000};
  std::chrono::milliseconds answer_timeout{10'000};
  std::chrono::milliseconds idle_max{20'000}; // a connection idle for longer is not used again
  std::size_t idle_connections_max = 32;
};

// Throws std::invalid_argument, saying what it must be, for anything but http(s)://host[:port][/path].
void check_base_url(const std::string& url);

std::unique_ptr<graph_api> make_graph_client(boost::asio::any_io_executor io, graph_config config);

} // namespace tickwire::meta
