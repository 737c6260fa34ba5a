#include "store/migration.hpp"

#include "store/replay.hpp"

#include <algorithm>
#include <stdexcept>

namespace tickwire {

namespace {

bool has_nothing(whole_store& store) { return store.inboxes().empty() && store.accounts().users.empty(); }

void refuse_unusable(whole_store& from, whole_store& to) {
  if (from.identity() == to.identity())
    throw std::runtime_error("Source and target are the same: " + from.told() + ". Name another target.");
  if (has_nothing(from))
    throw std::runtime_error("There is nothing in " + from.told() + ". Check the source's address.");
  if (const std::string why = from.unfinished(); !why.empty())
    throw std::runtime_error("The source, " + from.told() + ", is not whole itself. " + why);
}

[[noreturn]] void refuse_target(whole_store& to) {
  throw std::runtime_error("There is something else in the target, " + to.told() +
                           ". Name an empty one, or empty it first (see docs/operations.md).");
}

// Whether the target's log is, as far as it goes, that of the source.
bool begins_as(whole_log& target, whole_log& source) {
  const std::uint64_t head = target.head();
  if (target.epoch() != source.epoch() || head > source.head()) return false;
  const auto last_of = [head](whole_log& log) { return log.entries_after(head - 1).front(); };
  const stored_entry there = last_of(target), here = last_of(source);
  return there.what.key == here.what.key && there.data == here.data;
}

// What stands in the target may have come from the source, as far as a look at the ends tells. In the end
// all of it is compared.
bool is_of(whole_store& from, whole_store& to) {
  const std::vector<std::string> inboxes = from.inboxes();
  for (const std::string& inbox : to.inboxes()) {
    if (std::find(inboxes.begin(), inboxes.end(), inbox) == inboxes.end()) return false;
    if (!begins_as(*to.read(inbox), *from.read(inbox))) return false;
  }
  return true;
}

std::uint64_t entries_in(whole_store& store) {
  std::uint64_t entries = 0;
  for (const std::string& inbox : store.inboxes()) entries += store.read(inbox)->head();
  return entries;
}

void copy_log(whole_log& from, log_rows& to, const std::function<void(std::uint64_t)>& copied) {
  apply_rest(to);
  for (;;) {
    const std::vector<stored_entry> part = from.entries_after(to.head());
    if (part.empty()) return;
    try {
      copy_entries(to, part);
    } catch (const overtaken&) {
      throw std::runtime_error("Somebody else writes into the target at the same time. Stop that, empty the "
                               "target and begin again.");
    }
    copied(part.size());
  }
}

} // namespace

migration_result migrate(whole_store& from, whole_store& to, const migration_progress& progress) {
  refuse_unusable(from, to);
  from.keep_servers_out();
  to.keep_servers_out();
  migration_result done;
  if (to.unfinished().empty() && !has_nothing(to)) {
    if (!is_of(from, to) || entries_in(from) != entries_in(to)) refuse_target(to);
    progress.step("The target has something in it. Comparing…");
    done = {digest_of(from), digest_of(to), true};
    if (done.source != done.target) refuse_target(to);
    return done;
  }
  if (!is_of(from, to)) refuse_target(to);
  to.set_unfinished(
      "A migration from " + from.told() + " into " + to.told() +
      " is not finished. Run the same \"tickwire migrate\" again: it goes on where it stopped.");
  std::uint64_t copied = 0;
  for (const std::string& inbox : from.inboxes()) {
    const auto source = from.read(inbox);
    const auto target = to.write(inbox, source->epoch());
    copy_log(*source, *target, [&](std::uint64_t more) { progress.copied(copied += more); });
  }
  to.put_accounts(from.accounts());
  progress.step("Comparing…");
  done.source = digest_of(from);
  done.target = digest_of(to);
  if (difference_of(done).empty()) to.set_unfinished("");
  return done;
}

std::string difference_of(const migration_result& done) {
  const std::string again = " Then run the same command again; until then no server takes the target.";
  if (done.source.lacks_entries)
    return "The last server on the source died in the middle of a commit. Start the server on the source "
           "once and stop it again; it finishes that." +
           again;
  if (done.source == done.target) return {};
  if (done.source.log != done.target.log)
    return "The logs differ. If a server ran on one of the two meanwhile, stop it; else empty the target." +
           again;
  if (done.source.accounts != done.target.accounts)
    return "The accounts differ. Nobody must change any meanwhile." + again;
  return "The views differ: those of the source are not what its log says. Start the server on the source "
         "once and stop it again, which finishes what the last one left. If that does not help, run "
         "\"tickwire "
         "rebuild-views\" on the source." +
         again;
}

} // namespace tickwire
