// What every log_store must do, whatever it is made of. A store's own test file names a factory and
// instantiates this:
//   INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, LogStore, sqlite_factory);
// The factory has `std::unique_ptr<log_store> open(any_io_executor)`, which opens the same log each time, and
// what the next one is opened with: `append_limits limits` and `wrap_rows wrap`.
#pragma once

#include "app/ingest_webhook.hpp"
#include "app/ports.hpp"
#include "contract/faulty_rows.hpp"
#include "contract/random_story.hpp"
#include "contract/wait_for.hpp"
#include "core/entry_size.hpp"
#include "core/memory_views.hpp"
#include "core/shown.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

namespace tickwire::testing {

template <class Factory>
class LogStore : public ::testing::Test {
protected:
  void open() {
    store.reset();
    store = factory.open(io.get_executor());
    store->on_committed([this](std::uint64_t head, std::vector<entry_news> committed) {
      last_head = head;
      for (entry_news& one : committed) {
        if (one.event) events.push_back(std::move(*one.event));
        if (one.merged) merged.push_back(std::move(*one.merged));
        if (one.asked) asked.push_back(std::move(*one.asked));
      }
    });
  }
  void SetUp() override { open(); }
  void TearDown() override { store.reset(); }

  std::vector<appended> append(std::vector<entry> proposals) {
    auto done = wait_for(io, store->append(std::move(proposals)));
    if (!done) throw std::runtime_error(done.error().detail);
    return std::move(*done);
  }
  void open_with_fault(fault_at where, std::string key) {
    factory.wrap = [=](std::unique_ptr<log_rows> real) -> std::unique_ptr<log_rows> {
      return std::make_unique<faulty_rows>(std::move(real), where, key);
    };
    open();
  }
  void open_without_fault() {
    factory.wrap = nullptr;
    open();
  }

  // Appends that arrive in one turn, each with its answer.
  std::vector<result<std::vector<appended>>> append_together(std::vector<std::vector<entry>> appends) {
    std::vector<std::optional<result<std::vector<appended>>>> answers(appends.size());
    for (std::size_t i = 0; i < appends.size(); ++i)
      boost::asio::co_spawn(io, store->append(std::move(appends[i])),
                            [&, i](std::exception_ptr, auto answer) { answers[i] = std::move(answer); });
    wait_for(io, store->usable()); // asked after them, hence answered after them
    std::vector<result<std::vector<appended>>> all;
    for (auto& answer : answers) all.push_back(std::move(answer.value()));
    return all;
  }

  message_page page(message_query query) { return *wait_for(io, store->messages(std::move(query))); }

