#include "adapters/http/page.hpp"

#include "adapters/http/security_headers.hpp"

#include <string>

namespace tickwire::http {

namespace {

const page_file* find(std::string_view path) {
  if (path == "/" || path == "/login" || path == "/setup" || path.starts_with("/c/")) path = "/index.html";
  for (const page_file& file : page_files())
    if (file.path == path) return &file;
  return nullptr;
}

} // namespace

std::optional<socketio::http_response> page_answer(const socketio::http_request& request) {
  const page_file* file = find(request.path());
  if (!file) return std::nullopt;
  socketio::http_response response;
  response.headers.emplace_back("ETag", std::string(file->etag));
  response.headers.emplace_back("Cache-Control",
                                file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  // Also with 304: a browser replaces the headers that it kept by those of that answer.
  if (file->path == "/index.html")
    response.headers.emplace_back("Content-Security-Policy", std::string(page_content_policy));
  if (request.header("if-none-match").find(file->etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", std::string(file->type));
  const std::string_view accepted = request.header("accept-encoding");
  if (!file->brotli.empty() && accepted.find("br") != std::string_view::npos) {
    response.headers.emplace_back("Content-Encoding", "br");
    response.fixed_body = file->brotli;
  } else if (!file->gzip.empty() && accepted.find("gzip") != std::string_view::npos) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.fixed_body = file->gzip;
  } else {
    response.fixed_body = file->plain;
  }
  return response;
}

} // namespace tickwire::http
