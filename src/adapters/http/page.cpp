#include "adapters/http/page.hpp"

#include <string>

namespace tickwire::http {

namespace {

const page_file* find(std::string_view path) {
  if (path == "/" || path == "/login" || path == "/setup" || path.starts_with("/c/")) path = "/index.html";
  for (const page_file& file : page_files())
    if (file.path == path) return &file;
  return nullptr;
}

// Everything of the page comes from here and talks to here; styles may be set from code (virtual lists),
// scripts may not.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self' ws: wss:; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

} // namespace

std::optional<socketio::http_response> page_answer(const socketio::http_request& request) {
  const page_file* file = find(request.path());
  if (!file) return std::nullopt;
  socketio::http_response response;
  response.headers.emplace_back("ETag", std::string(file->etag));
  response.headers.emplace_back("Cache-Control",
                                file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (request.header("if-none-match").find(file->etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", std::string(file->type));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  if (file->path == "/index.html") {
    response.headers.emplace_back("Content-Security-Policy", std::string(content_policy));
    response.headers.emplace_back("X-Frame-Options", "DENY");
    response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  }
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