  boost::asio::io_context io;
  Factory factory;
  std::unique_ptr<log_store> store;
  std::vector<encoded_event> events;
  std::vector<chat_merged_event> merged;
  std::vector<send_asked> asked;
  std::uint64_t last_head = 0;
};

TYPED_TEST_SUITE_P(LogStore);

TYPED_TEST_P(LogStore, TwoChatsOfOnePersonBecomeOneAndTheOldIdGoesOnWorking) {
  identity hidden;
  hidden.user_id = "US.7";
  constexpr int many = 3000;
  std::vector<entry> facts;
  for (int i = 0; i < many; ++i)
    facts.push_back(
        received("wamid.n" + std::to_string(i), person("15550000107", "", "Ivo"), "by number", i));
  facts.push_back(received("wamid.u1", hidden, "by user id", many));
  facts.push_back(reacted("wamid.r1", "wamid.u1", hidden, "👍", many));
  facts.push_back(received("wamid.u2", hidden, "again", many + 1));
  facts.push_back(received("wamid.b", person("15550000107", "US.7", "Ivo"), "both", many + 2));
  facts.push_back(reacted("wamid.r2", "wamid.u1", person("15550000107", "US.7"), "👎", many + 3));
  this->append(std::move(facts));

  const auto chats = *wait_for(this->io, this->store->chats("u_ana", {}, 50));
  ASSERT_EQ(chats.chats.size(), 1u);
  EXPECT_EQ(chats.chats[0].chat.id, "15550000107") << "the larger one stays";
  EXPECT_EQ(chats.chats[0].last_message->text, "both");
  EXPECT_EQ(wait_for(this->io, this->store->contacts("", 50))->first.size(), 1u);
  for (const char* id : {"15550000107", "US.7"}) {
    const auto found = *wait_for(this->io, this->store->find_chat("u_ana", id));
    ASSERT_TRUE(found) << id;
    EXPECT_EQ(found->chat.id, "15550000107");
    message_query query;
    query.chat_id = id;
    const message_page newest = this->page(query);
    ASSERT_EQ(newest.messages.size(), 50u) << id;
    EXPECT_EQ(newest.messages[49].text, "both");
    EXPECT_EQ(newest.messages[48].text, "again");
    EXPECT_EQ(newest.messages[48].chat_id, "15550000107");
    EXPECT_EQ(newest.messages[46].text, "by number");
    ASSERT_EQ(newest.messages[47].reactions.size(), 1u) << "of one person";
    EXPECT_EQ(newest.messages[47].reactions[0].from, "15550000107");
    EXPECT_EQ(newest.messages[47].reactions[0].emoji, "👎");
  }
  EXPECT_EQ((*wait_for(this->io, this->store->find_contact(hidden)))->id, "15550000107");
  const auto told = std::count_if(this->events.begin(), this->events.end(), [](const encoded_event& event) {
    return event.data->find("\"mergedInto\":\"15550000107\"") != std::string::npos;
  });
  EXPECT_EQ(told, 1);
  ASSERT_EQ(this->merged.size(), 1u);
  EXPECT_EQ(this->merged[0].from, "US.7");
  EXPECT_EQ(this->merged[0].into, "15550000107");
}

TYPED_TEST_P(LogStore, AnEchoThatCameFirstBecomesTheMessageThatWeSent) {
  entry echo = received("wamid.O", person("15550000101"), "sent once", 2);
  std::get<message_received>(echo.data).from_business = true;
  this->append({accepted("m_1", "15550000101", "sent once", 1), echo});
  message_query query;
  query.chat_id = "15550000101";
  EXPECT_EQ(this->page(query).messages.size(), 2u);
  this->append({answered("m_1", 1, send_outcome_kind::accepted, "wamid.O", 3)});
  const message_page page = this->page(query);
  ASSERT_EQ(page.messages.size(), 1u);
  EXPECT_EQ(page.messages[0].id, "m_1");
  const auto chat = *wait_for(this->io, this->store->find_chat("u_ana", "15550000101"));
  EXPECT_EQ(chat->last_message->id, "m_1");
}

// What a placeholder stood for takes its place in the row, not only in what pages are told.
TYPED_TEST_P(LogStore, ContentThatComesAfterAPlaceholderIsStoredWhole) {
  const identity ana = person("15550000101", "US.1", "Ana");
  entry whole = received("wamid.A", ana, "Two cats", 1);
  auto& data = std::get<message_received>(whole.data);
  data.type = "image";
  data.body = picture("1");
  data.reply_to_whatsapp_id = "wamid.first";
  message_query query;
  query.chat_id = "15550000101";

  this->append({received("wamid.first", ana, "hello"), unavailable("wamid.A", ana, 1)});
  const message_page before = this->page(query);
  ASSERT_EQ(before.messages.size(), 2u);
  EXPECT_EQ(before.messages[1].type, unsupported_type);

  message expected = before.messages[1];
  expected.type = data.type;
  expected.text = data.text;
  expected.body = data.body;
  expected.reply = reply_to{"wamid.first", before.messages[0].id};
  this->open(); // nothing is remembered from having written it
  for (const entry& fact : {whole, unavailable("wamid.A", ana, 1), whole}) {
    this->append({fact});
    this->open();
    const message_page after = this->page(query);
    ASSERT_EQ(after.messages.size(), 2u);
    EXPECT_EQ(after.messages[0], before.messages[0]);
    expected.updated_at = after.messages[1].updated_at;
    EXPECT_EQ(after.messages[1], expected);
    EXPECT_EQ(wait_for(this->io, this->store->find_chat("u_ana", "15550000101"))->value().last_message->text,
              "Two cats");
  }
}

TYPED_TEST_P(LogStore, AnEntryIsStoredOnceAndItsRepetitionSaysWhatIsThere) {
  auto first = this->append({accepted("m_1", "15550000101", "hi")});
  ASSERT_TRUE(first[0].stored);
  ASSERT_TRUE(first[0].row);
  EXPECT_EQ(first[0].row->seq, first[0].seq);

  entry again = accepted("m_other", "15550000101", "other text");
  again.key = keys::accepted("u_ana", "c-m_1");
  auto second = this->append({again});
  EXPECT_FALSE(second[0].stored);
  EXPECT_EQ(second[0].seq, first[0].seq);
  EXPECT_EQ(second[0].stored_entry.message_id, "m_1");
  EXPECT_EQ(std::get<message_accepted>(second[0].stored_entry.data).text, "hi");
  EXPECT_EQ(second[0].row->id, "m_1");
  EXPECT_EQ(this->events.size(), 2u); // the chat, the message
}

TYPED_TEST_P(LogStore, EveryItemOfABatchCountsAndEventsComeOnceInOrder) {
  std::vector<entry> batch;
  for (int i = 0; i < 50; ++i)
    batch.push_back(received("wamid." + std::to_string(i % 40), person("15550000101"), "text", i));
  auto done = this->append(batch);
  EXPECT_EQ(std::count_if(done.begin(), done.end(), [](const appended& a) { return a.stored; }), 40);
  std::uint64_t last = 0;
  int messages = 0;
  for (const encoded_event& event : this->events) {
    EXPECT_GT(event.seq, last);
    last = event.seq;
    messages += event.name == "new_message";
  }
  EXPECT_EQ(messages, 40);
  EXPECT_EQ(this->last_head, this->store->head());
}

TYPED_TEST_P(LogStore, AfterReopeningEverythingIsThereAndGoesOn) {
  this->append({received("wamid.A", person("15550000101", "US.1", "Ana"), "hello", 1)});
  this->append({changed("wamid.B", status_word::read, 9)}); // nobody knows wamid.B yet
  this->append({accepted("m_1", "15550000101", "answer", 2)});
  const std::string epoch = this->store->epoch();
  const std::uint64_t head = this->store->head();
  this->open();
  EXPECT_EQ(this->store->epoch(), epoch);
  EXPECT_EQ(this->store->head(), head);
  auto bound = this->append({answered("m_1", 1, send_outcome_kind::accepted, "wamid.B", 3)});
  EXPECT_EQ(bound[0].row->status, status::read);
  const auto rows = this->page({});
  ASSERT_EQ(rows.messages.size(), 2u);
  EXPECT_EQ(rows.messages[1].status, status::read);
}

// Pages laid side by side are the whole chat, each message once, while new ones arrive in between.
TYPED_TEST_P(LogStore, PagesNeverSkipNorRepeatWhileMessagesArrive) {
  std::mt19937 random(seed());
  int next = 0;
  const auto arrive = [&](int count) {
    std::vector<entry> batch;
    for (int i = 0; i < count; ++i, ++next)
      batch.push_back(received("wamid." + std::to_string(next),
                               person(random() % 2 ? "15550000101" : "15550000102"), std::to_string(next),
                               next));
    this->append(batch);
  };
  arrive(120);
  for (bool one_chat : {true, false}) {
    std::set<std::uint64_t> expected, seen;
    message_query query;
    if (one_chat) query.chat_id = "15550000101";
    query.after = 0;
    query.limit = 100'000; // all: arrivals of the round before count too
    for (const message& row : this->page(query).messages) expected.insert(row.seq);
    query.after.reset();
    query.limit = 1 + random() % 13;
    for (;;) {
      const message_page page = this->page(query);
      for (const message& row : page.messages) EXPECT_TRUE(seen.insert(row.seq).second) << seed_note();
      EXPECT_TRUE(std::is_sorted(page.messages.begin(), page.messages.end(),
                                 [](auto& a, auto& b) { return a.seq < b.seq; }));
      if (!page.has_more) break;
      query.before = page.messages.front().seq;
      arrive(3);
    }
    EXPECT_EQ(seen, expected) << seed_note();
  }
}

TYPED_TEST_P(LogStore, AroundShowsBothSidesOfAMessage) {
  std::vector<entry> batch;
  for (int i = 0; i < 40; ++i)
    batch.push_back(received("wamid." + std::to_string(i), person("15550000101"), std::to_string(i), i));
  this->append(batch);
  message_query query;
  query.chat_id = "15550000101";
  query.around = 20;
  query.limit = 10;
  const auto page = this->page(query);
  ASSERT_EQ(page.messages.size(), 10u);
  EXPECT_LT(page.messages.front().seq, 20u);
  EXPECT_GT(page.messages.back().seq, 20u);
  EXPECT_TRUE(page.has_more);
}

TYPED_TEST_P(LogStore, PagesAtTheEndsOfAllNumbersAreTheFirstTheLastOrEmpty) {
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min(),
                         highest = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 5; ++i)
    this->append({received("wamid." + std::to_string(i), person("15550000101"), std::to_string(i), i)});
  const auto texts = [&](const message_query& query) {
    std::string all;
    for (const message& row : this->page(query).messages) all += row.text;
    return all;
  };
  for (const std::optional<std::string>& chat_id : {std::optional<std::string>("15550000101"), {}}) {
    EXPECT_EQ(texts({chat_id, lowest, {}, {}, 4}), "");
    EXPECT_EQ(texts({chat_id, highest, {}, {}, 4}), "1234");
    EXPECT_EQ(texts({chat_id, {}, lowest, {}, 4}), "0123");
    EXPECT_EQ(texts({chat_id, {}, highest, {}, 4}), "");
    EXPECT_EQ(texts({chat_id, {}, {}, lowest, 4}), "01");
    EXPECT_EQ(texts({chat_id, {}, {}, highest, 4}), "34");
  }
}

