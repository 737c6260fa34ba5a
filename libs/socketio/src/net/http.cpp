#include "net/exchange.hpp"

#include "net/connection.hpp"

namespace socketio {

namespace {

template <class View>
std::string_view plain(const View& view) {
  return {view.data(), view.size()};
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

} // namespace

namespace detail {

void exchange::answer(http_response response) {
  if (answered.exchange(true) || aborted) return;
  home->run([self = shared_from_this(), its = std::move(response)]() mutable {
    if (self->where) self->where->answer(*self, std::move(its));
  });
}

} // namespace detail

std::string_view http_request::method() const { return plain(exchange_->message.method_string()); }
std::string_view http_request::target() const { return plain(exchange_->message.target()); }
std::string_view http_request::path() const { return target().substr(0, target().find('?')); }
std::string_view http_request::query() const {
  const std::size_t mark = target().find('?');
  return mark == std::string_view::npos ? std::string_view() : target().substr(mark + 1);
}
std::string_view http_request::header(std::string_view name) const {
  return plain(exchange_->message[boost::beast::string_view(name.data(), name.size())]);
}
std::string http_request::joined_header(std::string_view name) const {
  std::string joined;
  const auto [first, last] =
      exchange_->message.equal_range(boost::beast::string_view(name.data(), name.size()));
  for (auto at = first; at != last; ++at) {
    if (at != first) joined += ", ";
    joined += plain(at->value());
  }
  return joined;
}
std::vector<std::pair<std::string_view, std::string_view>> http_request::headers() const {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  for (const auto& field : exchange_->message.base())
    all.emplace_back(plain(field.name_string()), plain(field.value()));
  return all;
}
std::string_view http_request::body() const { return exchange_->message.body(); }
std::string_view http_request::remote_address() const { return exchange_->remote; }
bool http_request::body_too_large() const { return exchange_->too_large; }
std::string http_request::query_value(std::string_view name) const {
  return socketio::query_value(query(), name);
}

std::string query_value(std::string_view query, std::string_view name) {
  std::string found;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    const std::string_view key = pair.substr(0, equals);
    if (key == name || (key.find_first_of("%+") != std::string_view::npos && url_decode(key) == name))
      found = equals == std::string_view::npos ? std::string() : url_decode(pair.substr(equals + 1));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return found;
}

std::string url_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
               hex_value(text[i + 2]) >= 0) {
      decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

responder::~responder() {
  if (!exchange_) return;
  http_response broken;
  broken.status = 500;
  exchange_->answer(std::move(broken));
}

void responder::send(http_response response) { exchange_->answer(std::move(response)); }
bool responder::aborted() const { return exchange_->aborted; }
const http_request& responder::request() const { return exchange_->view; }

} // namespace socketio
