#include "adapters/mongo/mongo_store.hpp"

#include "adapters/mongo/account_document.hpp"
#include "adapters/mongo/message_document.hpp"
#include "adapters/mongo/mongo_rows.hpp"
#include "adapters/mongo/row_documents.hpp"
#include "adapters/mongo/unfinished.hpp"
#include "adapters/mongo/uri.hpp"
#include "base/random.hpp"
#include "store/replay.hpp"

#include <optional>
#include <stdexcept>
#include <utility>

namespace tickwire::mongo {

namespace {

constexpr std::uint64_t entries_at_once = 500;
constexpr std::size_t connections = 3; // the mark, a transaction, and a question beside it
constexpr std::size_t version_characters = 16;

class mongo_whole_log final : public whole_log {
public:
  mongo_whole_log(client_pool& pool, std::string inbox)
      : pool_(pool)
      , inbox_(std::move(inbox)) {}

  std::string epoch() override {
    const auto row = pool_.take().find_one(collections::meta, document().text("_id", inbox_), surely);
    return row ? reader(*row).text("epoch") : std::string();
  }

  std::uint64_t head() override {
    const auto newest =
        pool_.take().find_one(collections::log, in_inbox(inbox_),
                              {.sort = document().number("seq", -1), .only = document().number("seq", 1)});
    return newest ? static_cast<std::uint64_t>(reader(*newest).number("seq")) : 0;
  }

  std::vector<stored_entry> entries_after(std::uint64_t seq) override {
    document filter = in_inbox(inbox_);
    filter.object("seq",
                  within(static_cast<std::int64_t>(seq), static_cast<std::int64_t>(seq + entries_at_once)));
    std::vector<stored_entry> entries;
    pool_.take().each(collections::log, filter, {.sort = document().number("seq", 1), .majority = true},
                      [&](const reader& row) {
                        entries.push_back({entry_of(row), row.text("data"), event_of(row)});
                        row.each_object("then", [&](const reader&) { ++entries.back().followers; });
                      });
    return entries;
  }

  void each_view_row(const std::function<void(const view_row&)>& use) override {
    const document here = in_inbox(inbox_), named = document().object("_id", ids_of(inbox_));
    each(collections::messages, here, [&](const reader& row) { use(message_of(row)); });
    each(collections::contacts, here, [&](const reader& row) { use(contact_of(row)); });
    each(collections::chats, here, [&](const reader& row) { use(chat_of(row)); });
    each(collections::bindings, named,
         [&](const reader& row) { use(binding_row{name_of(row), binding_of(row)}); });
    each(collections::parked, here,
         [&](const reader& row) { use(parked_row{row.text("name"), row.text("key")}); });
    each(collections::aliases, named, [&](const reader& row) {
      use(alias_row{name_of(row), row.text("contactId"), static_cast<std::uint64_t>(row.number("seq"))});
    });
    each(collections::quotes, here, [&](const reader& row) {
      use(quote_row{row.text("name"), row.text("messageId"), row.number("seq")});
    });
    each(collections::sending, document().text("_id", inbox_),
         [&](const reader& row) { use(term_row{static_cast<std::uint64_t>(row.number("term"))}); });
    each(collections::read_marks, here, [&](const reader& row) {
      use(mark_row{row.text("userId"), row.text("chatId"), static_cast<std::uint64_t>(row.number("upTo"))});
    });
  }

private:
  static inline const find_options surely{.majority = true};

  template <class Use>
  void each(const char* collection, const document& filter, const Use& use) {
    pool_.take().each(collection, filter, surely, use);
  }
  // Behind the inbox and a slash.
  std::string name_of(const reader& row) const { return row.text("_id").substr(inbox_.size() + 1); }

  client_pool& pool_;
  const std::string inbox_;
};

class mongo_store final : public whole_store {
public:
  explicit mongo_store(store_config config)
      : told_("MongoDB at " + shown(config.uri))
      , silence_(config.silence)
      , pool_({.uri = std::move(config.uri), .clients = connections, .patience = config.patience}) {}

  std::string told() const override { return told_; }

  // However its hosts are named: whoever changes something writes random texts, which no copy has.
  std::string identity() override {
    client store = pool_.take();
    std::string identity = "mongodb:" + pool_.database();
    store.each(collections::meta, document().object("epoch", document().text("$gt", "")),
               {.sort = document().number("_id", 1)},
               [&](const reader& row) { identity += ":" + row.text("_id") + ":" + row.text("by"); });
    const auto users = store.find_one(users_collection, which_users());
    return users ? identity + ":" + reader(*users).text("version") : identity;
  }

