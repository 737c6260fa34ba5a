// Copying a whole store: its logs, entry by entry, its accounts, and views made from the copied log by the
// same rules as everywhere.
#pragma once

#include "store/store_digest.hpp"
#include "store/whole_store.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace tickwire {

struct migration_progress {
  std::function<void(std::uint64_t entries)> copied = [](std::uint64_t) {}; // until now, of this run
  std::function<void(const std::string& what)> step = [](const std::string&) {};
};

struct migration_result {
  store_digest source, target; // each side's own rows, read back
  bool was_there = false;      // the target had all of it already; nothing was done
};

// Copies `from` to `to`, which is empty, or has what an earlier call that was stopped has copied; that one is
// gone on with. Where both have the same already, they are only compared. `from` is not changed.
//
// Until both are equal, `to` is marked, so that no server takes it for whole. Throws std::runtime_error with
// a sentence that says what to do when `from` has nothing in it or is unfinished itself, when `to` has
// something else in it, when both are the same, and when a server uses one of them.
migration_result migrate(whole_store& from, whole_store& to, const migration_progress& progress = {});

// Why they differ and what to do, for people; empty when they do not.
std::string difference_of(const migration_result& done);

} // namespace tickwire
