#include "main/webhooks_command.hpp"

#include "adapters/meta/kept_decode.hpp"
#include "adapters/sqlite/file_lock.hpp"
#include "core/kept.hpp"
#include "main/stores.hpp"
#include "wire/entry_json.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace tickwire {

namespace asio = boost::asio;

namespace {

constexpr std::size_t page = 500; // items read or appended at once

// Of a store that has a log.
std::unique_ptr<kept_archive> archive_of(stores& from) {
  auto archive = from.open_archive();
  if (archive->inboxes().empty())
    throw std::runtime_error("There is no log in " + from.told() +
                             " yet. Check DATA_DIR and MONGODB_URI, or start the server once.");
  return archive;
}

// Calls take(item) with each kept item of a log until it says false.
template <class Take>
void each_kept(kept_archive& archive, const std::string& inbox, bool oldest_first, const std::string& what,
               Take take) {
  kept_query query;
  query.what = what;
  query.limit = page;
  if (oldest_first) query.after = 0;
  for (;;) {
    const std::vector<entry> items = archive.kept(inbox, query);
    for (const entry& item : items)
      if (!take(item)) return;
    if (items.size() < page) return;
    (oldest_first ? query.after : query.before) = items.back().seq;
  }
}

// The number whose log a kept item of the log of `inbox` belongs into.
std::string home_of(const entry& item, const std::string& inbox) {
  const std::string_view foreign = foreign_number_of(std::get<unhandled>(item.data).what);
  return foreign.empty() ? inbox : std::string(foreign);
}

// What the item is by the rules of today, for the log of `inbox`.
std::vector<entry> understood(const entry& item, const std::string& inbox) {
  const auto& kept = std::get<unhandled>(item.data);
  if (kept.kind.empty()) return meta::decode_kept(item, inbox);
  // It was understood when it came, and threw after that.
  auto data = wire::decode(kept.kind, kept.data);
  if (!data || !item.key.starts_with(kept_key_prefix)) return {};
  entry proposal;
  proposal.inbox = inbox;
  proposal.at = item.at;
  proposal.key = item.key.substr(kept_key_prefix.size());
  proposal.chat_id = item.chat_id;
  proposal.data = std::move(*data);
  proposal.raw = item.raw;
  return {std::move(proposal)};
}

bool is_in(kept_archive& archive, const std::string& inbox, const std::vector<entry>& proposals) {
  if (proposals.empty()) return false;
  for (const entry& proposal : proposals)
    if (!archive.find(inbox, proposal.key)) return false;
  return true;
}

std::vector<appended> append(asio::io_context& io, log_store& log, std::vector<entry> proposals) {
  std::optional<result<std::vector<appended>>> answer;
  std::exception_ptr error;
  asio::co_spawn(io, log.append(std::move(proposals)), [&](std::exception_ptr thrown, auto done) {
    error = thrown;
    answer = std::move(done);
    io.stop();
  });
  const auto guard = asio::make_work_guard(io);
  io.restart();
  io.run();
  if (error) std::rethrow_exception(error);
  if (!*answer) throw std::runtime_error(answer->error().detail);
  return std::move(**answer);
}

} // namespace

int list_webhooks(const store_place& place, const std::string& what, std::size_t limit) {
  stores here(place);
  const auto archive = archive_of(here);
  const std::vector<std::string> inboxes = archive->inboxes();
  std::size_t shown = 0;
  bool more = false;
  for (const std::string& inbox : inboxes)
    each_kept(*archive, inbox, false, what, [&](const entry& item) {
      const std::string home = home_of(item, inbox);
      const std::vector<entry> today = understood(item, home);
      if (is_in(*archive, home, today)) return true;
      more = shown == limit;
      if (more) return false;
      ++shown;
      if (inboxes.size() > 1) std::cout << inbox << "  ";
      std::cout << to_iso8601(item.at) << "  " << item.key << "  " << std::get<unhandled>(item.data).what
                << (today.empty() ? "" : "  (understood today: replay it)") << "\n";
      return true;
    });
  if (shown == 0) std::cerr << "Nothing is kept that was not understood.\n";
  if (more) std::cerr << "There are more; --limit N shows them.\n";
  return 0;
}

int show_webhook(const store_place& place, const std::string& key) {
  stores here(place);
  const auto archive = archive_of(here);
  for (const std::string& inbox : archive->inboxes())
    if (const auto found = archive->find(inbox, key)) {
      std::cout << found->raw << "\n";
      return 0;
    }
  std::cerr << "There is no item with the key " << key << ". \"tickwire webhooks list\" shows the keys.\n";
  return 1;
}

int replay_webhooks(const store_place& place, const std::string& inbox) {
  stores here(place);
  const auto archive = archive_of(here);
  asio::io_context io;
  std::unique_ptr<log_store> store;
  try {
    store = here.open_log(io.get_executor(), inbox);
  } catch (const sqlite::log_in_use&) {
    std::cerr << "The server is running on " << here.told()
              << ", and one program at a time may write there. Stop it, replay, and start it again.\n";
    return 1;
  }

  std::size_t items = 0, taken = 0, there = 0, entries = 0;
  for (const std::string& kept_in : archive->inboxes()) {
    const std::string what = kept_in == inbox ? "" : "number " + inbox;
    each_kept(*archive, kept_in, true, what, [&](const entry& item) {
      if (home_of(item, kept_in) != inbox) return true;
      ++items;
      std::vector<entry> today = understood(item, inbox);
      if (today.empty()) return true;
      const std::vector<appended> done = append(io, *store, std::move(today));
      std::size_t fresh = 0;
      for (const appended& one : done)
        fresh += one.stored && !std::holds_alternative<unhandled>(one.stored_entry.data);
      entries += fresh;
      ++(fresh > 0 ? taken : there);
      return true;
    });
  }
  std::cerr << items << " kept items: " << taken << " are now understood (" << entries << " new entries), "
            << there << " were taken in before, " << items - taken - there << " are still not understood.\n";
  return 0;
}

} // namespace tickwire
