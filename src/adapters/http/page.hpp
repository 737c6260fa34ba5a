// The page as it is compiled into the program.
#pragma once

#include "socketio/http.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace tickwire::http {

struct page_file {
  std::string_view path; // "/assets/…"
  std::string_view type;
  std::string_view etag;                // quoted
  bool immutable = false;               // its name changes with its content
  std::string_view plain, gzip, brotli; // empty: not worth compressing
};

std::span<const page_file> page_files();

// The answer to GET or HEAD for a file of the page, or for one of its addresses ("/", "/c/…", "/login",
// "/setup"); nothing when the path is none of them. Knows ETag, 304 and Accept-Encoding.
std::optional<socketio::http_response> page_answer(const socketio::http_request& request);

} // namespace tickwire::http
