#include "store/stored_log.hpp"

#include "base/blocking_pool.hpp"
#include "base/logging.hpp"

#include <string>
#include <utility>

namespace tickwire {

namespace {

namespace asio = boost::asio;

class stored_log final : public log_store {
public:
  stored_log(asio::any_io_executor io, log_parts parts)
      : lend_(std::move(parts.lend))
      , writer_(std::move(parts.rows))
      , epoch_(writer_.epoch())
      , pool_(parts.readers, parts.waiting_reads_max)
      , queue_(std::move(io), writer_, parts.appends) {}

  task<append_result> append(std::vector<entry> proposals) override {
    if (proposals.empty()) co_return std::vector<appended>{};
    co_return co_await queue_.append(std::move(proposals));
  }
  task<bool> usable() override {
    const append_result answered = co_await queue_.append({});
    co_return answered.has_value();
  }
  task<result<void>> look() override {
    const append_result answered = co_await queue_.look();
    if (!answered) co_return std::unexpected(answered.error());
    co_return result<void>{};
  }
  void on_committed(commit_listener listener) override { queue_.on_committed(std::move(listener)); }

  task<result<missed_events>> events_between(std::uint64_t after, std::uint64_t up_to, std::string user_id,
                                             std::size_t limit) override {
    return read<missed_events>(
        [=](log_reads& log) { return log.events_between(after, up_to, user_id, limit); });
  }
  task<result<message_page>> messages(message_query wanted) override {
    return read<message_page>([=](log_reads& log) { return log.messages(wanted); });
  }
  task<result<std::optional<message>>> find_message(std::string id) override {
    return read<std::optional<message>>([=](log_reads& log) { return log.find_message(id); });
  }
  task<result<chat_page>> chats(std::string user_id, std::optional<std::int64_t> before,
                                std::size_t limit) override {
    return read<chat_page>([=](log_reads& log) { return log.chats(user_id, before, limit); });
  }
  task<result<std::optional<chat_summary>>> find_chat(std::string user_id, std::string id) override {
    return read<std::optional<chat_summary>>([=](log_reads& log) { return log.find_chat(user_id, id); });
  }
  task<result<std::pair<std::vector<contact>, bool>>> contacts(std::string after,
                                                               std::size_t limit) override {
    return read<std::pair<std::vector<contact>, bool>>(
        [=](log_reads& log) { return log.contacts(after, limit); });
  }
  task<result<std::optional<contact>>> find_contact(identity who) override {
    return read<std::optional<contact>>([=](log_reads& log) { return log.find_contact(who); });
  }
  task<result<std::vector<unfinished_send>>> unfinished_sends(std::uint64_t after, std::uint64_t up_to,
                                                              std::size_t limit) override {
    return read<std::vector<unfinished_send>>(
        [=](log_reads& log) { return log.unfinished_sends(after, up_to, limit); });
  }
  task<result<std::vector<kept_count>>> kept_counts() override {
    return read<std::vector<kept_count>>([](log_reads& log) { return log.kept_counts(); });
  }

  std::string epoch() const override { return epoch_; }
  std::uint64_t head() const override { return queue_.head(); }

private:
  // What is thrown is logged and becomes store_unavailable.
  template <class T, class Work>
  task<result<T>> read(Work work) {
    auto on_thread = [this, head = queue_.head(), work = std::move(work)]() -> result<T> {
      try {
        std::optional<T> answer;
        lend_(head, [&](log_reads& log) { answer = work(log); });
        return std::move(*answer);
      } catch (const std::exception& error) {
        log_error(std::string("log: reading failed: ") + error.what());
        return fail(failure_kind::store_unavailable, "store_unavailable",
                    "The database cannot be read at the moment. Try again in a few seconds.");
      }
    };
    co_return co_await pool_.run(std::move(on_thread));
  }

  const lend_reads lend_; // first, see log_parts
  log_writer writer_;
  const std::string epoch_;
  blocking_pool pool_;
  append_queue queue_; // last: its thread uses the writer
};

} // namespace

std::unique_ptr<log_store> make_stored_log(asio::any_io_executor io, log_parts parts) {
  return std::make_unique<stored_log>(std::move(io), std::move(parts));
}

} // namespace tickwire
