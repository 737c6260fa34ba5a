// Whoever loads once and then only hears events has at every moment what loading anew would give: messages,
// chats in their order, unread counts, windows, contacts. The client here is the rule that docs/asyncapi.json
// states; the page has the same in web/src/state.
#include "core/memory_views.hpp"
#include "core/shown.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickwire {
namespace {

using namespace testing;

struct seen_chat {
  std::string title, phone, username;
  chat_kind kind = chat_kind::person;
  std::string last_message_id;
  std::int64_t last_seq = 0, activity = 0;
  std::uint64_t unread = 0;
  std::optional<timestamp> window;
  friend bool operator==(const seen_chat&, const seen_chat&) = default;
};

std::ostream& operator<<(std::ostream& out, const seen_chat& chat) {
  return out << chat.title << '|' << chat.phone << '|' << chat.username << "| last " << chat.last_message_id
             << " @" << chat.last_seq << " activity " << chat.activity << " unread " << chat.unread
             << " window " << (chat.window ? to_iso8601(*chat.window) : "none");
}

// All that a person sees.
struct screen {
  std::map<std::string, message> messages;
  std::map<std::string, contact> contacts;
  std::map<std::string, seen_chat> chats;
};

std::string title_of(const chat& chat, const std::optional<contact>& contact) {
  if (chat.kind == chat_kind::group) return chat.subject.empty() ? "Group" : chat.subject;
  return contact ? contact->title() : chat.id;
}

screen loaded(memory_views& rows, const std::string& user) {
  screen all;
  for (auto [id, row] : rows.messages) {
    if (!row.known()) continue;
    complete_as_shown(row, rows);
    all.messages.emplace(id, row);
  }
  all.contacts = rows.contacts;
  for (const auto& [id, row] : rows.chats) {
    const auto who = row.kind == chat_kind::person ? rows.find_contact(id) : std::nullopt;
    seen_chat& seen = all.chats[id];
    seen.title = title_of(row, who);
    if (who) seen.phone = who->phone;
    if (who) seen.username = who->username;
    seen.kind = row.kind;
    seen.last_message_id = row.last_message_id;
    seen.last_seq = row.last_seq;
    seen.activity = activity(row);
    seen.unread = rows.count_unread(id, rows.find_read_mark(user, id), unread_cap);
    seen.window = row.window_ends_at;
  }
  return all;
}

class client {
public:
  explicit client(std::string user)
      : user_(std::move(user)) {}

  void hear(const event& said) {
    if (!said.only_user.empty() && said.only_user != user_) return;
    std::visit([this](const auto& what) { on(what); }, said.what);
  }
  screen shown;

private:
  void on(const new_message_event& said) {
    const message& row = said.value;
    shown.messages[row.id] = row;
    seen_chat& chat = shown.chats.at(row.chat_id);
    chat.last_message_id = row.id;
    chat.last_seq = row.seq;
    chat.activity = row.seq;
    if (row.counts_unread) chat.unread = std::min(chat.unread + 1, unread_cap);
  }
  void on(const history_event& said) {
    const message& row = said.value;
    shown.messages[row.id] = row;
    seen_chat& chat = shown.chats.at(row.chat_id);
    if (!chat.last_message_id.empty() && row.seq < chat.last_seq) return;
    chat.last_message_id = row.id;
    chat.last_seq = row.seq;
    if (chat.activity <= 0) chat.activity = row.seq;
  }
  void on(const status_event& said) { change(said.value, false); }
  void on(const message_update_event& said) { change(said.value, said.content); }
  void change(const message& row, bool content) {
    message& known = shown.messages.at(row.id);
    if (!content) EXPECT_TRUE(known.type == row.type && known.body == row.body) << row.id;
    known = row;
  }
  void on(const contact_event& said) {
    shown.contacts[said.value.id] = said.value;
    const auto chat = shown.chats.find(said.value.id);
    if (chat == shown.chats.end() || chat->second.kind == chat_kind::group) return;
    chat->second.title = said.value.title();
    chat->second.phone = said.value.phone;
    chat->second.username = said.value.username;
  }
  void on(const chat_event& said) {
    seen_chat& chat = shown.chats[said.value.id];
    if (said.title) {
      chat.title = title_of(said.value, said.contact);
      chat.kind = said.value.kind;
      chat.phone = said.contact ? said.contact->phone : "";
      chat.username = said.contact ? said.contact->username : "";
    }
    if (said.window) chat.window = said.value.window_ends_at;
    if (said.activity) chat.activity = activity(said.value);
  }
  // Whoever has either loads the chat anew; this story has neither.
  void on(const chat_merged_event&) { ADD_FAILURE(); }
  void on(const message_joined_event&) { ADD_FAILURE(); }
  void on(const read_mark_event& said) { shown.chats.at(said.chat_id).unread = said.unread; }

