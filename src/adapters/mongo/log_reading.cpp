#include "adapters/mongo/log_reading.hpp"

#include "adapters/mongo/message_document.hpp"
#include "adapters/mongo/row_documents.hpp"
#include "core/identify.hpp"
#include "core/position.hpp"
#include "core/shown.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace tickwire::mongo {

namespace {

// A page is looked for in so many positions for each of its messages first, then in all that are left.
// MongoDB itself needs no such window; servers that speak its protocol may read all rows of a range before
// they cut it.
constexpr std::int64_t positions_per_message = 64;

} // namespace

missed_events log_reading::events_between(std::uint64_t after, std::uint64_t up_to,
                                          const std::string& user_id, std::size_t limit) {
  document filter = in_inbox(inbox_);
  filter.object("seq", within(static_cast<std::int64_t>(after), static_cast<std::int64_t>(up_to)));
  filter.object("event.user", one_of({"", user_id}));
  document wanted;
  wanted.number("seq", 1).number("event", 1);
  std::vector<encoded_event> events;
  store_.each(collections::log, filter,
              {document().number("seq", 1), wanted, static_cast<std::int64_t>(events_read_max(limit))},
              [&](const reader& row) { events.push_back(*event_of(row)); });
  return missed_of(std::move(events), limit);
}

std::vector<message> log_reading::rows(const std::optional<std::string>& chat_id, std::int64_t first,
                                       std::int64_t last, int direction, std::size_t limit) {
  std::vector<message> found;
  if (first > last || limit == 0) return found;
  document filter = in_inbox(inbox_);
  if (chat_id) filter.text("chatId", *chat_id);
  filter.object("seq", between(first, last));
  store_.each(collections::messages, filter,
              {.sort = document().number("seq", direction), .limit = static_cast<std::int64_t>(limit)},
              [&](const reader& row) { found.push_back(message_of(row)); });
  return found;
}

// At most `limit` up to and including the position `last`, the newest first.
std::vector<message> log_reading::older(const std::optional<std::string>& chat_id, std::int64_t last,
                                        std::size_t limit) {
  last = std::min(last, static_cast<std::int64_t>(head_));
  if (last < lowest_position) return {};
  const std::int64_t window = positions_per_message * static_cast<std::int64_t>(limit);
  const std::int64_t first = std::max(last - window, lowest_position);
  std::vector<message> found = rows(chat_id, first, last, -1, limit);
  if (found.size() < limit) {
    std::vector<message> rest = rows(chat_id, lowest_position, first - 1, -1, limit - found.size());
    std::move(rest.begin(), rest.end(), std::back_inserter(found));
  }
  return found;
}

// At most `limit` from the position `first` on, the oldest first.
std::vector<message> log_reading::newer(const std::optional<std::string>& chat_id, std::int64_t first,
                                        std::size_t limit) {
  const auto head = static_cast<std::int64_t>(head_);
  first = std::max(first, lowest_position);
  const std::int64_t window = positions_per_message * static_cast<std::int64_t>(limit);
  const std::int64_t last = first > head - window ? head : first + window;
  std::vector<message> found = rows(chat_id, first, last, 1, limit);
  if (found.size() < limit) {
    std::vector<message> rest = rows(chat_id, last + 1, head, 1, limit - found.size());
    std::move(rest.begin(), rest.end(), std::back_inserter(found));
  }
  return found;
}

