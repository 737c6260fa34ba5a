#include "adapters/http/answers.hpp"

namespace tickwire::http {

using socketio::http_response;

namespace {

http_response fresh(unsigned status, std::string body, std::string type) {
  http_response response;
  response.status = status;
  response.body = std::move(body);
  response.headers.emplace_back("Content-Type", std::move(type));
  return response;
}

} // namespace

http_response json_answer(std::string body, unsigned status) {
  return fresh(status, std::move(body), "application/json");
}

http_response text_answer(unsigned status, std::string body) {
  return fresh(status, std::move(body), "text/plain; charset=utf-8");
}

http_response no_content() {
  http_response response;
  response.status = 204;
  return response;
}

void end_page(std::string& body, bool has_more, std::uint64_t head) {
  body += has_more ? "],\"hasMore\":true" : "],\"hasMore\":false";
  body += ",\"head\":" + std::to_string(head) + "}";
}

} // namespace tickwire::http
