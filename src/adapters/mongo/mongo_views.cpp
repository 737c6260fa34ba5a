#include "adapters/mongo/mongo_views.hpp"

#include "adapters/mongo/message_document.hpp"
#include "adapters/mongo/row_documents.hpp"
#include "core/lookups.hpp"
#include "core/position.hpp"
#include "core/wamid.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace tickwire::mongo {

namespace {

// Rows of each kind that are remembered; then all are forgotten. Messages are larger, and the newest are what
// is asked for.
constexpr std::size_t remembered_max = 20'000, remembered_messages_max = 2'000;

constexpr std::int64_t quotes_at_once = 2'000; // more are asked for one by one

std::int64_t signed_of(std::uint64_t seq) {
  constexpr auto highest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(seq, highest));
}

} // namespace

template <class Row, class Read>
std::optional<Row> mongo_views::find(cells<Row>& rows, const char* collection, std::string_view key,
                                     const std::string& id, Read read) {
  const auto* cell = rows.find(key);
  if (!cell) {
    const auto found = store_->find_one(collection, document().text("_id", id));
    const bool gone = found && reader(*found).flag("gone");
    cell = &rows.loaded(key, found && !gone ? std::optional<Row>(read(reader(*found))) : std::nullopt,
                        found ? before::present : before::absent);
  }
  return cell->row;
}

template <class Row, class Read>
void mongo_views::load(cells<Row>& rows, const char* collection, const std::vector<std::string>& keys,
                       bool ids_are_keys, Read read) {
  std::vector<std::string> ids;
  std::unordered_map<std::string, std::string> key_of;
  for (const std::string& key : keys) {
    if (key.empty() || rows.find(key)) continue;
    std::string id = ids_are_keys ? key : row_id(inbox_, key);
    if (key_of.emplace(id, key).second) ids.push_back(std::move(id));
  }
  for (const std::vector<std::string>& part : parts_of(ids))
    store_->each(collection, document().object("_id", one_of(part)), {}, [&](const reader& found) {
      const auto place = key_of.find(found.text("_id"));
      if (place == key_of.end()) return;
      rows.loaded(place->second, found.flag("gone") ? std::nullopt : std::optional<Row>(read(found)),
                  before::present);
    });
  for (const auto& [id, key] : key_of) rows.loaded(key, std::nullopt, before::absent);
}

void mongo_views::undo_since_point() {
  undo_.undo();
  tops_.clear();
}

void mongo_views::forget() {
  undo_.clear();
  messages_.forget();
  places_.clear();
  bindings_.forget();
  parked_.forget();
  contacts_.forget();
  aliases_.forget();
  marks_.forget();
  chats_.forget();
  terms_.forget();
  quotes_.clear();
  stored_quotes_.clear();
  moved_.clear();
  moved_names_.clear();
  tops_.clear();
}

