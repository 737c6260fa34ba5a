#include "adapters/sqlite/sqlite_log.hpp"

#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/message_rows.hpp"
#include "adapters/sqlite/schema.hpp"
#include "adapters/sqlite/sqlite_views.hpp"
#include "base/blocking_pool.hpp"
#include "core/apply.hpp"
#include "core/complete.hpp"
#include "wire/entry_json.hpp"
#include "wire/public_json.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/logging.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace tickwire::sqlite {

namespace {

namespace asio = boost::asio;

std::unexpected<failure> unavailable() {
  return fail(failure_kind::store_unavailable, "store_unavailable",
              "The database cannot be written or read at the moment. Nothing was changed; try again in a few "
              "seconds.");
}

// Held as long as the process may write.
class file_lock {
public:
  explicit file_lock(const std::filesystem::path& file)
      : handle_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (handle_ < 0)
      throw std::runtime_error("Cannot write in " + file.parent_path().string() +
                               ". Check the folder and its owner (DATA_DIR).");
    if (::flock(handle_, LOCK_EX | LOCK_NB) != 0) {
      ::close(handle_);
      throw std::runtime_error("Another Tickwire is running on " + file.parent_path().string() +
                               ". Stop it, or give this one another DATA_DIR.");
    }
  }
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;
  ~file_lock() { ::close(handle_); }

private:
  int handle_;
};

using append_result = result<std::vector<appended>>;
using append_handler = asio::any_completion_handler<void(append_result)>;

// Without proposals it asks whether the store can be used: a commit all the same, with nothing in the log.
struct append_job {
  std::vector<entry> proposals;
  append_handler handler;
};