// Who sends is decided by the log: what another node still says in an earlier term did not happen.
TYPED_TEST_P(LogStore, WhatIsDecidedAboutSendingInAnEarlierTermDoesNotHappen) {
  const auto take = [&](const std::string& node) {
    const appended taken = this->append({sending_taken_by(node)})[0];
    return std::get<sending_taken>(taken.stored_entry.data).term;
  };
  const auto with_term = [](entry proposal, std::uint64_t term) {
    if (auto* attempted = std::get_if<send_attempted>(&proposal.data)) attempted->term = term;
    if (auto* result = std::get_if<send_result>(&proposal.data)) result->term = term;
    return proposal;
  };
  const auto stored = [&](entry proposal) { return this->append({std::move(proposal)})[0].stored; };
  constexpr auto chat_id = "15550000101";
  this->append({accepted("m_1", chat_id, "one", 1), accepted("m_2", chat_id, "two", 2)});
  EXPECT_EQ(take("a"), 1u);
  EXPECT_TRUE(stored(with_term(attempted("m_1", 1), 1)));
  this->open();
  EXPECT_EQ(take("b"), 2u);
  EXPECT_FALSE(stored(with_term(attempted("m_2", 1), 1)));
  EXPECT_FALSE(stored(with_term(answered("m_2", 1, send_outcome_kind::refused, "", 3), 1))) << "a doubt";
  EXPECT_TRUE(stored(answered("m_1", 1, send_outcome_kind::accepted, "wamid.1", 4))) << "its own try";
  EXPECT_TRUE(stored(with_term(attempted("m_2", 1), 2)));
}

