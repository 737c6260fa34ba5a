#include "adapters/meta/json_validity.hpp"

#include "adapters/meta/json_access.hpp"

#include <vector>

namespace tickwire::meta {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Bytes of the text, number or word at the start of `text`, 0 when there is none that is right.
std::size_t scalar_length(std::string_view text) {
  std::size_t length = 0;
  if (text.front() == '"') {
    for (length = 1; length < text.size() && text[length] != '"'; ++length)
      if (text[length] == '\\') ++length;
    if (length >= text.size()) return 0;
    ++length;
  } else {
    while (length < text.size() && !is_space(text[length]) &&
           std::string_view(",]}:[{\"").find(text[length]) == std::string_view::npos)
      ++length;
  }
  boost::system::error_code error;
  json::parse(as_json(text.substr(0, length)), error);
  return error ? 0 : length;
}

} // namespace

bool is_json(std::string_view text) {
  enum class expects { value, value_or_end, name, name_or_end, colon, comma_or_end };
  std::vector<bool> open; // true: an object
  expects next = expects::value;
  const auto skip_space = [&] {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  };
  for (skip_space(); !text.empty(); skip_space()) {
    const char c = text.front();
    std::size_t length = 1;
    const bool may_end = !open.empty() && (next == expects::comma_or_end || next == expects::value_or_end ||
                                           next == expects::name_or_end);
    if (may_end && c == (open.back() ? '}' : ']')) {
      open.pop_back();
      next = expects::comma_or_end;
    } else if (next == expects::comma_or_end) {
      if (c != ',' || open.empty()) return false;
      next = open.back() ? expects::name : expects::value;
    } else if (next == expects::colon) {
      if (c != ':') return false;
      next = expects::value;
    } else if (next == expects::name || next == expects::name_or_end) {
      if (c != '"' || (length = scalar_length(text)) == 0) return false;
      next = expects::colon;
    } else if (c == '[' || c == '{') {
      open.push_back(c == '{');
      next = c == '{' ? expects::name_or_end : expects::value_or_end;
    } else {
      if ((length = scalar_length(text)) == 0) return false;
      next = expects::comma_or_end;
    }
    text.remove_prefix(length);
  }
  return open.empty() && next == expects::comma_or_end;
}

} // namespace tickwire::meta
