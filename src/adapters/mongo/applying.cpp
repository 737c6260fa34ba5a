#include "adapters/mongo/applying.hpp"

#include "adapters/mongo/row_documents.hpp"
#include "base/random.hpp"

#include <map>
#include <stdexcept>
#include <utility>

namespace tickwire::mongo {

namespace {

// MongoDB takes 16 MiB in one document.
constexpr std::size_t part_bytes_max = 4 * 1024 * 1024;

// Of the inbox's document, while its views are being made anew.
constexpr auto unfinished_member = "unfinished";

// Of a chat that becomes part of another, at once.
constexpr std::int64_t moved_at_once = 250;

// In which order collections are written: a chat comes after what it names.
constexpr const char* order[] = {collections::messages,   collections::bindings, collections::parked,
                                 collections::contacts,   collections::aliases,  collections::quotes,
                                 collections::read_marks, collections::sending,  collections::chats};

document older(std::string_view id, std::int64_t version) {
  document filter;
  filter.text("_id", id).object("v", document().number("$lt", version));
  return filter;
}

// Repeating it moves what is left.
void move(client& store, std::string_view inbox, std::string_view from, std::string_view into,
          std::int64_t version) {
  const document older_rows = document().number("$lt", version);
  for (;;) {
    document filter;
    filter.text("inbox", inbox).text("chatId", from).object("v", older_rows);
    std::vector<std::string> ids;
    store.each(collections::messages, filter, {.only = document().number("_id", 1), .limit = moved_at_once},
               [&](const reader& row) { ids.push_back(row.text("_id")); });
    if (ids.empty()) return;
    const document these = one_of(ids);
    for (const char* name : {"senderId", "receiverId"}) {
      document named;
      named.object("_id", these).text(name, from).object("v", older_rows);
      store.update_all(collections::messages, named, document().object("$set", document().text(name, into)));
    }
    document rows;
    rows.object("_id", these).object("v", older_rows);
    document moved;
    moved.text("chatId", into).number("v", version);
    store.update_all(collections::messages, rows, document().object("$set", moved));
  }
}

// Rows of the same step come later and replace what was moved here, hence it keeps its version. Repeating it
// moves what is left.
void move_names(client& store, std::string_view inbox, std::string_view from, std::string_view into,
                std::int64_t version) {
  const std::string first = row_id(inbox, from);
  std::string behind = first; // the first id that is behind all that begin so
  ++behind.back();
  document range;
  range.object("_id", document().text("$gte", first).text("$lt", behind));
  range.object("v", document().number("$lt", version));
  for (const char* collection : {collections::bindings, collections::parked, collections::quotes})
    for (;;) {
      bulk made, gone;
      store.each(collection, range, {.limit = moved_at_once}, [&](const reader& row) {
        const std::string_view id = row.view("_id");
        document moved;
        moved.text("_id", row_id(inbox, into) + std::string(id.substr(first.size())));
        if (row.has("name"))
          moved.text("name", std::string(into) + std::string(row.view("name").substr(from.size())));
        moved.all_of(row, {"_id", "name"});
        made.insert(moved);
        gone.remove(older(id, version));
      });
      if (gone.empty()) break;
      store.write(collection, made);
      store.write(collection, gone);
    }
}

void perform(client& store, const reader& part, std::int64_t version) {
  part.each_object("changes", [&](const reader& change) {
    if (change.has("names from"))
      move_names(store, change.view("inbox"), change.view("names from"), change.view("into"), version);
  });
  std::map<std::string, bulk, std::less<>> rows;
  part.each_object("changes", [&](const reader& change) {
    if (!change.has("in")) return;
    bulk& steps = rows[change.text("in")];
    const auto id = change.view("id");
    if (const auto row = change.object("row")) {
      document value = row->copy();
      value.number("v", version);
      const auto there = static_cast<before>(change.number("before"));
      if (there == before::absent)
        steps.insert(value);
      else
        steps.replace(older(row->view("_id"), version), value,
                      there == before::present ? upsert::no : upsert::yes);
    } else if (change.flag("gone")) {
      document mark;
      mark.text("_id", id).flag("gone", true).number("v", version);
      steps.replace(older(id, version), mark, upsert::yes);
    } else if (!id.empty()) {
      steps.remove(older(id, version));
    }
  });
  for (const char* collection : order)
    if (const auto steps = rows.find(std::string_view(collection)); steps != rows.end())
      store.write(collection, steps->second);
  part.each_object("changes", [&](const reader& change) {
    if (change.has("from"))
      move(store, change.view("inbox"), change.view("from"), change.view("into"), version);
  });
}

} // namespace

void remove_all_views(client& store, const std::string& inbox) {
  document none;
  none.flag(unfinished_member, true).number("from", 0).number("to", 0).text("by", "").number("parts", 0);
  none.array("changes", {});
  store.update_one(collections::meta, document().text("_id", inbox), document().object("$set", none));
  store.remove_all(collections::changes, in_inbox(inbox));
  for (const char* collection : order) store.remove_all(collection, in_inbox(inbox));
  store.remove_all(collections::sending, document().text("_id", inbox));
  // Not all rows name their inbox. Marks of removed messages name nothing; they are for slow nodes, of which
  // there are none now.
  for (const char* collection : {collections::bindings, collections::aliases, collections::chats})
    store.remove_all(collection, document().object("_id", ids_of(inbox)));
  store.remove_all(collections::messages, document().flag("gone", true));
}

void finish_views(client& store, const std::string& inbox) {
  const document finished = document().flag(unfinished_member, false);
  store.update_one(collections::meta, document().text("_id", inbox), document().object("$set", finished));
}

struct applying::step {
  std::uint64_t to = 0;
  std::string by;
  std::int64_t parts = 0; // beside the one in the document
  document whole;
};

void row_changes::add(const document& change) {
  if (parts_.empty() || parts_.back().bytes() + change.bytes() > part_bytes_max) parts_.emplace_back();
  parts_.back().object(change);
}

void row_changes::put(const char* collection, const document& row, before there) {
  document change;
  change.text("in", collection).number("before", static_cast<int>(there)).object("row", row);
  add(change);
}

void row_changes::remove(const char* collection, std::string_view id) {
  document change;
  change.text("in", collection).text("id", id).flag("gone", true);
  add(change);
}

void row_changes::erase(const char* collection, std::string_view id) {
  document change;
  change.text("in", collection).text("id", id);
  add(change);
}

void row_changes::move_messages(std::string_view inbox, std::string_view from, std::string_view into) {
  document change;
  change.text("inbox", inbox).text("from", from).text("into", into);
  add(change);
}

void row_changes::move_names(std::string_view inbox, std::string_view from, std::string_view into) {
  document change;
  change.text("inbox", inbox).text("names from", from).text("into", into);
  add(change);
}

std::string applying::open(client& store, views_are state) {
  const document mine = document().text("_id", inbox_);
  const find_options surely{.majority = true};
  for (;;) {
    if (const auto row = store.find_one(collections::meta, mine, surely)) {
      if (state == views_are::whole && reader(*row).flag(unfinished_member))
        throw std::runtime_error("The views of " + inbox_ +
                                 " are being made anew, or were when that was stopped. Run \"tickwire "
                                 "rebuild-views\" (again), and wait for its end.");
      return epoch_ = reader(*row).text("epoch");
    }
    document fresh;
    fresh.text("_id", inbox_).text("epoch", random_text(16)).number("from", 0).number("to", 0);
    fresh.text("by", "").array("changes", {});
    try {
      store.insert(collections::meta, fresh);
    } catch (const mongo_error& error) {
      if (!error.duplicate()) throw; // another node made it
    }
  }
}

applying::step applying::read(client& store) {
  const find_options surely{.majority = true};
  auto row = store.find_one(collections::meta, document().text("_id", inbox_), surely);
  if (!row) throw mongo_error(0, 0, "MongoDB: the inbox's document in `meta` is gone");
  const reader value(*row);
  if (value.view("epoch") != epoch_)
    throw mongo_error(0, 0,
                      "MongoDB: the views were made anew, or a backup was put back, after this program "
                      "has opened them. Start it again");
  step found{static_cast<std::uint64_t>(value.number("to")), value.text("by"), value.number("parts"), {}};
  found.whole = std::move(*row);
  return found;
}

// False: it is not the present step any more.
bool applying::perform(client& store, const step& step) {
  std::vector<document> parts;
  if (step.parts > 0) parts = store.find(collections::changes, document().text("by", step.by));
  if (static_cast<std::int64_t>(parts.size()) < step.parts) return false;
  const auto version = static_cast<std::int64_t>(step.to);
  mongo::perform(store, step.whole, version);
  for (const document& part : parts) mongo::perform(store, part, version);
  return true;
}

std::uint64_t applying::settle(client& store) {
  std::string before;
  for (;;) {
    const step present = read(store);
    if (perform(store, present)) return present.to;
    if (present.by == before) throw mongo_error(0, 0, "MongoDB: a part of a step is gone from `changes`");
    before = present.by;
  }
}

bool applying::advance(client& store, std::uint64_t from, std::uint64_t to, const row_changes& changes) {
  const std::string by = writer_ + "/" + std::to_string(++steps_);
  step next{to, by, 0, {}};
  document value;
  value.number("from", from).number("to", to).text("by", by);
  if (changes.empty()) {
    value.array("changes", {});
  } else {
    value.array("changes", changes.parts().front());
    std::vector<document> further;
    for (std::size_t i = 1; i < changes.parts().size(); ++i) {
      further.emplace_back();
      further.back()
          .text("inbox", inbox_)
          .text("by", by)
          .number("to", to)
          .array("changes", changes.parts()[i]);
    }
    store.insert_in_order(collections::changes, further);
    next.parts = static_cast<std::int64_t>(further.size());
  }
  value.number("parts", next.parts);
  document settled;
  settled.text("_id", inbox_).number("to", from).text("epoch", epoch_);
  const updated done = store.update_one(collections::meta, settled, document().object("$set", value));
  // A retry of the driver's finds what its first try did.
  if (done.matched == 0 && read(store).by != by) return false;
  // Those of earlier steps are needed by nobody.
  if (std::exchange(had_parts_, next.parts > 0)) {
    document earlier;
    earlier.text("inbox", inbox_).object("to", document().number("$lt", to));
    store.remove_all(collections::changes, earlier);
  }
  next.whole = std::move(value);
  perform(store, next);
  return true;
}

} // namespace tickwire::mongo