// A lock of another program (somebody's shell, a backup) is waited for so long; then everything that waits is
// answered with "unavailable", since each caller is better off knowing.
constexpr std::chrono::milliseconds writer_patience{1'000};

// What asking writes over what it wrote before: more than a usual commit once one has failed, so that the
// answer is not "usable" as long as the last free page of a full disk lasts.
constexpr std::size_t ask_bytes = 2 * 1024, ask_bytes_after_failure = 64 * 1024;

// What a commit has to say, delivered on the I/O thread in one piece.
struct commit_outcome {
  bool durable = false;
  std::uint64_t head = 0;
  std::vector<encoded_event> events;
  std::vector<std::pair<append_handler, append_result>> answers;
};

// The writer's side: its connection, and what one transaction does. One thread.
class log_writer {
public:
  explicit log_writer(const std::filesystem::path& file)
      : database_(file, open_mode::read_write, writer_patience)
      , prepared_((database_.migrate(log_migrations), database_)) {
    statement ask(database_, "SELECT coalesce(max(seq), 0) FROM log");
    ask.step();
    head_ = static_cast<std::uint64_t>(ask.number(0));
  }

  std::uint64_t head() const { return head_; }

  std::string epoch() {
    statement ask(database_, "SELECT value FROM meta WHERE name = 'epoch'");
    ask.step();
    return ask.text(0);
  }

  // All jobs in one transaction. If it fails, each by itself, so that a single bad one harms no other.
  commit_outcome commit(std::vector<append_job> jobs) {
    commit_outcome outcome;
    if (!try_commit(jobs, outcome)) {
      for (append_job& job : jobs) {
        std::vector<append_job> one;
        one.push_back(std::move(job));
        try_commit(one, outcome);
      }
    }
    outcome.head = head_;
    return outcome;
  }

private:
  struct statements {
    explicit statements(database& database)
        : rows(database)
        , ask(database, "INSERT OR REPLACE INTO meta VALUES ('asked', hex(randomblob(?)))")
        , find_key(database, "SELECT " + std::string(entry_columns) + " FROM log WHERE key = ?")
        , insert(database, "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") {}
    sqlite_views rows;
    statement ask, find_key, insert;
  };

  // False: nothing is stored because of one of several jobs; each has to be tried by itself.
  bool try_commit(std::vector<append_job>& jobs, commit_outcome& outcome) {
    const std::uint64_t head_before = head_;
    const std::size_t events_before = outcome.events.size();
    std::vector<append_result> results;
    try {
      if (database_.moved_away())
        throw sqlite_error(SQLITE_IOERR, "the database was moved or removed; put it back or restart");
      transaction whole(database_);
      for (append_job& job : jobs) {
        if (job.proposals.empty()) ask();
        std::vector<appended> of_job;
        of_job.reserve(job.proposals.size());
        for (const entry& proposal : job.proposals) of_job.push_back(append(proposal, outcome.events));
        results.emplace_back(std::move(of_job));
      }
      whole.commit();
      outcome.durable = true;
      failed_before_ = false;
    } catch (const std::exception& error) {
      head_ = head_before;
      outcome.events.resize(events_before);
      prepared_.rows.forget();
      const auto* said = dynamic_cast<const sqlite_error*>(&error);
      const bool all_together = jobs.size() == 1 || (said && said->of_the_store());
      if (!failed_before_ || !all_together)
        log_error("log: nothing of " + std::to_string(jobs.size()) + " appends was stored: " + error.what());
      failed_before_ = true;
      if (!all_together) return false;
      results.clear();
      for (std::size_t i = 0; i < jobs.size(); ++i) results.emplace_back(unavailable());
    }
    for (std::size_t i = 0; i < jobs.size(); ++i)
      outcome.answers.emplace_back(std::move(jobs[i].handler), std::move(results[i]));
    return true;
  }

  appended append(const entry& proposal, std::vector<encoded_event>& events) {
    if (auto present = find(proposal.key)) return already_there(std::move(*present));
    appended done;
    for (entry& completed : complete(prepared_.rows, proposal)) {
      if (completed.key != proposal.key && find(completed.key)) continue;
      completed.seq = head_ + 1;
      std::optional<event> said = apply(prepared_.rows, completed);
      write(completed, said, events);
      head_ = completed.seq;
      if (completed.key != proposal.key) continue;
      done.stored = true;
      done.seq = completed.seq;
      if (!completed.message_id.empty()) done.row = prepared_.rows.find_message(completed.message_id);
      done.stored_entry = std::move(completed);
    }
    return done;
  }

  void ask() {
    prepared_.ask.bind(static_cast<std::uint64_t>((failed_before_ ? ask_bytes_after_failure : ask_bytes) / 2))
        .run();
  }

  std::optional<entry> find(const std::string& key) {
    prepared_.find_key.bind(key);
    std::optional<entry> found;
    if (prepared_.find_key.step()) found = read_entry(prepared_.find_key);
    prepared_.find_key.reset();
    return found;
  }

  appended already_there(entry present) {
    appended done;
    done.seq = present.seq;
    if (!present.message_id.empty()) done.row = prepared_.rows.find_message(present.message_id);
    done.stored_entry = std::move(present);
    return done;
  }

  void write(const entry& entry, const std::optional<event>& said, std::vector<encoded_event>& events) {
    const std::string data = wire::encode(entry.data);
    std::optional<std::string> event_name;
    std::shared_ptr<const std::string> event_data;
    std::string only_user;
    if (said) {
      event_name = std::string(name_of(*said));
      event_data = std::make_shared<const std::string>(wire::event_data(*said));
      only_user = said->only_user;
      events.push_back({entry.seq, *event_name, only_user, event_data});
    }
    static const std::string nothing;
    prepared_.insert
        .bind(entry.seq, entry.key, entry.at.time_since_epoch().count(), kind_of(entry.data), entry.chat_id,
              entry.message_id, entry.actor, data, entry.raw, event_name, only_user,
              event_data ? *event_data : nothing)
        .run();
  }

  database database_;
  statements prepared_;
  std::uint64_t head_ = 0;
  bool failed_before_ = false; // and nothing was stored since: said once, not for each request
};

// Readers' connections, lent to one piece of work at a time.
class reader_connections {
public:
  reader_connections(const std::filesystem::path& file, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      free_.push_back(std::make_unique<database>(file, open_mode::read_only));
  }

  template <class Work>
  auto use(Work& work) -> decltype(work(std::declval<database&>())) {
    std::unique_ptr<database> mine = take();
    try {
      auto answer = work(*mine);
      give_back(std::move(mine));
      return answer;
    } catch (const std::exception& error) {
      give_back(std::move(mine));
      log_error(std::string("log: reading failed: ") + error.what());
      return unavailable();
    }
  }

private:
  std::unique_ptr<database> take() {
    const std::lock_guard lock(mutex_);
    auto mine = std::move(free_.back()); // as many connections as threads: one is always there
    free_.pop_back();
    return mine;
  }
  void give_back(std::unique_ptr<database> connection) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(connection));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<database>> free_;
};

// --- reading: SQL and nothing else ---