row_changes mongo_views::changes(bool surely) {
  row_changes changes;
  const auto there = [&](const auto& cell) { return surely ? cell.in_store : before::unknown; };
  // A row that was made and removed in one transaction was never there.
  const auto was_there = [&](const auto& cell) { return there(cell) != before::absent; };
  messages_.each_changed([&](const std::string& id, const auto& cell) {
    if (cell.row)
      changes.put(collections::messages, document_of(*cell.row, inbox_), there(cell));
    else if (was_there(cell))
      changes.remove(collections::messages, id);
  });
  bindings_.each_changed([&](const std::string& wamid, const auto& cell) {
    if (cell.row)
      changes.put(collections::bindings, document_of(wamid, *cell.row, inbox_), there(cell));
    else
      changes.erase(collections::bindings, row_id(inbox_, wamid));
  });
  parked_.each_changed([&](const std::string& wamid, const auto& cell) {
    const auto has = [](const std::vector<parked_entry>& list, const parked_entry& one) {
      return std::find(list.begin(), list.end(), one) != list.end();
    };
    const auto id = [&](const parked_entry& one) {
      return row_id(inbox_, row_id(wamid, std::to_string(one.seq)));
    };
    for (const parked_entry& one : cell.row->now) {
      if (has(cell.row->in_store, one)) continue;
      document row;
      row.text("_id", id(one)).text("inbox", inbox_).text("name", wamid);
      row.number("seq", one.seq).text("key", one.key);
      changes.put(collections::parked, row, surely ? before::absent : before::unknown);
    }
    for (const parked_entry& one : cell.row->in_store)
      if (!has(cell.row->now, one)) changes.erase(collections::parked, id(one));
  });
  contacts_.each_changed([&](const std::string&, const auto& cell) {
    changes.put(collections::contacts, document_of(*cell.row, inbox_), there(cell));
  });
  aliases_.each_changed([&](const std::string& name, const auto& cell) {
    document row;
    row.text("_id", row_id(inbox_, name))
        .text("contactId", cell.row->contact_id)
        .number("seq", cell.row->seq);
    changes.put(collections::aliases, row, there(cell));
  });
  for (const quote& one : quotes_) {
    document row;
    row.text("_id", row_id(inbox_, row_id(one.quoted, std::to_string(one.seq)))).text("inbox", inbox_);
    row.text("name", one.quoted).number("seq", one.seq).text("messageId", one.message_id);
    changes.put(collections::quotes, row, surely ? before::absent : before::unknown);
  }
  marks_.each_changed([&](const std::string&, const auto& cell) {
    document row;
    row.text("_id", mark_id(inbox_, cell.row->user_id, cell.row->chat_id)).text("inbox", inbox_);
    row.text("userId", cell.row->user_id).text("chatId", cell.row->chat_id).number("upTo", cell.row->up_to);
    changes.put(collections::read_marks, row, there(cell));
  });
  chats_.each_changed([&](const std::string& id, const auto& cell) {
    if (cell.row)
      changes.put(collections::chats, document_of(*cell.row, inbox_), there(cell));
    else if (was_there(cell))
      changes.remove(collections::chats, row_id(inbox_, id));
  });
  terms_.each_changed([&](const std::string&, const auto& cell) {
    document row;
    row.text("_id", inbox_).number("term", *cell.row);
    changes.put(collections::sending, row, there(cell));
  });
  for (const auto& [from, into] : moved_) changes.move_messages(inbox_, from, into);
  for (const auto& [from, into] : moved_names_) changes.move_names(inbox_, from, into);
  return changes;
}

void mongo_views::written() {
  if (!moved_.empty() || !moved_names_.empty())
    return forget(); // seldom, and the store has moved more than is remembered
  undo_.clear();
  messages_.each_changed([&](const std::string& id, const auto& cell) {
    places_.erase(id);
    if (cell.row) remember_place(*cell.row);
  });
  messages_.written(remembered_messages_max);
  if (places_.size() > remembered_messages_max) { // both or none
    places_.clear();
    messages_.forget();
  }
  bindings_.written(remembered_max);
  parked_.each_changed([](const std::string&, auto& cell) {
    for (parked_entry& one : cell.row->now) one.what.reset();
    cell.row->in_store = cell.row->now;
  });
  parked_.written(remembered_max);
  contacts_.written(remembered_max);
  aliases_.written(remembered_max);
  marks_.written(remembered_max);
  chats_.written(remembered_max);
  terms_.written(remembered_max);
  quotes_.clear();
  stored_quotes_.clear();
}

const message& mongo_views::remember_place(const message& row) {
  if (row.known()) places_.insert_or_assign(row.id, place{row.chat_id, row.seq, row.counts_unread});
  return row;
}

message mongo_views::as_moved(message row) const {
  const auto move = moved_.find(row.chat_id);
  if (move == moved_.end()) return row;
  for (std::string* name : {&row.chat_id, &row.sender_id, &row.receiver_id})
    if (*name == move->first) *name = move->second;
  return row;
}

std::optional<message> mongo_views::find_message(std::string_view message_id) {
  return find(messages_, collections::messages, message_id, std::string(message_id),
              [this](const reader& row) { return as_moved(remember_place(message_of(row))); });
}

void mongo_views::put_message(const message& row) {
  if (row.known() && row.seq < 0) {
    const auto second = tops_.upper_bound(row.seq);
    if (second != tops_.begin()) {
      const auto top = std::prev(second);
      if (row.seq < top->first + history_places_per_second && (!top->second || *top->second < row.seq))
        top->second = row.seq;
    }
  }
  messages_.put(row.id, row);
}

