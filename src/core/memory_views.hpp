// Views in memory: the reference that stores are compared with, and what core's own tests run on.
#pragma once

#include "core/apply.hpp"
#include "core/complete.hpp"
#include "core/views.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tickwire {

class memory_views : public views {
public:
  std::optional<message> find_message(std::string_view id) override { return find(messages, id); }
  void put_message(const message& row) override { messages[row.id] = row; }

  std::optional<wamid_binding> find_binding(std::string_view wamid) override { return find(bindings, wamid); }
  void put_binding(std::string_view wamid, const wamid_binding& row) override {
    bindings[std::string(wamid)] = row;
  }

  void park(std::string_view wamid, const entry& entry) override {
    parked[std::string(wamid)].emplace(entry.key, entry);
  }
  std::vector<entry> take_parked(std::string_view wamid) override {
    std::vector<entry> taken;
    const auto place = parked.find(std::string(wamid));
    if (place == parked.end()) return taken;
    for (auto& [key, entry] : place->second) taken.push_back(std::move(entry));
    parked.erase(place);
    return taken;
  }

  std::optional<contact> find_contact(std::string_view id) override { return find(contacts, id); }
  void put_contact(const contact& row) override { contacts[row.id] = row; }

  std::optional<std::string> find_alias(std::string_view alias) override {
    const auto row = find(aliases, alias);
    return row ? std::optional(row->first) : std::nullopt;
  }
  void put_alias(std::string_view alias, std::string_view contact_id, std::uint64_t seq) override {
    auto& row = aliases[std::string(alias)];
    if (row.second <= seq) row = {std::string(contact_id), seq};
  }

  std::optional<chat> find_chat(std::string_view id) override { return find(chats, id); }
  void put_chat(const chat& row) override { chats[row.id] = row; }

  std::optional<message> newest_message(std::string_view chat_id) override {
    std::optional<message> newest;
    for (const auto& [id, row] : messages)
      if (row.known() && row.chat_id == chat_id && (!newest || row.seq > newest->seq)) newest = row;
    return newest;
  }
  std::uint64_t count_messages(std::string_view chat_id, std::uint64_t cap) override {
    std::uint64_t count = 0;
    for (const auto& [id, row] : messages) count += row.known() && row.chat_id == chat_id;
    return std::min(count, cap);
  }
  void remove_message(std::string_view id) override { messages.erase(std::string(id)); }
  void move_messages(std::string_view from, std::string_view into) override {
    for (auto& [id, row] : messages)
      if (row.chat_id == from)
        for (std::string* name : {&row.chat_id, &row.sender_id, &row.receiver_id})
          if (*name == from) *name = into;
  }
  void move_names(const std::string& from, const std::string& into) override {
    move_in(bindings, from, into, [](auto&, auto&) {});
    const auto both = [](auto& there, auto& moved) { there.merge(moved); };
    move_in(parked, from, into, both);
    move_in(quotes, from, into, both);
  }
  void remove_chat(std::string_view id) override { chats.erase(std::string(id)); }
  std::vector<contacts_merged::mark> find_read_marks(std::string_view chat_id) override {
    std::vector<contacts_merged::mark> found;
    for (const auto& [key, up_to] : marks)
      if (key.second == chat_id) found.push_back({key.first, up_to});
    return found;
  }

  std::uint64_t find_read_mark(std::string_view user_id, std::string_view chat_id) override {
    const auto place = marks.find({std::string(user_id), std::string(chat_id)});
    return place == marks.end() ? 0 : place->second;
  }
  void put_read_mark(std::string_view user_id, std::string_view chat_id, std::uint64_t up_to) override {
    marks[{std::string(user_id), std::string(chat_id)}] = up_to;
  }
  std::uint64_t sending_term() override { return term; }
  void put_sending_term(std::uint64_t newest) override { term = newest; }