message_page read_messages(database& connection, const message_query& wanted) {
  const std::string in_chat = wanted.chat_id ? "chat_id = ?1 AND " : "(?1 IS NULL OR 1) AND ";
  const auto rows = [&](std::string_view condition, std::string_view order, std::uint64_t seq,
                        std::size_t limit) {
    query ask(connection, "SELECT " + std::string(message_columns) + " FROM messages WHERE " + in_chat +
                              "seq > 0 AND " + std::string(condition) + " ORDER BY seq " +
                              std::string(order) + " LIMIT ?3");
    std::vector<message> found;
    found.reserve(std::min<std::size_t>(limit, 256));
    ask.bind(wanted.chat_id, seq, static_cast<std::uint64_t>(limit));
    while (ask.step()) found.push_back(read_message(ask));
    return found;
  };
  constexpr auto highest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

  message_page page;
  if (wanted.after) {
    page.messages = rows("seq > ?2", "ASC", *wanted.after, wanted.limit + 1);
    page.has_more = page.messages.size() > wanted.limit;
    if (page.has_more) page.messages.pop_back();
    return page;
  }
  if (wanted.around) {
    const std::size_t newer_half = wanted.limit / 2;
    page.messages = rows("seq <= ?2", "DESC", *wanted.around, wanted.limit - newer_half + 1);
    page.has_more = page.messages.size() > wanted.limit - newer_half;
    if (page.has_more) page.messages.pop_back();
    std::reverse(page.messages.begin(), page.messages.end());
    std::vector<message> newer = rows("seq > ?2", "ASC", *wanted.around, newer_half);
    std::move(newer.begin(), newer.end(), std::back_inserter(page.messages));
    return page;
  }
  page.messages =
      rows("seq < ?2", "DESC", std::min(wanted.before.value_or(highest), highest), wanted.limit + 1);
  page.has_more = page.messages.size() > wanted.limit;
  if (page.has_more) page.messages.pop_back();
  std::reverse(page.messages.begin(), page.messages.end());
  return page;
}

std::optional<message> read_message_by_id(database& connection, const std::string& id) {
  query ask(connection, "SELECT " + std::string(message_columns) + " FROM messages WHERE id = ? AND seq > 0");
  ask.bind(id);
  return ask.step() ? std::optional(read_message(ask)) : std::nullopt;
}

std::optional<contact> read_contact_by_id(database& connection, const std::string& id) {
  query ask(connection, "SELECT " + std::string(contact_columns) + " FROM contacts WHERE id = ?");
  ask.bind(id);
  return ask.step() ? std::optional(read_contact(ask)) : std::nullopt;
}

chat_summary summary_of(database& connection, const std::string& user_id, chat row) {
  chat_summary summary;
  if (row.kind == chat_kind::person) summary.contact = read_contact_by_id(connection, row.id);
  if (user_id.empty()) {
    summary.chat = std::move(row);
    return summary;
  }
  if (!row.last_message_id.empty())
    summary.last_message = read_message_by_id(connection, row.last_message_id);
  query count(
      connection,
      "SELECT count(*) FROM (SELECT 1 FROM messages WHERE chat_id = ?1 AND counts_unread = 1 AND seq > "
      "coalesce((SELECT up_to FROM read_marks WHERE user_id = ?2 AND chat_id = ?1), 0) LIMIT ?3)");
  count.bind(row.id, user_id, unread_cap);
  count.step();
  summary.unread = static_cast<std::uint64_t>(count.number(0));
  summary.chat = std::move(row);
  return summary;
}

chat_page read_chats(database& connection, const std::string& user_id, std::optional<std::uint64_t> before,
                     std::size_t limit) {
  constexpr auto highest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::vector<chat> rows;
  {
    query ask(connection, "SELECT " + std::string(chat_columns) +
                              " FROM chats WHERE activity < ? ORDER BY activity DESC LIMIT ?");
    ask.bind(std::min(before.value_or(highest), highest), static_cast<std::uint64_t>(limit + 1));
    while (ask.step()) rows.push_back(read_chat(ask));
  }
  chat_page page;
  page.has_more = rows.size() > limit;
  if (page.has_more) rows.pop_back();
  for (chat& row : rows) page.chats.push_back(summary_of(connection, user_id, std::move(row)));
  return page;
}

std::pair<std::vector<contact>, bool> read_contacts(database& connection, const std::string& after,
                                                    std::size_t limit) {
  query ask(
      connection,
      "SELECT " + std::string(contact_columns) +
          " FROM contacts WHERE ?1 = '' OR (title, id) > (SELECT title, id FROM contacts WHERE id = ?1) "
          "ORDER BY title, id LIMIT ?2");
  ask.bind(after, static_cast<std::uint64_t>(limit + 1));
  std::vector<contact> rows;
  while (ask.step()) rows.push_back(read_contact(ask));
  const bool has_more = rows.size() > limit;
  if (has_more) rows.pop_back();
  return {std::move(rows), has_more};
}

