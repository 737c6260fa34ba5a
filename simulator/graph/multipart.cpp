#include "simulator/graph/multipart.hpp"

#include <algorithm>
#include <cctype>

namespace simulator {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return out;
}

/// Value of `name=` in a header, with or without quotes; empty when it is not there.
std::string parameter(std::string_view header, std::string_view name) {
  const auto small = lower(header);
  const auto wanted = std::string(name) + "=";
  for (auto at = small.find(wanted); at != std::string::npos; at = small.find(wanted, at + 1)) {
    const char before = at == 0 ? ';' : small[at - 1];
    if (before != ';' && before != ' ' && before != '\t') continue;
    auto value = header.substr(at + wanted.size());
    if (!value.starts_with('"')) return std::string(value.substr(0, value.find_first_of("; \t\r")));

    std::string unquoted;
    for (std::size_t n = 1; n < value.size() && value[n] != '"'; ++n) {
      if (value[n] == '\\' && n + 1 < value.size()) ++n;
      unquoted += value[n];
    }
    return unquoted;
  }
  return {};
}

} // namespace

std::optional<std::vector<form_part>> read_form(std::string_view content_type, std::string_view body) {
  if (!lower(content_type).starts_with("multipart/form-data")) return std::nullopt;
  const auto boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70) return std::nullopt;

  const auto opening = "--" + boundary;
  const auto delimiter = "\r\n" + opening;
  if (!body.starts_with(opening)) return std::nullopt;
  body.remove_prefix(opening.size());

  std::vector<form_part> parts;
  while (!body.starts_with("--")) {
    if (!body.starts_with("\r\n")) return std::nullopt;
    body.remove_prefix(2);
    const auto head_end = body.find("\r\n\r\n");
    const auto end = body.find(delimiter, head_end == std::string_view::npos ? 0 : head_end + 2);
    if (head_end == std::string_view::npos || end == std::string_view::npos) return std::nullopt;

    form_part part;
    auto head = body.substr(0, head_end);
    while (!head.empty()) {
      const auto line = head.substr(0, head.find("\r\n"));
      head.remove_prefix(std::min(head.size(), line.size() + 2));
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) return std::nullopt;
      const auto name = lower(line.substr(0, colon));
      auto value = line.substr(colon + 1);
      value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
      if (name == "content-disposition") {
        part.name = parameter(value, "name");
        part.filename = parameter(value, "filename");
      } else if (name == "content-type") {
        part.content_type = std::string(value);
      }
    }
    part.content = end >= head_end + 4 ? body.substr(head_end + 4, end - head_end - 4) : std::string_view();
    parts.push_back(std::move(part));
    body.remove_prefix(end + delimiter.size());
  }
  return parts;
}

} // namespace simulator
