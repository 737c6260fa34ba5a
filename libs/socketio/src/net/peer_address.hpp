// Whom a request comes from, when it comes through a proxy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace socketio::detail {

// `peer`: who holds the connection. `forwarded`: the header's lines as one list ("1.2.3.4, 10.0.0.7"), each
// entry added by the proxy that the one before it came to. Gives the last entry that is no trusted proxy;
// `peer`, when that one is none, or the header says nothing that is an address.
std::string client_address(const std::string& peer, std::string_view forwarded,
                           const std::vector<std::string>& trusted_proxies);

// An address as it is compared and told: IPv4 also where it is written as IPv6 ("::ffff:1.2.3.4"). What is
// none stays as it is.
std::string plain_address(std::string_view text);

bool is_trusted(std::string_view address, const std::vector<std::string>& trusted_proxies);

} // namespace socketio::detail
