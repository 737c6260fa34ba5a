// What is in a store, counted and hashed, so that two stores can be compared without seeing both at once.
// Nothing in it depends on what the store is made of.
#pragma once

#include "base/sha256.hpp"
#include "store/whole_store.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace tickwire {

// Rows of one kind by what they are called, in the plural: "messages", …
using row_counts = std::map<std::string, std::uint64_t>;

struct views_digest {
  row_counts counts;
  std::string hash; // in hex; the same rows in any order give the same
  friend bool operator==(const views_digest&, const views_digest&) = default;
};
views_digest digest_of_views(whole_log& log);

struct store_digest {
  row_counts counts;
  std::string log, views, accounts; // hashes in hex: of the entries in order, …
  // Entries that must not be missing behind the last ones are missing: whoever appended these has died
  // before.
  bool lacks_entries = false;
  std::string whole() const; // one hash over the three
  friend bool operator==(const store_digest&, const store_digest&) = default;
};

// So many entries have been read until now.
using reading_progress = std::function<void(std::uint64_t entries)>;

store_digest digest_of(whole_store& store, const reading_progress& progress = [](std::uint64_t) {});

} // namespace tickwire