std::optional<wamid_binding> mongo_views::find_binding(std::string_view wamid) {
  if (const auto* cell = bindings_.find(wamid)) return cell->row;
  std::optional<document> found;
  for (const std::string& name : stored_names(wamid))
    if (!found) found = store_->find_one(collections::bindings, document().text("_id", row_id(inbox_, name)));
  return bindings_
      .loaded(wamid, found ? std::optional(binding_of(reader(*found))) : std::nullopt,
              !found                 ? before::absent
              : moved_names_.empty() ? before::present
                                     : before::unknown)
      .row;
}

void mongo_views::put_binding(std::string_view wamid, const wamid_binding& row) { bindings_.put(wamid, row); }

void mongo_views::load_parked(const std::vector<std::string>& wamids) {
  std::map<std::string, parked_entries> found;
  std::map<std::string, std::string> meaning; // name in the store → name now
  for (const std::string& wamid : wamids)
    if (!wamid.empty() && !parked_.find(wamid) && found.try_emplace(wamid).second)
      for (std::string& name : stored_names(wamid)) meaning.emplace(std::move(name), wamid);
  std::vector<std::string> names;
  for (const auto& [name, now] : meaning) names.push_back(name);
  for (const std::vector<std::string>& part : parts_of(names)) {
    document filter = in_inbox(inbox_);
    filter.object("name", one_of(part));
    store_->each(collections::parked, filter, {}, [&](const reader& row) {
      found[meaning[row.text("name")]].in_store.push_back(
          {static_cast<std::uint64_t>(row.number("seq")), row.text("key"), std::nullopt});
    });
  }
  for (auto& [wamid, entries] : found) {
    entries.now = entries.in_store;
    parked_.loaded(wamid, std::move(entries), before::present);
  }
}

cells<mongo_views::parked_entries>::cell mongo_views::parked_under(std::string_view wamid) {
  load_parked({std::string(wamid)});
  return *parked_.find(wamid);
}

void mongo_views::park(std::string_view wamid, const entry& entry) {
  parked_entries entries = *parked_under(wamid).row;
  entries.now.push_back({entry.seq, entry.key, entry});
  parked_.put(wamid, std::move(entries));
}

std::vector<entry> mongo_views::take_parked(std::string_view wamid) {
  parked_entries entries = *parked_under(wamid).row;
  if (entries.now.empty()) return {};
  std::vector<std::string> keys;
  std::map<std::string, entry> taken; // in the order of their keys
  for (parked_entry& one : entries.now)
    if (one.what)
      taken.emplace(one.key, std::move(*one.what));
    else
      keys.push_back(one.key);
  if (!keys.empty()) {
    document filter = in_inbox(inbox_);
    filter.object("key", one_of(keys));
    store_->each(collections::log, filter, {}, [&](const reader& row) {
      entry read = entry_of(row);
      std::string key = read.key;
      taken.emplace(std::move(key), std::move(read));
    });
  }
  entries.now.clear();
  parked_.put(wamid, std::move(entries));
  std::vector<entry> all;
  for (auto& [key, entry] : taken) all.push_back(std::move(entry));
  return all;
}

std::optional<contact> mongo_views::find_contact(std::string_view id) {
  return find(contacts_, collections::contacts, id, row_id(inbox_, id), contact_of);
}

void mongo_views::put_contact(const contact& row) { contacts_.put(row.id, row); }

mongo_views::alias mongo_views::alias_of(const reader& row) {
  return {row.text("contactId"), static_cast<std::uint64_t>(row.number("seq"))};
}

std::optional<std::string> mongo_views::find_alias(std::string_view name) {
  const auto row = find(aliases_, collections::aliases, name, row_id(inbox_, name), alias_of);
  return row ? std::optional(row->contact_id) : std::nullopt;
}

void mongo_views::put_alias(std::string_view name, std::string_view contact_id, std::uint64_t seq) {
  find_alias(name);
  const auto& present = aliases_.find(name)->row;
  if (present && present->seq > seq) return;
  aliases_.put(name, alias{std::string(contact_id), seq});
}

