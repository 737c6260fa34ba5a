// A log for tests of use cases: rows in memory, and nothing that a test does not need.
#pragma once

#include "app/ports.hpp"
#include "core/memory_views.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace tickwire::testing {

inline std::unexpected<failure> not_here() {
  return fail(failure_kind::internal, "not_here", "Not part of this test.");
}

class log_in_memory : public log_store {
public:
  std::function<void(const entry&)> before_append = [](const entry&) {};         // may throw
  std::function<void(const entry&)> after_append = [](const entry&) {};          // before anybody is told
  std::function<bool(const entry&)> breaks = [](const entry&) { return false; }; // as log_writer says it
  bool away = false; // then nothing can be appended
  bool slow = false; // as long as it is, appends wait
  // Stores, but cannot say so. Who asks again is told then that it is stored; its news come with the next
  // commit.
  bool mute = false;
  memory_log rows;

  task<result<std::vector<appended>>> append(std::vector<entry> proposals) override {
    co_await boost::asio::post(boost::asio::use_awaitable);
    while (slow && !proposals.empty()) co_await boost::asio::post(boost::asio::use_awaitable);
    if (away) co_return fail(failure_kind::store_unavailable, "store_unavailable", "Away.");
    std::vector<appended> done;
    for (const entry& proposal : proposals) {
      before_append(proposal);
      if (breaks(proposal)) co_return fail(failure_kind::internal, "internal", "It broke.");
      appended one;
      one.stored = rows.append(proposal) || unanswered_.erase(proposal.key) > 0;
      if (mute) unanswered_.insert(proposal.key);
      for (const entry& stored : rows.entries)
        if (stored.key == proposal.key) one.seq = stored.seq, one.stored_entry = stored;
      if (!proposal.message_id.empty())
        one.row = rows.rows.find_message(one.seq ? one.stored_entry.message_id : proposal.message_id);
      done.push_back(std::move(one));
      after_append(proposal);
    }
    if (mute) co_return fail(failure_kind::store_unavailable, "store_unavailable", "Mute.");
    tell();
    co_return done;
  }
  void on_committed(commit_listener listener) override { listener_ = std::move(listener); }
  int looks = 0;
  task<result<void>> look() override {
    ++looks;
    co_await boost::asio::post(boost::asio::use_awaitable);
    tell();
    co_return result<void>{};
  }
  task<result<missed_events>> events_between(std::uint64_t, std::uint64_t, std::string,
                                             std::size_t) override {
    co_return not_here();
  }
  task<result<message_page>> messages(message_query) override { co_return not_here(); }
  task<result<std::optional<message>>> find_message(std::string id) override {
    co_return rows.rows.find_message(id);
  }
  task<result<chat_page>> chats(std::string, std::optional<std::int64_t>, std::size_t) override {
    co_return not_here();
  }
  task<result<std::optional<chat_summary>>> find_chat(std::string, std::string chat_id) override {
    const auto chat = rows.rows.find_chat(chat_id);
    if (!chat) co_return std::optional<chat_summary>();
    chat_summary summary;
    summary.chat = *chat;
    summary.contact = rows.rows.find_contact(chat_id);
    co_return std::optional(std::move(summary));
  }
  task<result<std::pair<std::vector<contact>, bool>>> contacts(std::string, std::size_t) override {
    co_return not_here();
  }
  task<result<std::optional<contact>>> find_contact(identity) override { co_return std::optional<contact>(); }
  task<result<std::vector<unfinished_send>>> unfinished_sends(std::uint64_t after, std::uint64_t up_to,
                                                              std::size_t limit) override {
    std::map<std::uint64_t, unfinished_send> found;
    for (const auto& [id, row] : rows.rows.messages) {
      if (row.status != status::sending || row.reported_unconfirmed || row.client_id.empty()) continue;
      const auto seq = static_cast<std::uint64_t>(row.seq);
      if (row.seq <= 0 || seq <= after || seq > up_to) continue;
      unfinished_send left{row, false, 1, row.created_at};
      for (const entry& stored : rows.entries) {
        if (stored.key == keys::attempted(id, row.attempt, left.next_try))
          ++left.next_try, left.attempted = true;
        if (stored.key == keys::result(id, row.attempt, left.next_try - 1)) left.attempted = false;
      }
      found.emplace(seq, std::move(left));
    }
    std::vector<unfinished_send> page;
    for (auto& [place, left] : found)
      if (page.size() < limit) page.push_back(std::move(left));
    co_return page;
  }
  task<result<std::vector<kept_count>>> kept_counts() override { co_return not_here(); }
  std::string epoch() const override { return "e"; }
  std::uint64_t head() const override { return rows.head; }
  task<bool> usable() override { co_return true; }

  std::size_t count(std::string_view kind) const {
    return static_cast<std::size_t>(
        std::count_if(rows.entries.begin(), rows.entries.end(),
                      [&](const entry& stored) { return kind_of(stored.data) == kind; }));
  }

private:
  void tell() {
    std::vector<entry_news> news;
    for (; told_ < rows.entries.size(); ++told_) news.push_back(news_of(rows.entries[told_], std::nullopt));
    if (listener_) listener_(rows.head, std::move(news));
  }

  std::set<std::string> unanswered_; // keys
  commit_listener listener_;
  std::size_t told_ = 0; // entries
};

} // namespace tickwire::testing
