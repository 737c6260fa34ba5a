#include "net/peer_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <optional>

namespace socketio::detail {

namespace {

// "1.2.3.4", "1.2.3.4:5678", "::1", "[::1]:5678", with or without quotes: the address alone.
std::optional<std::string> read_address(std::string_view text) {
  const auto trim = [&](std::string_view letters) {
    while (!text.empty() && letters.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
    while (!text.empty() && letters.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  };
  trim(" \t\"");
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') == std::string_view::npos ? 0 : text.find(']') - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  boost::system::error_code wrong;
  const auto address = boost::asio::ip::make_address(std::string(text), wrong);
  if (wrong) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

} // namespace

std::string plain_address(std::string_view text) { return read_address(text).value_or(std::string(text)); }

bool is_trusted(std::string_view address, const std::vector<std::string>& trusted) {
  return std::find(trusted.begin(), trusted.end(), address) != trusted.end();
}

std::string client_address(const std::string& peer, std::string_view forwarded,
                           const std::vector<std::string>& trusted) {
  if (!is_trusted(peer, trusted)) return peer;
  std::string nearest = peer;
  while (!forwarded.empty()) {
    const std::size_t comma = forwarded.rfind(',');
    const auto address =
        read_address(comma == std::string_view::npos ? forwarded : forwarded.substr(comma + 1));
    if (!address) return nearest;
    nearest = *address;
    if (!is_trusted(nearest, trusted) || comma == std::string_view::npos) return nearest;
    forwarded = forwarded.substr(0, comma);
  }
  return nearest;
}

} // namespace socketio::detail
