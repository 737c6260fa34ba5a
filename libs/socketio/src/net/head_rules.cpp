#include "net/head_rules.hpp"

#include <algorithm>
#include <optional>

namespace socketio::detail {

namespace http = boost::beast::http;

namespace {

std::string_view plain(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool equals(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

bool starts_with(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() && equals(text.substr(0, lower_case.size()), lower_case);
}

// A host and port (RFC 3986, 3.2.2), without the comma that would join two.
bool is_host(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
  });
}

// Calls visit(value) for each line of that name.
template <class Visit>
std::size_t each_line(const http_head& head, http::field name, Visit visit) {
  std::size_t lines = 0;
  const auto [first, last] = head.equal_range(name);
  for (auto at = first; at != last; ++at, ++lines) visit(plain(at->value()));
  return lines;
}

struct absolute_form {
  std::string_view host;
  std::string path;
};

std::optional<absolute_form> read_absolute_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!starts_with(target, scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view path = rest.substr(end);
    return absolute_form{rest.substr(0, end), (path.starts_with('/') ? "" : "/") + std::string(path)};
  }
  return std::nullopt;
}

} // namespace

std::string_view raw_head_flaw(std::string_view head) {
  for (std::size_t at = head.find_first_of("\r\n"); at < head.size(); at = head.find_first_of("\r\n", at)) {
    if (head.substr(at, 2) != "\r\n") return "A line of the request's head does not end with CR LF.";
    at += 2;
    if (at < head.size() && (head[at] == ' ' || head[at] == '\t'))
      return "A line of the request's head is folded.";
  }
  return {};
}

head_verdict judge_head(http_head& head) {
  const bool is_11 = head.version() >= 11;

  // Whom it is for.
  std::string_view host;
  const std::size_t hosts = each_line(head, http::field::host, [&](std::string_view line) { host = line; });
  if (hosts > 1) return {400, "There is more than one Host."};
  if (hosts == 0 && is_11) return {400, "There is no Host, which HTTP/1.1 asks for."};
  if (!is_host(host)) return {400, "The Host is none."};

  const std::string_view target = plain(head.target());
  if (auto absolute = read_absolute_form(target)) {
    if (absolute->host.empty() || !is_host(absolute->host)) return {400, "The request's target has no host."};
    const std::string its_host(absolute->host);
    head.set(http::field::host, its_host);
    head.target(absolute->path);
  } else if (!target.starts_with('/') && !(target == "*" && head.method() == http::verb::options)) {
    return {400, "The request's target is no path."};
  }

  // Where its body ends.
  std::string_view coding;
  const std::size_t codings =
      each_line(head, http::field::transfer_encoding, [&](std::string_view line) { coding = line; });
  std::string_view length;
  const std::size_t lengths =
      each_line(head, http::field::content_length, [&](std::string_view line) { length = line; });
  if (codings > 0 && lengths > 0) return {400, "There are Content-Length and Transfer-Encoding."};
  if (codings > 0 && !is_11) return {400, "HTTP/1.0 has no Transfer-Encoding."};
  if (codings > 1 || (codings == 1 && !equals(coding, "chunked")))
    return {501, "Only chunked is understood as Transfer-Encoding."};
  if (lengths > 1) return {400, "There is more than one Content-Length."};
  if (lengths == 1 && (length.empty() || !std::all_of(length.begin(), length.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; })))
    return {400, "The Content-Length is no number."};

  // What it expects; HTTP/1.0 has no answer to that (RFC 9110, 10.1.1).
  head_verdict verdict;
  if (!is_11) return verdict;
  each_line(head, http::field::expect, [&](std::string_view line) {
    if (equals(line, "100-continue"))
      verdict.go_on_asked = true;
    else
      verdict = {417, "Only 100-continue can be expected."};
  });
  return verdict;
}

} // namespace socketio::detail