std::optional<chat> mongo_views::find_chat(std::string_view id) {
  return find(chats_, collections::chats, id, row_id(inbox_, id), chat_of);
}

void mongo_views::put_chat(const chat& row) { chats_.put(row.id, row); }
void mongo_views::remove_chat(std::string_view id) {
  find_chat(id);
  chats_.put(id, std::nullopt);
}
void mongo_views::remove_message(std::string_view id) {
  find_message(id);
  messages_.put(id, std::nullopt);
}

void mongo_views::move_messages(std::string_view from, std::string_view into) {
  std::vector<message> here;
  messages_.each([&](const std::string&, const auto& cell) {
    if (cell.row && cell.row->chat_id == from) here.push_back(*cell.row);
  });
  undo_.add([this, old = moved_] { moved_ = old; });
  for (auto& [earlier, now] : moved_)
    if (now == from) now = into;
  moved_.insert_or_assign(std::string(from), std::string(into));
  for (message& row : here) {
    for (std::string* name : {&row.chat_id, &row.sender_id, &row.receiver_id})
      if (*name == from) *name = into;
    messages_.put(row.id, std::move(row));
  }
}

std::vector<std::string> mongo_views::stored_in(const std::string& chat_id) const {
  std::vector<std::string> chats;
  for (const auto& [from, into] : moved_)
    if (into == chat_id) chats.push_back(from);
  if (!moved_.contains(chat_id)) chats.push_back(chat_id);
  // A chat that this transaction makes has nothing there.
  std::erase_if(chats, [this](const std::string& id) {
    const auto* cell = chats_.find(id);
    return cell && cell->in_store == before::absent;
  });
  return chats;
}

document mongo_views::messages_in(const std::vector<std::string>& chats) const {
  document filter = in_inbox(inbox_);
  if (chats.size() == 1)
    filter.text("chatId", chats.front());
  else
    filter.object("chatId", one_of(chats));
  return filter;
}

// Whether the store has this message in one of these chats.
bool mongo_views::is_in(const std::vector<std::string>& chats, const std::string& message_id,
                        place& found) const {
  const auto stored = places_.find(message_id);
  if (stored == places_.end() || std::find(chats.begin(), chats.end(), stored->second.chat_id) == chats.end())
    return false;
  found = stored->second;
  return true;
}

std::optional<message> mongo_views::newest_message(std::string_view chat_id) {
  const std::string chat(chat_id);
  const std::vector<std::string> chats = stored_in(chat);
  std::optional<message> newest;
  std::int64_t changed_there = 0;
  messages_.each_changed([&](const std::string& id, const auto& cell) {
    place stored;
    changed_there += is_in(chats, id, stored);
    if (cell.row && cell.row->known() && cell.row->chat_id == chat &&
        (!newest || cell.row->seq > newest->seq))
      newest = *cell.row;
  });
  if (chats.empty()) return newest;
  document filter = messages_in(chats);
  filter.object("seq", between(lowest_position, std::numeric_limits<std::int64_t>::max()));
  for (const document& row :
       store_->find(collections::messages, filter,
                    {.sort = document().number("seq", -1), .limit = changed_there + 1})) {
    message found = as_moved(message_of(row));
    const auto* cell = messages_.find(found.id);
    if (cell && cell->changed) continue;
    if (!newest || found.seq > newest->seq) newest = std::move(found);
    break;
  }
  return newest;
}

std::uint64_t mongo_views::count_messages(std::string_view chat_id, std::uint64_t cap) {
  const std::string chat(chat_id);
  const std::vector<std::string> chats = stored_in(chat);
  std::int64_t more = 0, less = 0;
  messages_.each_changed([&](const std::string& id, const auto& cell) {
    place stored;
    less += is_in(chats, id, stored);
    more += cell.row && cell.row->known() && cell.row->chat_id == chat;
  });
  std::int64_t count = more - less;
  if (!chats.empty()) {
    document filter = messages_in(chats);
    filter.object("seq", between(lowest_position, std::numeric_limits<std::int64_t>::max()));
    count += store_->count(collections::messages, filter, signed_of(cap) + less);
  }
  return std::min(cap, static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)));
}