  const std::string user_;
};

entry random_fact(std::mt19937& random, int i, const memory_log& log) {
  const auto number = [&](unsigned below) { return static_cast<int>(random() % below); };
  const std::string n = std::to_string(number(30));
  const std::string phone = "1555000010" + std::to_string(number(4));
  const identity who = person(phone, number(2) ? "US." + phone : "", number(3) ? "" : "Name " + n);
  const std::string group = number(5) == 0 ? "group-" + std::to_string(number(2)) : "";
  switch (number(14)) {
  case 0: {
    entry fact = accepted("m_" + n, phone, "text " + n, i);
    if (number(3) == 0)
      std::get<message_accepted>(fact.data).reply_to_message_id = "m_" + std::to_string(number(30));
    return fact;
  }
  case 1:
    return answered("m_" + n, 1 + number(2), static_cast<send_outcome_kind>(number(4)), "wamid.o" + n, i);
  case 2:
    return retried("m_" + n, 2, i);
  case 3:
    return changed("wamid.o" + n, static_cast<status_word>(number(5)), i, number(2) ? "m_" + n : "");
  case 4:
    return reacted("wamid.r" + std::to_string(i), "wamid.i" + n, who, number(2) ? "👍" : "", i);
  case 5:
    return edited("wamid.e" + std::to_string(i), "wamid.i" + n, "edited " + n, i);
  case 6:
    return revoked("wamid.v" + std::to_string(i), "wamid.i" + n, i);
  case 7: {
    entry fact = received("wamid.h" + n, who, "long ago " + n, -number(100'000));
    fact.at = at(i);
    std::get<message_received>(fact.data).history = true;
    std::get<message_received>(fact.data).from_business = number(2) == 0;
    return fact;
  }
  case 8: {
    contact_changed by_hand;
    by_hand.contact.phone = phone;
    by_hand.contact.name = number(2) ? "Named " + n : "";
    by_hand.opens_chat = true;
    return proposal("ct:open:" + std::to_string(i), at(i), by_hand);
  }
  case 9: {
    entry fact = proposal("gr:" + std::to_string(i), at(i), group_changed{"Subject " + n});
    fact.chat_id = "group-" + std::to_string(number(2));
    return fact;
  }
  case 10:
  case 11: {
    entry mark = proposal("rm:" + std::to_string(i), at(i), read_mark{random() % (log.head + 1)});
    mark.actor = number(2) ? "u_ana" : "u_ben";
    mark.chat_id = group.empty() ? phone : group;
    return mark;
  }
  default: {
    entry fact = received("wamid.i" + n, who, "text " + n, i - number(50), group);
    fact.at = at(i);
    auto& data = std::get<message_received>(fact.data);
    if (number(3) == 0)
      data.reply_to_whatsapp_id = (number(2) ? "wamid.o" : "wamid.i") + std::to_string(number(30));
    if (number(4) == 0) {
      fact.key = keys::placeholder("wamid.i" + n);
      data.placeholder = true;
      data.type = unsupported_type;
      data.text = "Not available.";
    } else if (number(3) == 0) {
      data.type = "image";
      data.body = picture(n);
    }
    data.from_business = number(6) == 0;
    data.referral = number(6) == 0;
    data.notice = number(6) == 0;
    return fact;
  }
  }
}

TEST(StateByEvents, EqualsStateByReloadAtEveryMoment) {
  std::mt19937 random(seed());
  for (int round = 0; round < 8; ++round) {
    memory_log log;
    client ana("u_ana");
    std::size_t heard = 0;
    for (int i = 0; i < 300; ++i) {
      entry fact = random_fact(random, i, log);
      const bool about_ours = std::holds_alternative<send_result>(fact.data) ||
                              std::holds_alternative<retry_requested>(fact.data);
      if (about_ours && !log.rows.messages.contains(fact.message_id)) continue;
      if (std::holds_alternative<read_mark>(fact.data) && !log.rows.chats.contains(fact.chat_id)) continue;
      log.append(fact);
      for (; heard < log.events.size(); ++heard) ana.hear(log.events[heard]);
      const screen expected = loaded(log.rows, "u_ana");
      EXPECT_EQ(ana.shown.chats, expected.chats) << kind_of(fact.data) << " " << seed_note();
      EXPECT_EQ(ana.shown.contacts, expected.contacts) << kind_of(fact.data) << " " << seed_note();
      EXPECT_EQ(ana.shown.messages, expected.messages) << kind_of(fact.data) << " " << seed_note();
      if (HasFailure()) return;
    }
  }
}

TEST(StateByEvents, ThousandsOfUnreadMessagesBecomeReadInBoundedStepsAndAllAreTold) {
  memory_log log;
  client ana("u_ana");
  const std::string phone = "15550000101";
  constexpr int count = 2'500;
  for (int i = 0; i < count; ++i)
    log.append(received("wamid." + std::to_string(i), person(phone), "text", 1));
  const std::uint64_t newest = log.head;
  bool more = true;
  for (int step = 0; more; ++step) {
    entry mark = proposal("rm:" + std::to_string(step), at(10 + step), read_mark{newest});
    mark.actor = "u_ana";
    mark.chat_id = phone;
    const std::size_t before = log.entries.size();
    log.append(mark);
    EXPECT_LE(log.entries.size() - before, seen_at_once_max + 1);
    more = std::get<read_mark>(log.entries.back().data).more;
    ASSERT_LT(step, 4);
  }
  for (const event& said : log.events) ana.hear(said);
  for (const auto& [id, row] : ana.shown.messages) EXPECT_EQ(row.status, status::read);
  EXPECT_EQ(ana.shown.messages.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(ana.shown.chats.at(phone).unread, 0u);
}

} // namespace
} // namespace tickwire
