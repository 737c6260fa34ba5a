// A quote ends with both names of the quoted message, whatever becomes known first.
#include "core/memory_views.hpp"
#include "core/shown.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickwire {
namespace {

using namespace testing;

entry quoting(entry message, std::string target) {
  if (auto* received = std::get_if<message_received>(&message.data))
    received->reply_to_whatsapp_id = std::move(target);
  else
    std::get<message_accepted>(message.data).reply_to_message_id = std::move(target);
  return message;
}

// What somebody sees who loads the messages now.
std::map<std::string, message> loaded(memory_log& log) {
  std::map<std::string, message> rows;
  for (auto [id, row] : log.rows.messages) {
    if (!row.known()) continue;
    complete_as_shown(row, log.rows);
    rows.emplace(id, row);
  }
  return rows;
}

// What somebody has who only heard the events: the newest copy of each message.
std::map<std::string, std::optional<reply_to>> heard(const memory_log& log) {
  std::map<std::string, std::optional<reply_to>> replies;
  for (const event& said : log.events) {
    if (const auto* fresh = std::get_if<new_message_event>(&said.what))
      replies[fresh->value.id] = fresh->value.reply;
    else if (const auto* update = std::get_if<message_update_event>(&said.what))
      replies[update->value.id] = update->value.reply;
  }
  return replies;
}

TEST(Quotes, EndWithBothNamesInAllOrdersAndPagesAreTold) {
  const identity ana = person("15550000101");
  // Ana quotes what we send; we quote what we send, and what she wrote.
  const std::vector<entry> facts{
      accepted("m_q", ana.phone, "quoted"),
      answered("m_q", 1, send_outcome_kind::accepted, "wamid.Q"),
      changed("wamid.Q", status_word::delivered, 5, "m_q"),
      changed("wamid.Q", status_word::read, 6, "m_q"),
      quoting(received("wamid.A", ana, "her answer", 4), "wamid.Q"),
      quoting(accepted("m_b", ana.phone, "ours"), "m_q"),
      quoting(received("wamid.C", ana, "and hers to her own", 7), "wamid.A"),
  };
  std::vector<std::size_t> order(facts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937 random(seed());
  do {
    memory_log log;
    for (std::size_t i : order) {
      log.append(facts[i]);
      if (random() % 4 == 0) log.append(facts[order[random() % order.size()]]); // again, or too early
    }
    for (const entry& fact : facts) log.append(fact);

    const std::string id_of_a = log.rows.bindings.at("wamid.A").message_id;
    const std::string id_of_c = log.rows.bindings.at("wamid.C").message_id;
    const auto rows = loaded(log);
    const std::map<std::string, std::optional<reply_to>> expected{{"m_q", std::nullopt},
                                                                  {id_of_a, reply_to{"wamid.Q", "m_q"}},
                                                                  {"m_b", reply_to{"wamid.Q", "m_q"}},
                                                                  {id_of_c, reply_to{"wamid.A", id_of_a}}};
    for (const auto& [id, reply] : expected) EXPECT_EQ(rows.at(id).reply, reply) << id << seed_note();
    EXPECT_EQ(heard(log), expected) << seed_note();
    if (HasFailure()) return;
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Quotes, AnotherAttemptOfTheQuotedMessageIsQuotedByItsNewName) {
  memory_log log;
  log.append(accepted("m_q", "15550000101", "quoted"));
  log.append(answered("m_q", 1, send_outcome_kind::accepted, "wamid.1"));
  log.append(quoting(accepted("m_b", "15550000101", "ours"), "m_q"));
  EXPECT_EQ(heard(log).at("m_b"), (reply_to{"wamid.1", "m_q"}));
  log.append(retried("m_q", 2));
  log.append(answered("m_q", 2, send_outcome_kind::accepted, "wamid.2"));
  EXPECT_EQ(loaded(log).at("m_b").reply, (reply_to{"wamid.2", "m_q"}));
  EXPECT_EQ(heard(log).at("m_b"), (reply_to{"wamid.2", "m_q"}));
}

TEST(Quotes, ManyQuotesOfOneMessageAreBoundedWork) {
  memory_log log;
  for (int i = 0; i < 500; ++i)
    log.append(
        quoting(received("wamid." + std::to_string(i), person("15550000101"), "me too", i), "wamid.Q"));
  const std::size_t before = log.entries.size();
  log.append(received("wamid.Q", person("15550000101"), "the quoted", 600));
  EXPECT_LE(log.entries.size() - before, quotes_told_max + 2);
  const std::string id = log.rows.bindings.at("wamid.Q").message_id;
  for (const auto& [own, row] : loaded(log))
    if (own != id) EXPECT_EQ(row.reply, (reply_to{"wamid.Q", id}));
}

} // namespace
} // namespace tickwire