  std::uint64_t count_unread(std::string_view chat_id, std::uint64_t after, std::uint64_t cap) override {
    const auto counts = [&](const auto& row) {
      return row.second.chat_id == chat_id && row.second.counts_unread &&
             row.second.seq > static_cast<std::int64_t>(after);
    };
    return std::min<std::uint64_t>(
        cap, static_cast<std::uint64_t>(std::count_if(messages.begin(), messages.end(), counts)));
  }

  std::optional<std::int64_t> highest_position(std::int64_t first, std::int64_t last) override {
    std::optional<std::int64_t> highest;
    for (const auto& [id, row] : messages)
      if (row.known() && row.seq >= first && row.seq <= last && (!highest || row.seq > *highest))
        highest = row.seq;
    return highest;
  }

  void put_quote(std::string_view quoted, const message& by) override {
    quotes[std::string(quoted)].emplace(by.seq, by.id);
  }
  std::vector<std::string> find_quotes(std::string_view quoted, std::size_t limit) override {
    std::vector<std::string> newest;
    const auto place = quotes.find(std::string(quoted));
    if (place == quotes.end()) return newest;
    for (auto quote = place->second.rbegin(); quote != place->second.rend() && newest.size() < limit; ++quote)
      newest.push_back(quote->second);
    return newest;
  }

  std::vector<unseen_message> unread_between(std::string_view chat_id, std::uint64_t after,
                                             std::uint64_t up_to, std::size_t limit) override {
    std::map<std::uint64_t, std::string> found;
    for (const auto& [id, row] : messages)
      if (row.chat_id == chat_id && row.counts_unread && row.seq > static_cast<std::int64_t>(after) &&
          row.seq <= static_cast<std::int64_t>(up_to))
        found[static_cast<std::uint64_t>(row.seq)] = row.whatsapp_message_id;
    std::vector<unseen_message> rows;
    for (const auto& [seq, wamid] : found)
      if (rows.size() < limit) rows.push_back({seq, wamid});
    return rows;
  }

  std::map<std::string, message> messages;
  std::map<std::string, wamid_binding> bindings;
  std::map<std::string, std::map<std::string, entry>> parked;
  std::map<std::string, std::map<std::int64_t, std::string>> quotes;
  std::map<std::string, contact> contacts;
  std::map<std::string, std::pair<std::string, std::uint64_t>> aliases;
  std::map<std::string, chat> chats;
  std::map<std::pair<std::string, std::string>, std::uint64_t> marks;
  std::uint64_t term = 0;

private:
  // join(there, moved) where the new name has something already.
  template <class Map, class Join>
  static void move_in(Map& map, const std::string& from, const std::string& into, Join join) {
    for (auto place = map.lower_bound(from); place != map.end() && place->first.starts_with(from);) {
      const auto [there, fresh] = map.try_emplace(into + place->first.substr(from.size()), place->second);
      if (!fresh) join(there->second, place->second);
      place = map.erase(place);
    }
  }

  template <class Map>
  static std::optional<typename Map::mapped_type> find(const Map& map, std::string_view key) {
    const auto place = map.find(std::string(key));
    return place == map.end() ? std::nullopt : std::optional(place->second);
  }
};

// The smallest whole log: dedupe by key, complete, number, apply. What a store does inside its transaction.
class memory_log {
public:
  // Whether the proposal was new, and may happen.
  bool append(const entry& proposal) {
    if (keys_.contains(proposal.key)) return false;
    const std::uint64_t before = head;
    for (entry& completed : complete(rows, proposal)) {
      if (!keys_.insert(completed.key).second) continue;
      completed.seq = ++head;
      if (auto said = apply(rows, completed)) events.push_back(std::move(*said));
      entries.push_back(std::move(completed));
    }
    return head != before;
  }

  memory_views rows;
  std::vector<entry> entries;
  std::vector<event> events;
  std::uint64_t head = 0;

private:
  std::set<std::string> keys_;
};

} // namespace tickwire