std::uint64_t mongo_views::count_unread(std::string_view chat_id, std::uint64_t after, std::uint64_t cap) {
  const std::string chat(chat_id);
  const std::vector<std::string> chats = stored_in(chat);
  const std::int64_t above = signed_of(after);
  std::int64_t more = 0, less = 0;
  messages_.each_changed([&](const std::string& id, const auto& cell) {
    place stored;
    less += is_in(chats, id, stored) && stored.counts_unread && stored.seq > above;
    more += cell.row && cell.row->counts_unread && cell.row->chat_id == chat && cell.row->seq > above;
  });
  std::int64_t count = more - less;
  if (!chats.empty()) {
    document filter = messages_in(chats);
    filter.object("seq", within(above, std::numeric_limits<std::int64_t>::max())).flag("countsUnread", true);
    count += store_->count(collections::messages, filter, signed_of(cap) + less);
  }
  return std::min(cap, static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)));
}

std::vector<unseen_message> mongo_views::unread_between(std::string_view chat_id, std::uint64_t after,
                                                        std::uint64_t up_to, std::size_t limit) {
  const std::string chat(chat_id);
  const std::vector<std::string> chats = stored_in(chat);
  const std::int64_t above = signed_of(after), last = signed_of(up_to);
  std::map<std::uint64_t, std::string> found;
  std::int64_t changed_there = 0;
  messages_.each_changed([&](const std::string& id, const auto& cell) {
    place stored;
    changed_there += is_in(chats, id, stored);
    const auto& row = cell.row;
    if (row && row->counts_unread && row->chat_id == chat && row->seq > above && row->seq <= last)
      found.emplace(static_cast<std::uint64_t>(row->seq), row->whatsapp_message_id);
  });
  if (!chats.empty() && above < last) {
    document filter = messages_in(chats);
    filter.object("seq", within(above, last)).flag("countsUnread", true);
    document wanted;
    wanted.number("seq", 1).number("whatsappMessageId", 1);
    const std::int64_t most = static_cast<std::int64_t>(limit) + changed_there;
    store_->each(
        collections::messages, filter, {document().number("seq", 1), wanted, most}, [&](const reader& row) {
          const auto* cell = messages_.find(row.text("_id"));
          if (cell && cell->changed) return;
          found.emplace(static_cast<std::uint64_t>(row.number("seq")), row.text("whatsappMessageId"));
        });
  }
  std::vector<unseen_message> rows;
  for (const auto& [seq, wamid] : found)
    if (rows.size() < limit) rows.push_back({seq, wamid});
  return rows;
}

mongo_views::mark mongo_views::mark_of(const reader& row) {
  return {row.text("userId"), row.text("chatId"), static_cast<std::uint64_t>(row.number("upTo"))};
}

std::vector<contacts_merged::mark> mongo_views::find_read_marks(std::string_view chat_id) {
  document filter = in_inbox(inbox_);
  filter.text("chatId", chat_id);
  std::map<std::string, std::uint64_t> found;
  store_->each(collections::read_marks, filter, {}, [&](const reader& row) {
    const mark read = mark_of(row);
    found.emplace(read.user_id, read.up_to);
  });
  marks_.each_changed([&](const std::string&, const auto& cell) {
    if (cell.row->chat_id == chat_id) found.insert_or_assign(cell.row->user_id, cell.row->up_to);
  });
  std::vector<contacts_merged::mark> marks;
  for (const auto& [user_id, up_to] : found) marks.push_back({user_id, up_to});
  return marks;
}

std::uint64_t mongo_views::find_read_mark(std::string_view user_id, std::string_view chat_id) {
  const auto row = find(marks_, collections::read_marks, row_id(user_id, chat_id),
                        mark_id(inbox_, user_id, chat_id), mark_of);
  return row ? row->up_to : 0;
}

void mongo_views::put_read_mark(std::string_view user_id, std::string_view chat_id, std::uint64_t up_to) {
  marks_.put(row_id(user_id, chat_id), mark{std::string(user_id), std::string(chat_id), up_to});
}

std::uint64_t mongo_views::sending_term() {
  const auto term_of = [](const reader& row) { return static_cast<std::uint64_t>(row.number("term")); };
  return find(terms_, collections::sending, "", inbox_, term_of).value_or(0);
}

