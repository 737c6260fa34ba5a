#include "store/replay.hpp"

#include "base/logging.hpp"
#include "core/apply.hpp"

#include <new>

namespace tickwire {

namespace {

// work(), all of it or nothing.
template <class Work>
void in_transaction(log_rows& rows, const Work& work) {
  try {
    rows.begin();
    work();
    rows.commit();
  } catch (...) {
    rows.roll_back();
    throw;
  }
}

} // namespace

void apply_or_skip(log_rows& rows, const entry& entry) {
  rows.set_point();
  try {
    apply(rows.views(), entry);
    rows.keep_since_point();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    const auto* said = dynamic_cast<const store_error*>(&error);
    if (said && said->of_the_store()) throw;
    rows.undo_since_point();
    log_error("log: entry " + std::to_string(entry.seq) + " is in no view, since it threw: " + error.what());
  }
}

void copy_entries(log_rows& rows, const std::vector<stored_entry>& entries) {
  in_transaction(rows, [&] {
    std::vector<const entry*> all;
    for (const stored_entry& one : entries) all.push_back(&one.what);
    rows.prefetch(all);
    for (const stored_entry& one : entries) {
      apply_or_skip(rows, one.what);
      rows.write({one.what, one.data, one.said ? &*one.said : nullptr});
    }
  });
}

void apply_rest(log_rows& rows) {
  for (;;) {
    const std::vector<log_entry> entries = rows.entries_after(rows.head());
    if (entries.empty()) return;
    in_transaction(rows, [&] {
      std::vector<const entry*> all;
      for (const log_entry& one : entries) all.push_back(&one.what);
      rows.prefetch(all);
      for (const entry* one : all) apply_or_skip(rows, *one);
    });
  }
}

} // namespace tickwire
