#include "adapters/mongo/mongo_log.hpp"

#include "adapters/mongo/log_reading.hpp"
#include "adapters/mongo/mongo_rows.hpp"
#include "base/blocking_pool.hpp"
#include "base/logging.hpp"

#include <utility>

namespace tickwire::mongo {

namespace {

namespace asio = boost::asio;

std::unique_ptr<log_rows> rows_of(client_pool& pool, const log_config& config) {
  auto rows = open_rows(pool, config.inbox);
  return config.wrap ? config.wrap(std::move(rows)) : std::move(rows);
}

class mongo_log final : public log_store {
public:
  mongo_log(asio::any_io_executor io, client_pool& connections, const log_config& config)
      : connections_(connections)
      , inbox_(config.inbox)
      , writer_(rows_of(connections, config))
      , epoch_(writer_.epoch())
      , pool_(config.readers, config.waiting_reads_max)
      , queue_(std::move(io), writer_, config.appends) {}

  task<append_result> append(std::vector<entry> proposals) override {
    if (proposals.empty()) co_return std::vector<appended>{};
    co_return co_await queue_.append(std::move(proposals));
  }
  task<bool> usable() override {
    const append_result answered = co_await queue_.append({});
    co_return answered.has_value();
  }
  void on_committed(std::function<void(std::uint64_t, std::vector<encoded_event>)> listener) override {
    queue_.on_committed(std::move(listener));
  }

  task<result<missed_events>> events_between(std::uint64_t after, std::uint64_t up_to, std::string user_id,
                                             std::size_t limit) override {
    return read<missed_events>(
        [=](log_reading& log) { return log.events_between(after, up_to, user_id, limit); });
  }
  task<result<message_page>> messages(message_query wanted) override {
    return read<message_page>([=](log_reading& log) { return log.messages(wanted); });
  }
  task<result<std::optional<message>>> find_message(std::string id) override {
    return read<std::optional<message>>([=](log_reading& log) { return log.find_message(id); });
  }
  task<result<chat_page>> chats(std::string user_id, std::optional<std::int64_t> before,
                                std::size_t limit) override {
    return read<chat_page>([=](log_reading& log) { return log.chats(user_id, before, limit); });
  }
  task<result<std::optional<chat_summary>>> find_chat(std::string user_id, std::string id) override {
    return read<std::optional<chat_summary>>([=](log_reading& log) { return log.find_chat(user_id, id); });
  }
  task<result<std::pair<std::vector<contact>, bool>>> contacts(std::string after,
                                                               std::size_t limit) override {
    return read<std::pair<std::vector<contact>, bool>>(
        [=](log_reading& log) { return log.contacts(after, limit); });
  }
  task<result<std::optional<contact>>> find_contact(identity who) override {
    return read<std::optional<contact>>([=](log_reading& log) { return log.find_contact(who); });
  }
  task<result<std::vector<unfinished_send>>> unfinished_sends(std::uint64_t after, std::uint64_t up_to,
                                                              std::size_t limit) override {
    return read<std::vector<unfinished_send>>(
        [=](log_reading& log) { return log.unfinished_sends(after, up_to, limit); });
  }
  task<result<std::vector<kept_count>>> kept_counts() override {
    return read<std::vector<kept_count>>([](log_reading& log) { return log.kept_counts(); });
  }

  std::string epoch() const override { return epoch_; }
  std::uint64_t head() const override { return queue_.head(); }

private:
  // What work(log_reading&) throws is logged and becomes store_unavailable.
  template <class T, class Work>
  task<result<T>> read(Work work) {
    auto on_thread = [this, head = queue_.head(), work = std::move(work)]() mutable -> result<T> {
      try {
        client mine = connections_.take();
        log_reading log(mine, inbox_, head);
        return work(log);
      } catch (const std::exception& error) {
        log_error(std::string("log: reading failed: ") + error.what());
        return fail(failure_kind::store_unavailable, "store_unavailable",
                    "The database cannot be read at the moment. Try again in a few seconds.");
      }
    };
    co_return co_await pool_.run(std::move(on_thread));
  }

  client_pool& connections_;
  const std::string inbox_;
  log_writer writer_;
  const std::string epoch_;
  blocking_pool pool_;
  append_queue queue_; // last: its thread uses the writer
};

} // namespace

std::unique_ptr<log_store> open_log(asio::any_io_executor io, client_pool& pool, log_config config) {
  return std::make_unique<mongo_log>(std::move(io), pool, config);
}

} // namespace tickwire::mongo
