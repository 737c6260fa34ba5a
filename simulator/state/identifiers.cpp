#include "simulator/state/identifiers.hpp"

#include "simulator/state/base64.hpp"

#include <array>
#include <utility>

namespace simulator {

identifiers::identifiers() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
  random_.seed(seed);
}

std::string identifiers::wamid(std::string_view number, bool from_business) {
  // The outer form of real ones: length-prefixed number, direction, and sixteen random bytes, which also
  // gives receivers the `+` and `/` to cope with.
  std::string bytes = "\x1C\x18";
  bytes += static_cast<char>(number.size() & 0x7F);
  bytes += number;
  bytes += '\x15';
  bytes += '\x02';
  bytes += '\0';
  bytes += from_business ? '\x11' : '\x12';
  bytes += '\x18';
  bytes += '\x10';
  for (int half = 0; half < 2; ++half) {
    const auto value = random_();
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(value >> shift & 0xFF);
  }
  bytes += '\0';
  return "wamid." + base64(bytes);
}

std::string identifiers::media_id() {
  return std::to_string(1'000'000'000'000'000ULL + random_() % 9'000'000'000'000'000ULL);
}

std::string identifiers::trace_id(std::size_t length) {
  static constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string id = "A";
  while (id.size() < length) id += letters[random_() % letters.size()];
  return id;
}

std::string user_id_of(std::string_view digits) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> countries{{{"971", "AE"},
                                                                                           {"351", "PT"},
                                                                                           {"1", "US"},
                                                                                           {"39", "IT"},
                                                                                           {"44", "GB"},
                                                                                           {"49", "DE"},
                                                                                           {"55", "BR"},
                                                                                           {"91", "IN"}}};
  std::string_view country = "US";
  for (const auto& [prefix, code] : countries)
    if (digits.starts_with(prefix)) country = code;

  const auto tail = digits.size() > 19 ? digits.substr(digits.size() - 19) : digits;
  return std::string(country) + ".9" + std::string(19 - tail.size(), '0') + std::string(tail);
}

} // namespace simulator