TYPED_TEST_P(LogStore, ACommitSaysWhatIsToBeSent) {
  this->append({accepted("m_1", "15550000101", "one", 1)});
  ASSERT_EQ(this->asked.size(), 1u);
  EXPECT_EQ(this->asked[0].message_id, "m_1");
  EXPECT_EQ(this->asked[0].chat_id, "15550000101");
  EXPECT_EQ(this->asked[0].attempt, 1);
  this->append({attempted("m_1", 1), answered("m_1", 1, send_outcome_kind::refused, "", 2)});
  EXPECT_TRUE(this->append({retried("m_1", 2, 3)})[0].stored);
  EXPECT_FALSE(this->append({retried("m_1", 3, 4)})[0].stored) << "the second has not failed";
  ASSERT_EQ(this->asked.size(), 2u);
  EXPECT_EQ(this->asked[1].message_id, "m_1");
  EXPECT_EQ(this->asked[1].attempt, 2);
  EXPECT_EQ(this->asked[1].at, at(3));
}

TYPED_TEST_P(LogStore, ChatsAreNewestFirstWithUnreadOfTheOneWhoAsks) {
  const auto stored = this->append({received("wamid.1", person("15550000101", "", "Ana"), "a", 1),
                                    received("wamid.2", person("15550000102", "", "Ben"), "b", 2),
                                    received("wamid.3", person("15550000101"), "c", 3)});
  entry mark = proposal("rm", at(4), read_mark{stored[0].seq});
  mark.actor = "u_ana";
  mark.chat_id = "15550000101";
  this->append({mark});
  const auto chats = *wait_for(this->io, this->store->chats("u_ana", {}, 50));
  ASSERT_EQ(chats.chats.size(), 2u);
  EXPECT_EQ(chats.chats[0].chat.id, "15550000101");
  EXPECT_EQ(chats.chats[0].unread, 1u);
  EXPECT_EQ(chats.chats[0].contact->title(), "Ana");
  EXPECT_EQ(chats.chats[0].last_message->text, "c");
  EXPECT_EQ(chats.chats[1].unread, 1u);
  const auto of_ben = *wait_for(this->io, this->store->chats("u_ben", {}, 1));
  EXPECT_EQ(of_ben.chats[0].unread, 2u);
  EXPECT_TRUE(of_ben.has_more);
  const auto rest = *wait_for(this->io, this->store->chats("u_ben", of_ben.chats[0].chat.last_seq, 50));
  ASSERT_EQ(rest.chats.size(), 1u);
  EXPECT_EQ(rest.chats[0].chat.id, "15550000102");
}