// What core/shown.hpp asks, for all of them together.
void log_reading::complete_as_shown(const std::vector<message*>& rows) {
  struct answers {
    std::map<std::string, std::string> message_ids, wamids, present;
    static std::optional<std::string> in(const std::map<std::string, std::string>& names,
                                         const std::string& name) {
      const auto place = names.find(name);
      return place == names.end() ? std::nullopt : std::optional(place->second);
    }
    std::optional<std::string> message_of(const std::string& wamid) const { return in(message_ids, wamid); }
    std::optional<std::string> wamid_of(const std::string& id) const { return in(wamids, id); }
    std::string present_id(std::string id) const {
      for (auto into = in(present, id); into && !into->empty(); into = in(present, id)) id = *into;
      return id;
    }
  } known;

  std::vector<std::string> names, ids, people;
  for (const message* row : rows) {
    if (row->reply && row->reply->message_id.empty())
      for (std::string& name : names_in(row->chat_id, row->reply->whatsapp_message_id))
        names.push_back(row_id(inbox_, name));
    else if (row->reply && row->reply->whatsapp_message_id.empty())
      ids.push_back(row->reply->message_id);
    if (row->direction == direction::in && row->sender_id != row->chat_id) people.push_back(row->sender_id);
    for (const reaction_mark& mark : row->reactions) people.push_back(mark.from);
    for (const receipt& one : row->receipts) people.push_back(one.contact_id);
  }
  if (!names.empty())
    store_.each(collections::bindings, document().object("_id", one_of(names)), {}, [&](const reader& row) {
      const std::string id = row.text("messageId");
      known.message_ids.emplace(row.text("_id").substr(inbox_.size() + 1), id);
      ids.push_back(id);
    });
  if (!ids.empty()) {
    document wanted;
    wanted.number("whatsappMessageId", 1).number("arrived", 1);
    store_.each(collections::messages, document().object("_id", one_of(ids)), {.only = wanted},
                [&](const reader& row) { known.wamids.emplace(row.text("_id"), message_of(row).wamid()); });
  }
  while (!people.empty()) {
    std::vector<std::string> contact_ids;
    for (const std::string& id : people)
      if (known.present.emplace(id, "").second) contact_ids.push_back(row_id(inbox_, id));
    people.clear();
    if (contact_ids.empty()) break;
    document filter;
    filter.object("_id", one_of(contact_ids)).object("mergedInto", document().flag("$exists", true));
    document wanted;
    wanted.number("contactId", 1).number("mergedInto", 1);
    store_.each(collections::contacts, filter, {.only = wanted}, [&](const reader& row) {
      known.present[row.text("contactId")] = row.text("mergedInto");
      people.push_back(row.text("mergedInto")); // who may be part of another one, too
    });
  }
  for (message* row : rows) complete_as_shown_by(known, *row);
}

message_page log_reading::page_in(const std::optional<std::string>& chat_id, const message_query& wanted) {
  return page_of(
      wanted, [&](std::int64_t last, std::size_t limit) { return older(chat_id, last, limit); },
      [&](std::int64_t first, std::size_t limit) { return newer(chat_id, first, limit); });
}

message_page log_reading::messages(const message_query& wanted) {
  message_page page = page_in(wanted.chat_id, wanted);
  // A chat that is part of another one has no messages: its id leads there.
  if (page.messages.empty() && wanted.chat_id)
    if (const std::string present = present_id(*wanted.chat_id); present != *wanted.chat_id)
      page = page_in(present, wanted);
  page.head = head_;
  std::vector<message*> all;
  for (message& row : page.messages) all.push_back(&row);
  complete_as_shown(all);
  return page;
}

std::optional<message> log_reading::find_message(const std::string& id) {
  const auto found = store_.find_one(collections::messages, document().text("_id", id));
  if (!found || reader(*found).view("inbox") != inbox_) return std::nullopt;
  message row = message_of(*found);
  if (!row.known()) return std::nullopt;
  complete_as_shown({&row});
  return row;
}

std::optional<contact> log_reading::contact_by_id(const std::string& id) {
  const auto found = store_.find_one(collections::contacts, document().text("_id", row_id(inbox_, id)));
  return found ? std::optional(contact_of(*found)) : std::nullopt;
}

// The contact's id, or that of the one which it is part of: old ids go on working.
std::string log_reading::present_id(std::string id) {
  for (auto row = contact_by_id(id); row && !row->merged_into.empty(); row = contact_by_id(id))
    id = row->merged_into;
  return id;
}

