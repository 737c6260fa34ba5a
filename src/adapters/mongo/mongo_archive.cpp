#include "adapters/mongo/mongo_archive.hpp"

#include "adapters/mongo/row_documents.hpp"
#include "adapters/mongo/unfinished.hpp"

#include <limits>

namespace tickwire::mongo {

namespace {

constexpr auto above_all_characters = "\U0010FFFF";

document what_begins_so(const std::string& what) {
  if (what.empty()) return document().text("$gt", "");
  return document().text("$gte", what).text("$lt", what + above_all_characters);
}

class mongo_archive final : public kept_archive {
public:
  explicit mongo_archive(client_pool& pool)
      : pool_(pool) {
    client store = pool_.take();
    refuse_unfinished(store);
  }

  std::vector<std::string> inboxes() override {
    const document with_a_log = document().object("epoch", document().text("$gt", ""));
    std::vector<std::string> names;
    pool_.take().each(collections::meta, with_a_log, {.sort = document().number("_id", 1)},
                      [&](const reader& row) { names.push_back(row.text("_id")); });
    return names;
  }

  std::vector<entry> kept(const std::string& inbox, const kept_query& wanted) override {
    constexpr auto highest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    document filter;
    filter.object("what", what_begins_so(wanted.what)).text("inbox", inbox);
    filter.object(
        "seq",
        document().number("$gt", wanted.after.value_or(0)).number("$lt", wanted.before.value_or(highest)));
    find_options options;
    options.sort = document().number("seq", wanted.after ? 1 : -1);
    options.limit = static_cast<std::int64_t>(wanted.limit);
    std::vector<entry> items;
    pool_.take().each(collections::log, filter, options,
                      [&](const reader& row) { items.push_back(entry_of(row)); });
    return items;
  }

  std::optional<entry> find(const std::string& inbox, const std::string& key) override {
    const auto row =
        pool_.take().find_one(collections::log, document().text("inbox", inbox).text("key", key));
    return row ? std::optional(entry_of(*row)) : std::nullopt;
  }

private:
  client_pool& pool_;
};

} // namespace

std::unique_ptr<kept_archive> open_archive(client_pool& pool) {
  return std::make_unique<mongo_archive>(pool);
}

} // namespace tickwire::mongo
