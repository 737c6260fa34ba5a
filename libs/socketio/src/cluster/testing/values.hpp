// For the tests of this folder: JSON in short, bytes as hex, random values, and a server that is none.
#pragma once

#include "socketio/cluster.hpp"

#include <boost/json/parse.hpp>

#include <random>
#include <string>
#include <string_view>

namespace socketio::cluster::testing {

inline boost::json::value js(std::string_view text) { return boost::json::parse(text); }
inline packet_data event(std::string_view arguments, std::vector<std::string> attachments = {}) {
  return {.arguments = js(arguments).as_array(), .attachments = std::move(attachments)};
}

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

inline std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

// Values of every kind, with binary parts in the order in which msgpack meets them.
class random_values {
public:
  explicit random_values(std::uint64_t seed)
      : random_(seed) {}

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

  std::string text() {
    static const char* const pieces[] = {
        "", "a", "room", "é", "€", "😀", "\"", "\\", "#", "/", "*", "\n", "0123456789abcdef"};
    std::string result;
    for (std::size_t i = below(6); i > 0; --i) result += pieces[below(std::size(pieces))];
    return result;
  }
  std::string bytes() {
    std::string result(below(300), '\0');
    for (char& byte : result) byte = static_cast<char>(random_());
    return result;
  }

  boost::json::value value(std::vector<std::string>& attachments, int depth = 0) {
    switch (below(depth < 5 ? 10 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return below(2) == 0;
    case 2:
      return static_cast<std::int64_t>(random_()) >> below(64);
    case 3:
      return random_() >> below(64);
    case 4:
      return (static_cast<double>(below(2'000'000)) - 1e6) / 4 + 0.125; // exact in JSON text too
    case 5:
      return boost::json::value(text());
    case 6:
      attachments.push_back(bytes());
      return {{"_placeholder", true}, {"num", attachments.size() - 1}};
    case 7:
    case 8: {
      boost::json::array array;
      for (std::size_t i = below(20); i > 0; --i) array.push_back(value(attachments, depth + 1));
      return array;
    }
    default: {
      boost::json::object object;
      for (std::size_t i = below(20); i > 0; --i) {
        const std::string key = text() + std::to_string(i);
        object.emplace(key, value(attachments, depth + 1));
      }
      return object;
    }
    }
  }

private:
  std::mt19937_64 random_;
};

} // namespace socketio::cluster::testing
