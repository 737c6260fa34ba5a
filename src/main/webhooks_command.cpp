#include "main/webhooks_command.hpp"

#include "adapters/meta/kept_decode.hpp"
#include "adapters/sqlite/log_files.hpp"
#include "adapters/sqlite/log_reading.hpp"
#include "adapters/sqlite/sqlite_log.hpp"
#include "core/kept.hpp"
#include "wire/entry_json.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace tickwire {

namespace asio = boost::asio;

namespace {

constexpr std::size_t page = 500; // items read or appended at once

// The logs of a folder, for reading, by their business number.
class log_readers {
public:
  explicit log_readers(const std::filesystem::path& data_dir) {
    for (const std::string& inbox : sqlite::inboxes_in(data_dir))
      open_.emplace(inbox, std::make_unique<sqlite::database>(sqlite::log_file(data_dir, inbox),
                                                              sqlite::open_mode::read_only));
    if (open_.empty())
      throw std::runtime_error("There is no log in " + data_dir.string() +
                               " yet. Check DATA_DIR, or start the server once.");
  }

  auto begin() const { return open_.begin(); }
  auto end() const { return open_.end(); }
  std::size_t size() const { return open_.size(); }
  sqlite::database* of(const std::string& inbox) const {
    const auto place = open_.find(inbox);
    return place == open_.end() ? nullptr : place->second.get();
  }

private:
  std::map<std::string, std::unique_ptr<sqlite::database>> open_;
};

// Calls take(item) with each kept item of a log until it says false.
template <class Take>
void each_kept(sqlite::database& log, bool oldest_first, const std::string& what, Take take) {
  kept_query query;
  query.what = what;
  query.limit = page;
  if (oldest_first) query.after = 0;
  for (;;) {
    const std::vector<entry> items = sqlite::read_kept(log, query);
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

bool is_in(sqlite::database* log, const std::vector<entry>& proposals) {
  if (!log || proposals.empty()) return false;
  for (const entry& proposal : proposals)
    if (!sqlite::read_entry_by_key(*log, proposal.key)) return false;
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

int list_webhooks(const std::filesystem::path& data_dir, const std::string& what, std::size_t limit) {
  const log_readers logs(data_dir);
  std::size_t shown = 0;
  bool more = false;
  for (const auto& [inbox, log] : logs)
    each_kept(*log, false, what, [&](const entry& item) {
      const std::string home = home_of(item, inbox);
      const std::vector<entry> today = understood(item, home);
      if (is_in(logs.of(home), today)) return true;
      more = shown == limit;
      if (more) return false;
      ++shown;
      if (logs.size() > 1) std::cout << inbox << "  ";
      std::cout << to_iso8601(item.at) << "  " << item.key << "  " << std::get<unhandled>(item.data).what
                << (today.empty() ? "" : "  (understood today: replay it)") << "\n";
      return true;
    });
  if (shown == 0) std::cerr << "Nothing is kept that was not understood.\n";
  if (more) std::cerr << "There are more; --limit N shows them.\n";
  return 0;
}

int show_webhook(const std::filesystem::path& data_dir, const std::string& key) {
  const log_readers logs(data_dir);
  for (const auto& [inbox, log] : logs)
    if (const auto found = sqlite::read_entry_by_key(*log, key)) {
      std::cout << found->raw << "\n";
      return 0;
    }
  std::cerr << "There is no item with the key " << key << ". \"tickwire webhooks list\" shows the keys.\n";
  return 1;
}

int replay_webhooks(const std::filesystem::path& data_dir, const std::string& inbox) {
  const log_readers logs(data_dir);
  asio::io_context io;
  std::unique_ptr<log_store> store;
  try {
    sqlite::log_config config;
    config.directory = data_dir;
    config.inbox = inbox;
    store = sqlite::open_log(io.get_executor(), config);
  } catch (const sqlite::log_in_use&) {
    std::cerr << "The server is running on " << data_dir.string()
              << ", and one program at a time may write there. Stop it, replay, and start it again.\n";
    return 1;
  }

  std::size_t items = 0, taken = 0, there = 0, entries = 0;
  for (const auto& [kept_in, log] : logs) {
    const std::string what = kept_in == inbox ? "" : "number " + inbox;
    each_kept(*log, true, what, [&](const entry& item) {
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