std::vector<chat_summary> log_reading::summaries(const std::string& user_id, std::vector<chat> rows) {
  std::map<std::string, contact> contacts;
  std::map<std::string, message> messages;
  std::map<std::string, std::uint64_t> marks, unread;
  std::vector<std::string> contact_ids, message_ids, mark_ids;
  for (const chat& row : rows) {
    if (row.kind == chat_kind::person) contact_ids.push_back(row_id(inbox_, row.id));
    if (!row.last_message_id.empty()) message_ids.push_back(row.last_message_id);
    mark_ids.push_back(mark_id(inbox_, user_id, row.id));
  }
  if (!contact_ids.empty())
    store_.each(collections::contacts, document().object("_id", one_of(contact_ids)), {},
                [&](const reader& row) { contacts.emplace(row.text("contactId"), contact_of(row)); });
  if (!user_id.empty() && !rows.empty()) {
    if (!message_ids.empty())
      store_.each(collections::messages, document().object("_id", one_of(message_ids)), {},
                  [&](const reader& row) {
                    message found = message_of(row);
                    if (found.known()) messages.emplace(row.text("_id"), std::move(found));
                  });
    store_.each(collections::read_marks, document().object("_id", one_of(mark_ids)), {},
                [&](const reader& row) {
                  marks.emplace(row.text("chatId"), static_cast<std::uint64_t>(row.number("upTo")));
                });
    // Chats that were read to their end, most of them, have nothing unread and are not asked about.
    for (const chat& row : rows) {
      const auto mark = static_cast<std::int64_t>(marks[row.id]);
      if (row.last_seq <= mark) continue;
      document filter = in_inbox(inbox_);
      filter.text("chatId", row.id).object("seq", within(mark, row.last_seq)).flag("countsUnread", true);
      unread[row.id] = static_cast<std::uint64_t>(store_.count(collections::messages, filter, unread_cap));
    }
  }
  std::vector<message*> shown;
  for (auto& [id, row] : messages) shown.push_back(&row);
  complete_as_shown(shown);

  std::vector<chat_summary> all;
  for (chat& row : rows) {
    chat_summary summary;
    if (const auto who = contacts.find(row.id); who != contacts.end()) summary.contact = who->second;
    if (const auto last = messages.find(row.last_message_id); last != messages.end())
      summary.last_message = last->second;
    if (const auto count = unread.find(row.id); count != unread.end()) summary.unread = count->second;
    summary.chat = std::move(row);
    all.push_back(std::move(summary));
  }
  return all;
}

chat_page log_reading::chats(const std::string& user_id, std::optional<std::int64_t> before,
                             std::size_t limit) {
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min(),
                         highest = std::numeric_limits<std::int64_t>::max();
  document filter = in_inbox(inbox_);
  filter.object("activity", document().number("$gte", lowest).number("$lt", before.value_or(highest)));
  std::vector<chat> rows;
  store_.each(collections::chats, filter,
              {.sort = document().number("activity", -1), .limit = static_cast<std::int64_t>(limit + 1)},
              [&](const reader& row) { rows.push_back(chat_of(row)); });
  chat_page page;
  page.head = head_;
  page.has_more = rows.size() > limit;
  if (page.has_more) rows.pop_back();
  page.chats = summaries(user_id, std::move(rows));
  return page;
}

std::optional<chat_summary> log_reading::find_chat(const std::string& user_id, const std::string& id) {
  const auto by_id = [&](const std::string& chat_id) {
    return store_.find_one(collections::chats, document().text("_id", row_id(inbox_, chat_id)));
  };
  auto found = by_id(id);
  if (!found || reader(*found).flag("gone")) {
    const std::string present = present_id(id);
    if (present == id) return std::nullopt;
    found = by_id(present);
  }
  if (!found || reader(*found).flag("gone")) return std::nullopt;
  std::vector<chat_summary> one = summaries(user_id, {chat_of(*found)});
  one.front().head = head_;
  return std::move(one.front());
}

std::pair<std::vector<contact>, bool> log_reading::contacts(const std::string& after, std::size_t limit) {
  std::string behind;
  if (!after.empty()) {
    const auto last = contact_by_id(after);
    if (!last) return {};
    behind = contact_order(*last);
  }
  document filter = in_inbox(inbox_);
  filter.object("order", document().text("$gt", behind));
  std::vector<contact> rows;
  store_.each(collections::contacts, filter,
              {.sort = document().number("order", 1), .limit = static_cast<std::int64_t>(limit + 1)},
              [&](const reader& row) { rows.push_back(contact_of(row)); });
  const bool has_more = rows.size() > limit;
  if (has_more) rows.pop_back();
  return {std::move(rows), has_more};
}