std::optional<contact> read_contact_of(database& connection, const identity& who) {
  query ask(connection, "SELECT contact_id FROM aliases WHERE alias = ?");
  for (const std::string& alias : {who.user_id.empty() ? std::string() : "u:" + who.user_id,
                                   who.phone.empty() ? std::string() : "p:" + who.phone,
                                   who.wa_id.empty() ? std::string() : "p:" + who.wa_id}) {
    if (alias.empty()) continue;
    ask.bind(alias);
    if (ask.step() && !ask.view(0).empty()) return read_contact_by_id(connection, ask.text(0));
  }
  return std::nullopt;
}

missed_events read_events(database& connection, std::uint64_t after, std::uint64_t up_to,
                          const std::string& user_id, std::size_t limit) {
  query ask(connection,
            "SELECT seq, event_name, event_user, event_data FROM log WHERE seq > ? AND seq <= ? AND "
            "event_name IS NOT NULL AND (event_user = '' OR event_user = ?) ORDER BY seq LIMIT ?");
  ask.bind(after, up_to, user_id, static_cast<std::uint64_t>(limit + 1));
  missed_events missed;
  while (ask.step())
    missed.events.push_back({static_cast<std::uint64_t>(ask.number(0)), ask.text(1), ask.text(2),
                             std::make_shared<const std::string>(ask.text(3))});
  if (missed.events.size() > limit) return {true, {}};
  return missed;
}

std::vector<unfinished_send> read_unfinished(database& connection) {
  std::vector<message> rows;
  {
    query ask(connection, "SELECT " + std::string(message_columns) +
                              " FROM messages WHERE status = 0 AND direction = 1 AND unconfirmed = 0 AND "
                              "client_id <> '' AND seq > 0 "
                              "ORDER BY seq");
    while (ask.step()) rows.push_back(read_message(ask));
  }
  query ask(connection, "SELECT 1 FROM log WHERE key = ?");
  const auto there = [&](const std::string& key) {
    ask.bind(key);
    const bool found = ask.step();
    ask.reset();
    return found;
  };
  std::vector<unfinished_send> unfinished;
  for (message& row : rows) {
    int next = 1;
    while (there(keys::attempted(row.id, row.attempt, next))) ++next;
    const bool in_doubt = next > 1 && !there(keys::result(row.id, row.attempt, next - 1));
    unfinished.push_back({std::move(row), in_doubt, next});
  }
  return unfinished;
}

class sqlite_log final : public log_store {
public:
  sqlite_log(asio::any_io_executor io, const log_config& config)
      : config_(config)
      , io_(io)
      , lock_(made(config.directory) / ("inbox-" + config.inbox + ".lock"))
      , writer_(config.directory / ("inbox-" + config.inbox + ".db"))
      , epoch_(writer_.epoch())
      , head_(writer_.head())
      , readers_(config.directory / ("inbox-" + config.inbox + ".db"), config.readers)
      , pool_(config.readers, config.waiting_reads_max)
      , writing_([this] { write_until_stopped(); }) {}

  ~sqlite_log() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    writing_.join();
  }

  task<append_result> append(std::vector<entry> proposals) override {
    if (proposals.empty()) co_return std::vector<appended>{};
    co_return co_await commit(std::move(proposals));
  }

  task<bool> usable() override {
    const append_result answered = co_await commit({});
    co_return answered.has_value();
  }

  void on_committed(std::function<void(std::uint64_t, std::vector<encoded_event>)> listener) override {
    listener_ = std::move(listener);
  }

  task<result<missed_events>> events_between(std::uint64_t after, std::uint64_t up_to, std::string user_id,
                                             std::size_t limit) override {
    return read<missed_events>([=](database& c) { return read_events(c, after, up_to, user_id, limit); });
  }
  task<result<message_page>> messages(message_query query) override {
    return read<message_page>([query = std::move(query)](database& c) { return read_messages(c, query); });
  }
  task<result<std::optional<appended>>> find_entry(std::string key) override {
    return read<std::optional<appended>>(
        [key = std::move(key)](database& c) -> result<std::optional<appended>> {
          query ask(c, "SELECT " + std::string(entry_columns) + " FROM log WHERE key = ?");
          ask.bind(key);
          if (!ask.step()) return std::optional<appended>();
          appended found;
          found.stored_entry = read_entry(ask);
          found.seq = found.stored_entry.seq;
          if (!found.stored_entry.message_id.empty())
            found.row = read_message_by_id(c, found.stored_entry.message_id);
          return std::optional(std::move(found));
        });
  }
  task<result<std::optional<message>>> find_message(std::string id) override {
    return read<std::optional<message>>(
        [id = std::move(id)](database& c) { return read_message_by_id(c, id); });
  }
  task<result<chat_page>> chats(std::string user_id, std::optional<std::uint64_t> before,
                                std::size_t limit) override {
    return read<chat_page>([=](database& c) { return read_chats(c, user_id, before, limit); });
  }
  task<result<std::optional<chat_summary>>> find_chat(std::string user_id, std::string chat_id) override {
    return read<std::optional<chat_summary>>([=](database& c) -> std::optional<chat_summary> {
      query ask(c, "SELECT " + std::string(chat_columns) + " FROM chats WHERE id = ?");
      ask.bind(chat_id);
      if (!ask.step()) return std::nullopt;
      return summary_of(c, user_id, read_chat(ask));
    });
  }
  task<result<std::pair<std::vector<contact>, bool>>> contacts(std::string after,
                                                               std::size_t limit) override {
    return read<std::pair<std::vector<contact>, bool>>(
        [=](database& c) { return read_contacts(c, after, limit); });
  }
  task<result<std::optional<contact>>> find_contact(identity who) override {
    return read<std::optional<contact>>(
        [who = std::move(who)](database& c) { return read_contact_of(c, who); });
  }
  task<result<std::vector<unfinished_send>>> unfinished_sends() override {
    return read<std::vector<unfinished_send>>([](database& c) { return read_unfinished(c); });
  }

  std::string epoch() const override { return epoch_; }
  std::uint64_t head() const override { return head_; }