void mongo_views::put_sending_term(std::uint64_t term) { terms_.put("", term); }

// Asked for the place of imported history only: one second's, see position.hpp.
std::optional<std::int64_t> mongo_views::highest_position(std::int64_t first, std::int64_t last) {
  const bool one_second = last - first == history_places_per_second - 1;
  if (const auto known = tops_.find(first); one_second && known != tops_.end()) return known->second;
  document filter = in_inbox(inbox_);
  filter.object("seq", between(first, last));
  const auto row = store_->find_one(collections::messages, filter,
                                    {document().number("seq", -1), document().number("seq", 1)});
  std::optional<std::int64_t> highest = row ? std::optional(reader(*row).number("seq")) : std::nullopt;
  messages_.each_changed([&](const std::string&, const auto& cell) {
    if (cell.row && cell.row->known() && cell.row->seq >= first && cell.row->seq <= last &&
        (!highest || cell.row->seq > *highest))
      highest = cell.row->seq;
  });
  if (one_second) tops_.emplace(first, highest);
  return highest;
}

std::vector<std::string> mongo_views::stored_names(std::string_view name) const {
  std::vector<std::string> names;
  bool moved_away = false;
  for (const auto& [from, into] : moved_names_) {
    moved_away = moved_away || name.starts_with(from);
    if (name.starts_with(into)) names.push_back(from + std::string(name.substr(into.size())));
  }
  if (!moved_away) names.insert(names.begin(), std::string(name));
  return names;
}

void mongo_views::move_names(const std::string& from, const std::string& into) {
  const auto renamed = [&](std::string_view name) { return into + std::string(name.substr(from.size())); };
  // What this transaction has put so far is renamed here, what the store has when it is written.
  std::vector<std::pair<std::string, wamid_binding>> bindings;
  bindings_.each_changed([&](const std::string& name, const auto& cell) {
    if (cell.row && name.starts_with(from)) bindings.emplace_back(name, *cell.row);
  });
  std::vector<std::pair<std::string, std::vector<parked_entry>>> parked;
  parked_.each_changed([&](const std::string& name, const auto& cell) {
    if (name.starts_with(from)) parked.emplace_back(name, cell.row->now);
  });
  undo_.add([this, old = moved_names_, quotes = quotes_] {
    moved_names_ = old;
    quotes_ = quotes;
  });
  for (auto& [earlier, now] : moved_names_)
    if (now == from) now = into;
  moved_names_.insert_or_assign(from, into);
  bindings_.forget_unchanged(from);
  bindings_.forget_unchanged(into);
  parked_.forget_unchanged(from);
  parked_.forget_unchanged(into);
  stored_quotes_.clear();
  for (const auto& [name, row] : bindings) {
    if (!find_binding(renamed(name))) bindings_.put(renamed(name), row);
    bindings_.put(name, std::nullopt);
  }
  for (const auto& [name, entries] : parked) {
    parked_entries both = *parked_under(renamed(name)).row;
    for (const parked_entry& one : entries)
      if (std::find(both.now.begin(), both.now.end(), one) == both.now.end()) both.now.push_back(one);
    parked_.put(renamed(name), std::move(both));
    parked_.put(name, parked_entries{});
  }
  for (quote& one : quotes_)
    if (one.quoted.starts_with(from)) one.quoted = renamed(one.quoted);
}

void mongo_views::put_quote(std::string_view quoted, const message& by) {
  undo_.add([this, size = quotes_.size()] { quotes_.resize(size); });
  quotes_.push_back({std::string(quoted), by.id, by.seq});
}

void mongo_views::load_quotes(const std::vector<std::string>& names) {
  std::vector<std::string> unknown;
  for (const std::string& name : names)
    if (!name.empty() && !stored_quotes_.contains(name)) unknown.push_back(name);
  std::sort(unknown.begin(), unknown.end());
  unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
  for (const std::vector<std::string>& part : parts_of(unknown)) {
    document filter = in_inbox(inbox_);
    filter.object("name", one_of(part));
    std::map<std::string, std::vector<quote>> found;
    std::int64_t count = 0;
    store_->each(collections::quotes, filter, {.limit = quotes_at_once}, [&](const reader& row) {
      ++count;
      found[row.text("name")].push_back({row.text("name"), row.text("messageId"), row.number("seq")});
    });
    if (count == quotes_at_once) continue; // perhaps not all
    for (const std::string& name : part) stored_quotes_.emplace(name, std::move(found[name]));
  }
}