std::optional<contact> log_reading::find_contact(const identity& who) {
  const std::vector<std::string> aliases = aliases_of(who);
  std::vector<std::string> ids;
  for (const std::string& alias : aliases) ids.push_back(row_id(inbox_, alias));
  if (ids.empty()) return std::nullopt;
  std::map<std::string, std::string> found;
  store_.each(collections::aliases, document().object("_id", one_of(ids)), {},
              [&](const reader& row) { found.emplace(row.text("_id"), row.text("contactId")); });
  for (const std::string& id : ids) // the surest first
    if (const auto place = found.find(id); place != found.end() && !place->second.empty())
      return contact_by_id(present_id(place->second));
  return std::nullopt;
}

std::vector<unfinished_send> log_reading::unfinished_sends(std::uint64_t after, std::uint64_t up_to,
                                                           std::size_t limit) {
  document filter;
  filter.text("unfinished", inbox_);
  filter.object("seq", within(static_cast<std::int64_t>(after), static_cast<std::int64_t>(up_to)));
  std::vector<unfinished_send> unfinished;
  store_.each(collections::messages, filter,
              {.sort = document().number("seq", 1), .limit = static_cast<std::int64_t>(limit)},
              [&](const reader& row) { unfinished.push_back({message_of(row), false, 1, {}}); });

  std::map<std::string, timestamp> times; // of the entries with these keys
  const auto look_up = [&](const std::vector<std::string>& keys) {
    if (keys.empty()) return;
    document entries = in_inbox(inbox_);
    entries.object("key", one_of(keys));
    document wanted;
    wanted.number("key", 1).number("at", 1);
    store_.each(collections::log, entries, {.only = wanted},
                [&](const reader& row) { times.emplace(row.text("key"), row.time("at")); });
  };
  // The tries of all of them, number by number, as long as there are any.
  std::vector<unfinished_send*> open;
  std::vector<std::string> keys;
  for (unfinished_send& one : unfinished) {
    open.push_back(&one);
    keys.push_back(keys::retry(one.row.id, one.row.attempt));
  }
  while (!open.empty()) {
    for (const unfinished_send* one : open) {
      keys.push_back(keys::attempted(one->row.id, one->row.attempt, one->next_try));
      keys.push_back(keys::result(one->row.id, one->row.attempt, one->next_try));
    }
    look_up(std::exchange(keys, {}));
    std::erase_if(open, [&](unfinished_send* one) {
      if (!times.contains(keys::attempted(one->row.id, one->row.attempt, one->next_try))) return true;
      one->attempted = !times.contains(keys::result(one->row.id, one->row.attempt, one->next_try));
      ++one->next_try;
      return false;
    });
  }
  for (unfinished_send& one : unfinished) {
    const auto asked = times.find(keys::retry(one.row.id, one.row.attempt));
    one.asked_at = asked == times.end() ? one.row.created_at : asked->second;
  }
  return unfinished;
}

std::vector<kept_count> log_reading::kept_counts() {
  document kept;
  kept.object("what", document().text("$gt", "")).text("inbox", inbox_);
  list stages;
  document by_what;
  by_what.text("_id", "$what");
  by_what.object("count", document().number("$sum", 1)).object("newest", document().text("$max", "$seq"));
  stages.object(document().object("$match", kept)).object(document().object("$group", by_what));
  stages.object(document().object("$sort", document().number("count", -1)));
  stages.object(document().number("$limit", 1000));
  std::map<std::int64_t, std::uint64_t> counted; // by the newest
  list newest;
  std::vector<std::int64_t> in_order;
  store_.aggregate(collections::log, stages, [&](const reader& row) {
    counted.emplace(row.number("newest"), static_cast<std::uint64_t>(row.number("count")));
    in_order.push_back(row.number("newest"));
    newest.number(row.number("newest"));
  });
  if (newest.empty()) return {};
  std::map<std::int64_t, entry> entries;
  document filter = in_inbox(inbox_);
  filter.object("seq", document().array("$in", newest));
  store_.each(collections::log, filter, {},
              [&](const reader& row) { entries.emplace(row.number("seq"), entry_of(row)); });
  std::vector<kept_count> counts;
  for (const std::int64_t seq : in_order)
    if (const auto found = entries.find(seq); found != entries.end())
      counts.push_back({counted[seq], std::move(found->second)});
  return counts;
}

} // namespace tickwire::mongo
