// Meta's webhook: proven, understood, stored; then, and only then, answered.
#pragma once

#include "app/ports.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

enum class webhook_answer { stored, bad_signature, not_json, unavailable };

class ingest_webhook {
public:
  using verify = std::function<bool(std::string_view signature, std::string_view body)>;
  using decode = std::function<std::optional<std::vector<entry>>(std::string_view body)>;

  ingest_webhook(log_store& log, verify verify, decode decode)
      : log_(log)
      , verify_(std::move(verify))
      , decode_(std::move(decode)) {}

  // `body` must live until the answer.
  task<webhook_answer> receive(std::string_view signature, std::string_view body) {
    if (!verify_(signature, body)) co_return webhook_answer::bad_signature;
    std::optional<std::vector<entry>> proposals = decode_(body);
    if (!proposals) co_return webhook_answer::not_json;
    if (proposals->empty()) co_return webhook_answer::stored;
    const auto stored = co_await log_.append(std::move(*proposals));
    co_return stored ? webhook_answer::stored : webhook_answer::unavailable;
  }

private:
  log_store& log_;
  const verify verify_;
  const decode decode_;
};

} // namespace tickwire