std::vector<std::string> mongo_views::find_quotes(std::string_view quoted, std::size_t limit) {
  std::map<std::int64_t, std::string, std::greater<>> found;
  const auto known = stored_quotes_.find(std::string(quoted));
  if (known != stored_quotes_.end()) {
    for (const quote& one : known->second) found.emplace(one.seq, one.message_id);
  } else if (const std::vector<std::string> names = stored_names(quoted); !names.empty()) {
    document filter = in_inbox(inbox_);
    filter.object("name", one_of(names));
    store_->each(collections::quotes, filter,
                 {.sort = document().number("seq", -1), .limit = static_cast<std::int64_t>(limit)},
                 [&](const reader& row) { found.emplace(row.number("seq"), row.text("messageId")); });
  }
  for (const quote& one : quotes_)
    if (one.quoted == quoted) found.emplace(one.seq, one.message_id);
  std::vector<std::string> newest;
  for (const auto& [seq, id] : found)
    if (newest.size() < limit) newest.push_back(id);
  return newest;
}

// In three rounds, each of one question to a collection: what the proposals name; to whom and what that
// leads; and what is named within those chats.
void mongo_views::prefetch(const std::vector<const entry*>& proposals) {
  std::vector<lookups> all;
  std::vector<std::string> messages, bindings, wamids, aliases, chats;
  const auto add = [](std::vector<std::string>& list, const std::vector<std::string>& more) {
    list.insert(list.end(), more.begin(), more.end());
  };
  for (const entry* proposal : proposals) {
    all.push_back(lookups_of(*proposal));
    const lookups& wanted = all.back();
    add(messages, wanted.messages);
    add(bindings, wanted.bindings);
    add(wamids, wanted.wamids);
    add(aliases, wanted.aliases);
    add(chats, wanted.chats);
  }
  add(bindings, wamids);
  load_bindings(bindings);
  load_aliases(aliases);

  for (lookups& wanted : all)
    for (const std::string& wamid : wanted.wamids)
      if (const auto* bound = bindings_.find(wamid); bound && bound->row) {
        wanted.messages.push_back(bound->row->message_id);
        messages.push_back(bound->row->message_id);
      }
  load_messages(messages);
  for (lookups& wanted : all) {
    for (const std::string& name : wanted.aliases)
      if (const auto* known = aliases_.find(name); known && known->row)
        wanted.chats.push_back(known->row->contact_id);
    for (const std::string& id : wanted.messages)
      if (const auto* row = messages_.find(id); row && row->row) wanted.chats.push_back(row->row->chat_id);
    add(chats, wanted.chats);
  }
  load(contacts_, collections::contacts, chats, false, contact_of);
  load(chats_, collections::chats, chats, false, chat_of);

  std::vector<std::string> names, quoted = messages, marks;
  for (const lookups& wanted : all)
    for (const std::string& chat_id : wanted.chats) {
      for (const std::string& wamid : wanted.wamids) add(names, names_in(chat_id, wamid));
      for (const std::string& reader : wanted.readers) marks.push_back(row_id(reader, chat_id));
    }
  load_bindings(names);
  load_parked(names);
  add(quoted, names);
  load_quotes(quoted);
  load(marks_, collections::read_marks, marks, false, mark_of);
}

void mongo_views::load_bindings(const std::vector<std::string>& names) {
  if (moved_names_.empty()) load(bindings_, collections::bindings, names, false, binding_of);
}

void mongo_views::load_messages(const std::vector<std::string>& ids) {
  load(messages_, collections::messages, ids, true,
       [this](const reader& row) { return as_moved(remember_place(message_of(row))); });
}

void mongo_views::load_aliases(const std::vector<std::string>& names) {
  load(aliases_, collections::aliases, names, false, alias_of);
}

} // namespace tickwire::mongo
