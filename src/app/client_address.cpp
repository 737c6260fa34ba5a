#include "app/client_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <stdexcept>

namespace tickwire {

namespace ip = boost::asio::ip;

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "192.0.2.1", "192.0.2.1:5000", "2001:db8::1", "[2001:db8::1]:5000" and "[2001:db8::1]": proxies write all
// of them.
std::optional<ip::address> address_in(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') == std::string_view::npos ? 0 : text.find(']') - 1);
  } else if (const std::size_t colon = text.find(':');
             colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    text = text.substr(0, colon);
  }
  if (text.size() > 45) return std::nullopt; // the longest form of an address
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

std::string as_text(const ip::address& address) {
  if (address.is_v4()) return address.to_string();
  return ip::network_v6(ip::address_v6(address.to_v6().to_bytes()), 64).canonical().to_string();
}

} // namespace

trusted_proxies::trusted_proxies(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    boost::system::error_code no_four, no_six;
    const bool whole = text.find('/') != std::string::npos;
    const auto four = ip::make_network_v4(whole ? text : text + "/32", no_four);
    const auto six = ip::make_network_v6(whole ? text : text + "/128", no_six);
    if (!no_four)
      of_four_.push_back(four);
    else if (!no_six)
      of_six_.push_back(six);
    else
      throw std::invalid_argument(text);
  }
}

bool trusted_proxies::trusts(const ip::address& address) const {
  if (address.is_v4())
    return std::any_of(of_four_.begin(), of_four_.end(), [&](const ip::network_v4& network) {
      return ip::network_v4(address.to_v4(), network.prefix_length()).network() == network.network();
    });
  return std::any_of(of_six_.begin(), of_six_.end(), [&](const ip::network_v6& network) {
    return ip::network_v6(address.to_v6(), network.prefix_length()).network() == network.network();
  });
}

std::string trusted_proxies::client(std::string_view peer, std::string_view forwarded_for) const {
  auto address = address_in(peer);
  if (!address) return std::string(peer);
  while (trusts(*address) && !forwarded_for.empty()) {
    const std::size_t comma = forwarded_for.rfind(',');
    const auto before =
        address_in(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    if (!before) break; // what cannot be read was not written by a proxy: the last one known is the client
    address = before;
    forwarded_for = comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
  }
  return as_text(*address);
}

} // namespace tickwire
