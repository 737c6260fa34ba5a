// What the world can get wrong, as a value.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tickwire {

// One place maps each of these to an HTTP status and code (adapters/http/problem).
enum class failure_kind {
  invalid,           // the request cannot be understood or breaks a limit (400)
  unauthorized,      // no session (401)
  forbidden,         // not allowed (403)
  not_found,         // unknown chat, message, user (404)
  wrong_method,      // the address does not take it (405)
  conflict,          // same key with other content, wrong state (409)
  too_large,         // 413
  unsupported,       // a body of another kind than this address takes (415)
  too_many,          // 429
  store_unavailable, // the store cannot answer now (503)
  overloaded,        // a queue is full (503)
  internal           // a bug (500)
};

struct failure {
  failure_kind kind = failure_kind::internal;
  std::string code;                    // stable word for programs, e.g. "text_too_long"
  std::string detail;                  // one sentence for people: what is wrong and what to do
  std::chrono::seconds retry_after{0}; // too_many, store_unavailable, overloaded: when to try again; 0: soon
};

template <class T>
using result = std::expected<T, failure>;

inline std::unexpected<failure> fail(failure_kind kind, std::string_view code, std::string detail,
                                     std::chrono::seconds retry_after = {}) {
  return std::unexpected<failure>(failure{kind, std::string(code), std::move(detail), retry_after});
}

} // namespace tickwire
