#include "core/wamid.hpp"

#include <cstdint>
#include <optional>

namespace tickwire {

namespace {

constexpr std::size_t token_min = 16;

std::optional<std::uint32_t> sextet(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return std::nullopt;
}

// Up to the first character that is no base64.
std::string from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const auto value = sextet(c);
    if (!value) break;
    bits = (bits << 6 | *value) & 0xFFFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return bytes;
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

} // namespace

std::string token_of(std::string_view wamid) {
  constexpr std::string_view prefix = "wamid.";
  if (!wamid.starts_with(prefix)) return {};
  const std::string inner = from_base64(wamid.substr(prefix.size()));
  // It is the last thing in there: what stands before a shorter one is the person, the same in all their
  // messages.
  std::size_t end = inner.size();
  while (end > 0 && !is_letter_or_digit(inner[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_letter_or_digit(inner[begin - 1])) --begin;
  return begin == 0 || end - begin < token_min ? std::string() : inner.substr(begin, end - begin);
}

std::string token_key(std::string_view chat_id, std::string_view wamid) {
  const std::string token = token_of(wamid);
  if (token.empty() || chat_id.empty()) return {};
  return token_keys_of(chat_id) + token;
}

std::vector<std::string> names_in(std::string_view chat_id, std::string_view wamid) {
  std::vector<std::string> names{std::string(wamid)};
  if (std::string key = token_key(chat_id, wamid); !key.empty()) names.push_back(std::move(key));
  return names;
}

std::string token_keys_of(std::string_view chat_id) { return "t:" + std::string(chat_id) + ":"; }

} // namespace tickwire