  void keep_servers_out() override {
    if (nobody_was_there_) return;
    if (somebody_is_at_work(pool_, silence_))
      throw std::runtime_error("Another Tickwire is running on " + told_ + ". Stop it first.");
    nobody_was_there_ = true; // the look takes seconds
  }

  std::string unfinished() override {
    client store = pool_.take();
    return mongo::unfinished(store);
  }
  void set_unfinished(const std::string& sentence) override {
    mark();
    client store = pool_.take();
    mongo::set_unfinished(store, sentence);
  }

  std::vector<std::string> inboxes() override {
    std::vector<std::string> found;
    pool_.take().each(collections::meta, document().object("epoch", document().text("$gt", "")),
                      {.sort = document().number("_id", 1)},
                      [&](const reader& row) { found.push_back(row.text("_id")); });
    std::erase_if(found, [this](const std::string& inbox) { return read(inbox)->head() == 0; });
    return found;
  }

  std::unique_ptr<whole_log> read(const std::string& inbox) override {
    return std::make_unique<mongo_whole_log>(pool_, inbox);
  }

  whole_accounts accounts() override {
    client store = pool_.take();
    const auto row = store.find_one(users_collection, which_users());
    const accounts_now now = row ? read_accounts(*row) : accounts_now{};
    whole_accounts all{now.all, {}, {}};
    const auto good = [&](const reader& one, std::int64_t generations::* of) {
      const std::string user = one.text("userId");
      return now.find(user) && one.number("generation") == now.generations_of(user).*of;
    };
    store.each(sessions_collection, {}, {}, [&](const reader& one) {
      if (good(one, &generations::sessions))
        all.sessions.push_back({one.text("_id"), one.text("userId"), one.time("until")});
    });
    store.each(devices_collection, {}, {}, [&](const reader& one) {
      if (good(one, &generations::devices))
        all.devices.push_back({one.text("_id"), one.text("userId"), one.time("addedAt")});
    });
    return all;
  }

  std::unique_ptr<log_rows> write(const std::string& inbox, const std::string& epoch) override {
    auto rows = open_rows(pool_, inbox);
    if (read(inbox)->head() > 0) return rows;
    set_epoch(inbox, epoch);
    return open_rows(pool_, inbox);
  }

  void set_epoch(const std::string& inbox, const std::string& epoch) override {
    pool_.take().update_one(collections::meta, document().text("_id", inbox),
                            document().object("$set", document().text("epoch", epoch)));
  }

  void put_accounts(const whole_accounts& all) override {
    client store = pool_.take();
    for (const char* collection : {sessions_collection, devices_collection}) store.remove_all(collection, {});
    accounts_now now;
    now.version = random_text(version_characters);
    now.all = all.users;
    store.update_one(users_collection, which_users(), document().object("$set", with_accounts({}, now)),
                     upsert::yes);
    bulk sessions, devices;
    const generations first;
    for (const whole_accounts::session& one : all.sessions)
      sessions.insert(document()
                          .text("_id", one.token_hash)
                          .text("userId", one.user_id)
                          .number("generation", first.sessions)
                          .time("until", one.until));
    for (const whole_accounts::device& one : all.devices)
      devices.insert(document()
                         .text("_id", one.device_hash)
                         .text("userId", one.user_id)
                         .number("generation", first.devices)
                         .time("addedAt", one.added_at));
    store.write(sessions_collection, sessions);
    store.write(devices_collection, devices);
  }

  void make_views_anew(const std::string& inbox) override {
    mark();
    {
      client store = pool_.take();
      remove_all_views(store, inbox);
    }
    const auto rows = open_rows(pool_, inbox, views_are::made_anew);
    apply_rest(*rows);
    client store = pool_.take();
    finish_views(store, inbox);
  }

private:
  void mark() {
    if (!mark_) mark_.emplace(pool_, silence_ / 4);
  }

  const std::string told_;
  const std::chrono::milliseconds silence_;
  client_pool pool_;
  std::optional<command_mark> mark_; // once something is written
  bool nobody_was_there_ = false;
};

} // namespace

std::unique_ptr<whole_store> open_whole(store_config config) {
  return std::make_unique<mongo_store>(std::move(config));
}

} // namespace tickwire::mongo
