#include "app/ingest_webhook.hpp"

#include "core/entry_size.hpp"

namespace tickwire {

namespace {

// The next part of what begins at `from`, which moves behind it.
std::vector<entry> next_part(std::vector<entry>& all, std::size_t& from) {
  std::vector<entry> part;
  for (std::size_t bytes = 0; from < all.size() && bytes < webhook_part_bytes; ++from) {
    bytes += bytes_of(all[from]);
    part.push_back(std::move(all[from]));
  }
  return part;
}

} // namespace

task<webhook_answer> ingest_webhook::receive(std::string_view signature, std::string_view body) {
  if (!verify_(signature, body)) co_return webhook_answer::bad_signature;
  std::optional<std::vector<entry>> proposals = decode_(body);
  if (!proposals) co_return webhook_answer::not_json;
  for (std::size_t from = 0; from < proposals->size();) {
    std::vector<entry> part = next_part(*proposals, from);
    const auto stored = co_await log_.append(std::move(part));
    if (!stored) co_return webhook_answer::unavailable;
    for (const appended& one : *stored)
      if (kept_ && one.stored && std::holds_alternative<unhandled>(one.stored_entry.data))
        kept_(one.stored_entry);
  }
  co_return webhook_answer::stored;
}

} // namespace tickwire