TYPED_TEST_P(LogStore, MissedEventsAreWhatWasSaidLiveOnceAndInOrderAndOnlyForTheirUser) {
  std::vector<entry> batch;
  for (int i = 0; i < 30; ++i)
    batch.push_back(received("wamid." + std::to_string(i), person("15550000101"), "text", i));
  entry mark = proposal("rm", at(4), read_mark{2});
  mark.actor = "u_ana";
  mark.chat_id = "15550000101";
  batch.push_back(mark);
  this->append(batch);
  const auto missed = *wait_for(this->io, this->store->events_between(0, this->store->head(), "u_ana", 1000));
  ASSERT_EQ(missed.events.size(), this->events.size());
  for (std::size_t i = 0; i < missed.events.size(); ++i) {
    EXPECT_EQ(missed.events[i].seq, this->events[i].seq);
    EXPECT_EQ(missed.events[i].name, this->events[i].name);
    EXPECT_EQ(*missed.events[i].data, *this->events[i].data);
  }
  EXPECT_EQ(
      wait_for(this->io, this->store->events_between(0, this->store->head(), "u_ben", 1000))->events.size(),
      missed.events.size() - 1);
  EXPECT_TRUE(wait_for(this->io, this->store->events_between(0, this->store->head(), "u_ben", 10))->resync);
}