private:
  static std::filesystem::path made(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error)
      throw std::runtime_error("Cannot make the folder " + directory.string() +
                               " (DATA_DIR): " + error.message() + ".");
    return directory;
  }

  template <class T, class Work>
  task<result<T>> read(Work work) {
    auto on_thread = [this, work = std::move(work)]() mutable -> result<T> {
      auto asked = [&](database& connection) -> result<T> { return work(connection); };
      return readers_.use(asked);
    };
    co_return co_await pool_.run(std::move(on_thread));
  }

  task<append_result> commit(std::vector<entry> proposals) {
    auto start = [this](auto handler, std::vector<entry> proposals) {
      enqueue({std::move(proposals), std::move(handler)});
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(append_result)>(
        start, asio::use_awaitable, std::move(proposals));
  }

  void enqueue(append_job job) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_entries_ + job.proposals.size() <= config_.waiting_entries_max) {
        waiting_entries_ += job.proposals.size();
        waiting_.push_back(std::move(job));
      }
    }
    if (job.handler) {
      asio::post(io_, [handler = std::move(job.handler)]() mutable {
        std::move(handler)(
            fail(failure_kind::overloaded, "busy", "The server is busy. Try again in a few seconds."));
      });
      return;
    }
    // What else is ready to be appended in this turn of the loop goes into the same commit.
    if (std::exchange(wake_is_due_, true)) return;
    asio::post(io_, [this] {
      wake_is_due_ = false;
      wake_.notify_one();
    });
  }

  // The writer's thread.
  void write_until_stopped() {
    for (;;) {
      std::vector<append_job> jobs = next_jobs();
      if (jobs.empty()) return;
      deliver(writer_.commit(std::move(jobs)));
    }
  }

  std::vector<append_job> next_jobs() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    std::vector<append_job> jobs;
    std::size_t entries = 0;
    while (!waiting_.empty() && entries < config_.commit_entries_max) {
      entries += waiting_.front().proposals.size();
      jobs.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    waiting_entries_ -= entries;
    return jobs;
  }

  void deliver(commit_outcome outcome) {
    asio::post(io_, [this, outcome = std::move(outcome)]() mutable {
      if (outcome.durable) {
        head_ = outcome.head;
        if (listener_) listener_(head_, std::move(outcome.events));
      }
      for (auto& [handler, answer] : outcome.answers) std::move(handler)(std::move(answer));
    });
  }

  const log_config config_;
  asio::any_io_executor io_;
  file_lock lock_;
  log_writer writer_;
  const std::string epoch_;

  // I/O thread
  std::uint64_t head_;
  bool wake_is_due_ = false;
  std::function<void(std::uint64_t, std::vector<encoded_event>)> listener_;

  reader_connections readers_;
  blocking_pool pool_;

  std::mutex mutex_; // guards what follows
  std::condition_variable wake_;
  std::deque<append_job> waiting_;
  std::size_t waiting_entries_ = 0;
  bool stopping_ = false;

  std::thread writing_; // last: it uses all of the above
};

} // namespace

std::unique_ptr<log_store> open_log(asio::any_io_executor io, log_config config) {
  return std::make_unique<sqlite_log>(std::move(io), config);
}

} // namespace tickwire::sqlite
