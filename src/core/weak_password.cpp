#include "core/weak_password.hpp"

#include <algorithm>

namespace tickwire {

extern const std::string_view common_passwords[3];

namespace {

constexpr std::string_view product_words[] = {"tickwire", "whatsapp", "inbox", "admin", "agent"};
constexpr std::size_t word_min = 3; // shorter ones are in half of all passwords
constexpr std::size_t rest_min = 6; // what a password must have beside names

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) c = lower(c);
  return folded;
}

bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

bool is_common(std::string_view password) {
  if (password.find('\n') != std::string_view::npos) return false; // would be two lines
  const std::string line = "\n" + std::string(password) + "\n";
  return std::any_of(std::begin(common_passwords), std::end(common_passwords),
                     [&](std::string_view list) { return list.find(line) != std::string_view::npos; });
}

// "Ana Maria" is two words, that stand in passwords together or alone.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : lower(text)) {
    if (in_word(c))
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  std::erase_if(words, [](const std::string& word) { return word.size() < word_min; });
  return words;
}

std::string without(std::string_view text, std::string_view word) {
  std::string rest;
  for (;;) {
    const std::size_t at = text.find(word);
    rest += text.substr(0, at);
    if (at == std::string_view::npos) return rest;
    text.remove_prefix(at + word.size());
  }
}

} // namespace

bool is_weak_password(std::string_view password, const std::vector<std::string>& own_words) {
  std::string rest = lower(password);
  if (is_common(rest)) return true;
  const std::size_t whole = rest.size();
  for (const std::string& name : own_words)
    for (const std::string& word : words_of(name)) rest = without(rest, word);
  for (std::string_view word : product_words) rest = without(rest, word);
  return rest.size() < whole && rest.size() < rest_min;
}

} // namespace tickwire
