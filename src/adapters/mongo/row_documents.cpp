#include "adapters/mongo/row_documents.hpp"

#include "core/text.hpp"
#include "wire/entry_json.hpp"

#include <limits>
#include <stdexcept>

namespace tickwire::mongo {

namespace {

document keys(std::initializer_list<std::pair<const char*, int>> members) {
  document value;
  for (const auto& [name, direction] : members) value.number(name, direction);
  return value;
}

} // namespace

void ensure_log_indexes(client& store) {
  store.ensure_indexes(collections::log, {{"by_seq", keys({{"inbox", 1}, {"seq", 1}}), true},
                                          {"by_key", keys({{"inbox", 1}, {"key", 1}}), true},
                                          {"by_what", keys({{"what", 1}}), false, true}});
  store.ensure_indexes(collections::messages,
                       {{"by_chat", keys({{"inbox", 1}, {"chatId", 1}, {"seq", 1}, {"countsUnread", 1}})},
                        {"by_seq", keys({{"inbox", 1}, {"seq", 1}})},
                        {"unfinished", keys({{"unfinished", 1}}), false, true}});
  store.ensure_indexes(collections::chats, {{"by_activity", keys({{"inbox", 1}, {"activity", 1}})}});
  store.ensure_indexes(collections::contacts, {{"by_title", keys({{"inbox", 1}, {"order", 1}})}});
  store.ensure_indexes(collections::quotes, {{"by_name", keys({{"inbox", 1}, {"name", 1}, {"seq", 1}})}});
  store.ensure_indexes(collections::parked, {{"by_name", keys({{"inbox", 1}, {"name", 1}})}});
  store.ensure_indexes(collections::read_marks, {{"by_chat", keys({{"inbox", 1}, {"chatId", 1}})}});
}

std::string row_id(std::string_view inbox, std::string_view name) {
  std::string id(inbox);
  id += '/';
  id += name;
  return id;
}

// Ids of users have no slash.
std::string mark_id(std::string_view inbox, std::string_view user_id, std::string_view chat_id) {
  return row_id(row_id(inbox, user_id), chat_id);
}

document document_of(const log_row& row, std::string_view inbox, std::string_view writer) {
  const entry& what = row.what;
  document value;
  value.text("inbox", inbox).number("seq", what.seq).text("key", what.key).time("at", what.at);
  value.text("kind", kind_of(what.data)).text_unless_empty("chatId", what.chat_id);
  value.text_unless_empty("messageId", what.message_id).text_unless_empty("actor", what.actor);
  value.text("data", row.data);
  if (!what.raw.empty()) value.binary("raw", what.raw);
  if (const auto* kept = std::get_if<unhandled>(&what.data)) value.text("what", kept->what);
  if (row.said) {
    document said;
    said.text("name", row.said->name).text("user", row.said->only_user).text("data", *row.said->data);
    value.object("event", said);
  }
  value.text("writer", writer);
  return value;
}

entry entry_of(const reader& row) {
  entry result;
  result.inbox = row.text("inbox");
  result.seq = static_cast<std::uint64_t>(row.number("seq"));
  result.key = row.text("key");
  result.at = row.time("at");
  result.chat_id = row.text("chatId");
  result.message_id = row.text("messageId");
  result.actor = row.text("actor");
  auto data = wire::decode(row.text("kind"), row.view("data"));
  if (!data) throw mongo_error(0, 0, "MongoDB: the log: " + data.error().detail);
  result.data = std::move(*data);
  result.raw = row.text("raw");
  return result;
}

std::optional<encoded_event> event_of(const reader& row) {
  const auto said = row.object("event");
  if (!said) return std::nullopt;
  return encoded_event{static_cast<std::uint64_t>(row.number("seq")), said->text("name"), said->text("user"),
                       std::make_shared<const std::string>(said->text("data"))};
}

document document_of(const contact& row, std::string_view inbox) {
  document value;
  value.text("_id", row_id(inbox, row.id)).text("inbox", inbox).text("contactId", row.id);
  value.text_unless_empty("name", row.name).text_unless_empty("profileName", row.profile_name);
  value.text_unless_empty("phone", row.phone).text_unless_empty("userId", row.user_id);
  value.text_unless_empty("username", row.username).number("seq", row.seq);
  value.time("profileNameAt", row.profile_name_at)
      .time("usernameAt", row.username_at)
      .time("since", row.since);
  // Those that are another one are in no list.
  if (row.merged_into.empty())
    value.text("order", contact_order(row));
  else
    value.text("mergedInto", row.merged_into);
  return value;
}

std::string contact_order(const contact& row) {
  std::string order = ascii_lower(row.title());
  order += '\x01';
  return order += row.id;
}

contact contact_of(const reader& row) {
  contact result;
  result.id = row.text("contactId");
  result.name = row.text("name");
  result.profile_name = row.text("profileName");
  result.phone = row.text("phone");
  result.user_id = row.text("userId");
  result.username = row.text("username");
  result.seq = static_cast<std::uint64_t>(row.number("seq"));
  result.profile_name_at = row.time("profileNameAt");
  result.username_at = row.time("usernameAt");
  result.since = row.time("since");
  result.merged_into = row.text("mergedInto");
  return result;
}

document document_of(const chat& row, std::string_view inbox) {
  document value;
  value.text("_id", row_id(inbox, row.id)).text("inbox", inbox).text("chatId", row.id);
  value.text("kind", row.kind == chat_kind::group ? "group" : "person");
  value.text_unless_empty("subject", row.subject).number("subjectSeq", row.subject_seq);
  value.number("lastSeq", row.last_seq).text_unless_empty("lastMessageId", row.last_message_id);
  value.number("openedSeq", row.opened_seq).number("activity", activity(row));
  value.time("windowEndsAt", row.window_ends_at).time("entryPointAt", row.entry_point_at);
  value.time("entryPointAnswered", row.entry_point_answered);
  return value;
}

chat chat_of(const reader& row) {
  chat result;
  result.id = row.text("chatId");
  result.kind = row.view("kind") == "group" ? chat_kind::group : chat_kind::person;
  result.subject = row.text("subject");
  result.subject_seq = static_cast<std::uint64_t>(row.number("subjectSeq"));
  result.last_seq = row.number("lastSeq");
  result.last_message_id = row.text("lastMessageId");
  result.opened_seq = static_cast<std::uint64_t>(row.number("openedSeq"));
  result.window_ends_at = row.maybe_time("windowEndsAt");
  result.entry_point_at = row.maybe_time("entryPointAt");
  result.entry_point_answered = row.maybe_time("entryPointAnswered");
  return result;
}

document document_of(std::string_view wamid, const wamid_binding& row, std::string_view inbox) {
  document value;
  value.text("_id", row_id(inbox, wamid)).text("messageId", row.message_id);
  if (row.attempt != 1) value.number("attempt", row.attempt);
  return value;
}

wamid_binding binding_of(const reader& row) {
  return {row.text("messageId"), static_cast<int>(row.maybe_number("attempt").value_or(1))};
}

document in_inbox(std::string_view inbox) {
  document filter;
  filter.text("inbox", inbox);
  return filter;
}

document ids_of(std::string_view inbox) {
  std::string behind = row_id(inbox, "");
  ++behind.back();
  return document().text("$gte", row_id(inbox, "")).text("$lt", behind);
}

std::vector<std::vector<std::string>> parts_of(const std::vector<std::string>& keys) {
  constexpr std::size_t keys_at_once = 1'000;
  std::vector<std::vector<std::string>> parts;
  for (const std::string& key : keys) {
    if (parts.empty() || parts.back().size() == keys_at_once) parts.emplace_back();
    parts.back().push_back(key);
  }
  return parts;
}

document one_of(const std::vector<std::string>& names) {
  list all;
  for (const std::string& name : names) all.text(name);
  document filter;
  filter.array("$in", all);
  return filter;
}

// Half open: a server that speaks MongoDB's protocol was seen to leave out the end of a closed range.
document within(std::int64_t after, std::int64_t up_to) {
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  document range;
  range.number("$gte", after + (after < highest)).number("$lt", up_to + (up_to < highest));
  return range;
}

document between(std::int64_t first, std::int64_t last) {
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  return within(first - (first > lowest), last);
}

} // namespace tickwire::mongo
