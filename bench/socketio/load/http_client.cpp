#include "http_client.hpp"

#include <charconv>
#include <optional>
#include <strings.h>

namespace load {

namespace {

// The value of a header, found without regard to case.
std::optional<std::string_view> header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
    const auto line = head.substr(at + 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    const auto value = line.substr(name.size() + 1, line.find("\r\n") - name.size() - 1);
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
  }
  return std::nullopt;
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value, base).ec != std::errc{})
    throw fault("not a length: " + std::string(text));
  return value;
}

struct chunked_body {
  std::string body;
  std::size_t used;
};
// Nothing while it is not whole.
std::optional<chunked_body> chunks(std::string_view bytes) {
  chunked_body result{{}, 0};
  for (;;) {
    const auto line = bytes.find("\r\n", result.used);
    if (line == bytes.npos) return std::nullopt;
    const auto size = number(bytes.substr(result.used, line - result.used), 16);
    if (bytes.size() < line + 2 + size + 2) return std::nullopt;
    result.body += bytes.substr(line + 2, size);
    result.used = line + 2 + size + 2;
    if (size == 0) return result;
  }
}

} // namespace

http_client::http_client(poller& poller, std::uint16_t port, answered answered)
    : fd_(poller.connect(port, this))
    , answered_(std::move(answered))
    , host_("127.0.0.1:" + std::to_string(port)) {}

http_client::~http_client() { close_at_once(fd_); }

void http_client::get(std::string_view target) {
  request_.assign("GET ").append(target).append(" HTTP/1.1\r\nHost: ").append(host_).append("\r\n\r\n");
  send_all(fd_, request_);
}

void http_client::post(std::string_view target, std::string_view content_type, std::string_view body) {
  request_.assign("POST ").append(target).append(" HTTP/1.1\r\nHost: ").append(host_);
  request_.append("\r\nContent-Type: ").append(content_type);
  request_.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  send_all(fd_, request_);
}

void http_client::readable() {
  received_ += receive(fd_);
  while (take()) {
  }
}

bool http_client::take() {
  const auto end = received_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const auto head = std::string_view(received_).substr(0, end + 2);
  std::string body;
  std::size_t used = end + 4;
  if (const auto length = header(head, "content-length")) {
    const auto size = number(*length, 10);
    if (received_.size() < used + size) return false;
    body = received_.substr(used, size);
    used += size;
  } else if (header(head, "transfer-encoding")) {
    const auto whole = chunks(std::string_view(received_).substr(used));
    if (!whole) return false;
    body = whole->body;
    used += whole->used;
  }
  if (!head.starts_with("HTTP/1.1 200")) throw fault("answered: " + std::string(head) + body);
  received_.erase(0, used);
  answered_(body);
  return true;
}

} // namespace load