TYPED_TEST_P(LogStore, UnfinishedSendsTellWhatIsInDoubt) {
  entry tried = proposal(keys::attempted("m_2", 1, 1), at(1), send_attempted{1, 1});
  tried.message_id = "m_2";
  entry done = proposal(keys::attempted("m_3", 1, 1), at(1), send_attempted{1, 1});
  done.message_id = "m_3";
  this->append({accepted("m_1", "15550000101", "a"), accepted("m_2", "15550000101", "b"),
                accepted("m_3", "15550000101", "c"), tried, done,
                answered("m_3", 1, send_outcome_kind::accepted, "wamid.3")});
  const auto unfinished = *wait_for(this->io, this->store->unfinished_sends(0, this->store->head(), 100));
  ASSERT_EQ(unfinished.size(), 2u);
  EXPECT_EQ(unfinished[0].row.id, "m_1");
  EXPECT_FALSE(unfinished[0].attempted);
  EXPECT_EQ(unfinished[1].row.id, "m_2");
  EXPECT_TRUE(unfinished[1].attempted);
  EXPECT_EQ(unfinished[1].next_try, 2);
}

TYPED_TEST_P(LogStore, AContactIsFoundByEveryName) {
  identity who = person("15550000101", "US.1", "Ana");
  who.wa_id = "1555000101";
  this->append({received("wamid.1", who, "a")});
  for (const char* phone : {"15550000101", "1555000101"}) {
    identity asked;
    asked.phone = phone;
    EXPECT_EQ((*wait_for(this->io, this->store->find_contact(asked)))->id, "15550000101");
  }
  identity by_user;
  by_user.user_id = "US.1";
  EXPECT_TRUE(*wait_for(this->io, this->store->find_contact(by_user)));
  by_user.user_id = "US.2";
  EXPECT_FALSE(*wait_for(this->io, this->store->find_contact(by_user)));
}

