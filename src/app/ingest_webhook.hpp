// Meta's webhook: proven, understood, stored; then, and only then, answered.
#pragma once

#include "app/ports.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

// A webhook of many items is stored in parts of about this size (see bytes_of), so that others, who send or
// read a message meanwhile, get their turn at the store in between.
inline constexpr std::size_t webhook_part_bytes = 512 * 1024;

enum class webhook_answer { stored, bad_signature, not_json, unavailable };

class ingest_webhook {
public:
  using verify = std::function<bool(std::string_view signature, std::string_view body)>;
  using decode = std::function<std::optional<std::vector<entry>>(std::string_view body)>;

  // Called with each item that was stored just now without being understood.
  using keep = std::function<void(const entry& kept)>;

  ingest_webhook(log_store& log, verify verify, decode decode, keep kept = nullptr)
      : log_(log)
      , verify_(std::move(verify))
      , decode_(std::move(decode))
      , kept_(std::move(kept)) {}

  // `body` must live until the answer. When the store goes away between two parts, the first ones stay: each
  // item is known by its key, so that Meta's repetition stores the rest and changes nothing of what is there.
  task<webhook_answer> receive(std::string_view signature, std::string_view body);

private:
  log_store& log_;
  const verify verify_;
  const decode decode_;
  const keep kept_;
};

} // namespace tickwire