// The store's rows are core's rows: a random story gives the same messages as the log in memory.
TYPED_TEST_P(LogStore, ARandomStoryEndsAsInTheReference) {
  std::mt19937 random(seed());
  memory_log reference;
  std::vector<entry> batch;
  for (int i = 0; i < 400; ++i) {
    entry next = random_fact(random, i);
    if (!may_be_proposed(next, reference)) continue;
    reference.append(next);
    batch.push_back(next);
    if (random() % 4 == 0) this->append(std::exchange(batch, {}));
  }
  this->append(batch);
  this->open();
  message_query all;
  all.limit = 100'000;
  std::map<std::string, message> rows;
  for (const message& row : this->page(all).messages) rows.emplace(row.id, row);
  std::map<std::string, message> expected;
  for (auto [id, row] : reference.rows.messages) {
    if (!row.known()) continue;
    complete_as_shown(row, reference.rows);
    expected.emplace(id, row);
  }
  EXPECT_EQ(rows, expected) << seed_note();
  std::map<std::string, chat> chats;
  std::int64_t above = std::numeric_limits<std::int64_t>::max();
  for (const chat_summary& summary : wait_for(this->io, this->store->chats("u_ana", {}, 1'000))->chats) {
    EXPECT_LT(activity(summary.chat), std::exchange(above, activity(summary.chat))) << seed_note();
    chats.emplace(summary.chat.id, summary.chat);
  }
  EXPECT_EQ(chats, reference.rows.chats) << seed_note();
  EXPECT_EQ(this->store->head(), reference.head) << seed_note();
}

// A fault of ours about one item is no reason to lose it, nor to refuse what came with it.
TYPED_TEST_P(LogStore, AnItemThatThrowsIsKeptAsItCameAndHarmsNoOther) {
  for (const fault_at where : {fault_at::completing, fault_at::applying, fault_at::writing}) {
    const std::string name = "wamid.fault" + std::to_string(static_cast<int>(where));
    const std::uint64_t head_before = this->store->head();
    this->open_with_fault(where, keys::received(name + ".500"));
    this->events.clear();
    std::vector<entry> batch;
    for (int i = 0; i < 1000; ++i) {
      batch.push_back(
          received(name + "." + std::to_string(i), person("15550000" + std::to_string(500 + i)), "text", i));
      batch.back().raw = "{\"id\":\"" + std::to_string(i) + "\"}";
    }
    std::vector<entry> other{received(name + ".other", person("15550000101"), "of another webhook", 1)};
    const auto answers = this->append_together({batch, other});
    ASSERT_TRUE(answers[0]);
    ASSERT_TRUE(answers[1]);
    EXPECT_TRUE(answers[1]->front().stored);
    ASSERT_EQ(answers[0]->size(), 1000u);
    for (std::size_t i = 0; i < 1000; ++i) {
      const appended& one = (*answers[0])[i];
      EXPECT_TRUE(one.stored);
      const auto* kept = std::get_if<unhandled>(&one.stored_entry.data);
      EXPECT_EQ(kept != nullptr, i == 500);
      if (!kept) continue;
      EXPECT_EQ(kept->what, "failed message_received: a fault for tests");
      EXPECT_EQ(one.stored_entry.raw, batch[500].raw);
    }
    message_query all;
    all.after = head_before;
    all.limit = 10'000;
    EXPECT_EQ(this->page(all).messages.size(), 1000u) << "999 of the batch and the other one";
    std::uint64_t last = 0;
    for (const encoded_event& event : this->events) {
      EXPECT_GT(event.seq, last);
      last = event.seq;
    }
    EXPECT_EQ(std::count_if(this->events.begin(), this->events.end(),
                            [](const encoded_event& event) { return event.name == "new_message"; }),
              1000);
    EXPECT_EQ(this->last_head, this->store->head());

    // Its repetition changes nothing, and when the fault is mended, it is taken in.
    const std::uint64_t head = this->store->head();
    EXPECT_FALSE(this->append({batch[500]})[0].stored);
    EXPECT_EQ(this->store->head(), head);
    this->open_without_fault();
    EXPECT_TRUE(this->append({batch[500]})[0].stored);
    EXPECT_EQ(this->page(all).messages.size(), 1001u);
  }
}

TYPED_TEST_P(LogStore, AChangeOfOursThatThrowsIsRefusedAsAWholeAndHarmsNoOther) {
  this->open_with_fault(fault_at::writing, accepted("m_bad", "", "").key);
  const std::uint64_t head = this->store->head();
  const auto answers = this->append_together(
      {{accepted("m_1", "15550000101", "before")},
       {accepted("m_with_it", "15550000101", "of the same append"), accepted("m_bad", "15550000101", "bad")},
       {accepted("m_2", "15550000101", "after")}});
  EXPECT_TRUE(answers[0]);
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().kind, failure_kind::internal);
  ASSERT_TRUE(answers[2]);
  EXPECT_EQ(answers[2]->front().seq, this->store->head());
  // The two messages, and the chat that the first of them makes known.
  EXPECT_EQ(this->store->head(), head + 3) << "numbers without gap";
  EXPECT_EQ(this->page({}).messages.size(), 2u);
}

// What waits is bounded in bytes, yet nothing is too large to be taken when its turn has come.
TYPED_TEST_P(LogStore, AnAppendOfAnySizeIsTakenAndOnlyWhatComesOnTopIsRefused) {
  this->factory.limits.waiting_bytes_max = 10'000;
  this->factory.limits.commit_bytes_max = 10'000;
  this->open();
  std::vector<entry> many;
  for (int i = 0; i < 2'000; ++i) many.push_back(changed("wamid." + std::to_string(i), status_word::sent, i));
  entry large = received("wamid.large", person("15550000101"), std::string(200'000, 'x'));
  large.raw = std::string(1'000'000, ' ');
  const auto answers = this->append_together({many, {large}});
  ASSERT_TRUE(answers[0]);
  EXPECT_EQ(answers[0]->size(), 2'000u);
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().kind, failure_kind::overloaded);
  EXPECT_TRUE(this->append({large})[0].stored);
}

// A webhook is stored in parts: whoever sends meanwhile does not wait for all of it, and Meta is answered
// last.
TYPED_TEST_P(LogStore, AHugeWebhookLetsOthersInAndIsAnsweredWhenAllOfItIsStored) {
  int items = 0;
  ingest_webhook webhook(
      *this->store, [](std::string_view, std::string_view) { return true; },
      [&](std::string_view) {
        std::vector<entry> all;
        for (std::size_t bytes = 0; bytes < 6 * webhook_part_bytes; ++items) {
          all.push_back(changed("wamid." + std::to_string(items), status_word::sent, items));
          bytes += bytes_of(all.back());
        }
        return std::optional(std::move(all));
      });
  std::optional<webhook_answer> answered;
  boost::asio::co_spawn(this->io, webhook.receive("", ""),
                        [&](std::exception_ptr, webhook_answer answer) { answered = answer; });
  this->append({accepted("m_1", "15550000101", "hi")});
  EXPECT_FALSE(answered);
  EXPECT_LT(this->store->head(), static_cast<std::uint64_t>(items) / 2);
  this->io.restart();
  while (!answered) this->io.run_one();
  EXPECT_EQ(*answered, webhook_answer::stored);
  // The message that came between, and the chat that it makes known.
  EXPECT_EQ(this->store->head(), static_cast<std::uint64_t>(items) + 2);
  EXPECT_EQ(wait_for(this->io, webhook.receive("", "")), webhook_answer::stored);
}

TYPED_TEST_P(LogStore, WhatIsKeptIsCountedByItsReason) {
  const auto kept = [](int n, std::string what) {
    return proposal("raw:" + std::to_string(n), at(n), unhandled{std::move(what), {}, {}});
  };
  this->append({kept(1, "field x"), kept(2, "number 2"), received("wamid.1", person("15550000101"), "a"),
                kept(3, "field x"), kept(3, "field x")});
  this->open();
  const auto counts = *wait_for(this->io, this->store->kept_counts());
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[0].count, 2u);
  EXPECT_EQ(counts[0].newest.key, "raw:3");
  EXPECT_EQ(counts[1].count, 1u);
  EXPECT_EQ(std::get<unhandled>(counts[1].newest.data).what, "number 2");
}

REGISTER_TYPED_TEST_SUITE_P(
    LogStore, TwoChatsOfOnePersonBecomeOneAndTheOldIdGoesOnWorking,
    AnEchoThatCameFirstBecomesTheMessageThatWeSent, ContentThatComesAfterAPlaceholderIsStoredWhole,
    AnEntryIsStoredOnceAndItsRepetitionSaysWhatIsThere, EveryItemOfABatchCountsAndEventsComeOnceInOrder,
    AfterReopeningEverythingIsThereAndGoesOn, PagesNeverSkipNorRepeatWhileMessagesArrive,
    AroundShowsBothSidesOfAMessage, PagesAtTheEndsOfAllNumbersAreTheFirstTheLastOrEmpty,
    WhatIsDecidedAboutSendingInAnEarlierTermDoesNotHappen, ACommitSaysWhatIsToBeSent,
    ChatsAreNewestFirstWithUnreadOfTheOneWhoAsks,
    MissedEventsAreWhatWasSaidLiveOnceAndInOrderAndOnlyForTheirUser, UnfinishedSendsTellWhatIsInDoubt,
    AContactIsFoundByEveryName, ARandomStoryEndsAsInTheReference,
    AnItemThatThrowsIsKeptAsItCameAndHarmsNoOther, AChangeOfOursThatThrowsIsRefusedAsAWholeAndHarmsNoOther,
    AnAppendOfAnySizeIsTakenAndOnlyWhatComesOnTopIsRefused,
    AHugeWebhookLetsOthersInAndIsAnsweredWhenAllOfItIsStored, WhatIsKeptIsCountedByItsReason);

} // namespace tickwire::testing
