#include "adapters/sqlite/sqlite_log.hpp"

#include "adapters/sqlite/log_files.hpp"
#include "adapters/sqlite/log_reading.hpp"
#include "adapters/sqlite/reader_connections.hpp"
#include "adapters/sqlite/sqlite_rows.hpp"
#include "base/blocking_pool.hpp"
#include "store/append_queue.hpp"

#include <stdexcept>

namespace tickwire::sqlite {

namespace {

namespace asio = boost::asio;

std::filesystem::path made(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw std::runtime_error("Cannot make the folder " + directory.string() +
                             " (DATA_DIR): " + error.message() + ".");
  return directory;
}

std::unique_ptr<log_rows> rows_of(const log_config& config) {
  auto rows = open_rows(log_file(config.directory, config.inbox));
  return config.wrap ? config.wrap(std::move(rows)) : std::move(rows);
}

class sqlite_log final : public log_store {
public:
  sqlite_log(asio::any_io_executor io, const log_config& config)
      : lock_(lock_file(made(config.directory), config.inbox))
      , writer_(rows_of(config))
      , epoch_(writer_.epoch())
      , readers_(log_file(config.directory, config.inbox), config.readers)
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
    return read<missed_events>([=](database& c) { return read_events(c, after, up_to, user_id, limit); });
  }
  task<result<message_page>> messages(message_query wanted) override {
    return read<message_page>([=](database& c) { return read_messages(c, wanted); });
  }
  task<result<std::optional<message>>> find_message(std::string id) override {
    return read<std::optional<message>>([=](database& c) { return read_message_by_id(c, id); });
  }
  task<result<chat_page>> chats(std::string user_id, std::optional<std::int64_t> before,
                                std::size_t limit) override {
    return read<chat_page>([=](database& c) { return read_chats(c, user_id, before, limit); });
  }
  task<result<std::optional<chat_summary>>> find_chat(std::string user_id, std::string id) override {
    return read<std::optional<chat_summary>>([=](database& c) { return read_chat_by_id(c, user_id, id); });
  }
  task<result<std::pair<std::vector<contact>, bool>>> contacts(std::string after,
                                                               std::size_t limit) override {
    return read<std::pair<std::vector<contact>, bool>>(
        [=](database& c) { return read_contacts(c, after, limit); });
  }
  task<result<std::optional<contact>>> find_contact(identity who) override {
    return read<std::optional<contact>>([=](database& c) { return read_contact_of(c, who); });
  }
  task<result<std::vector<unfinished_send>>> unfinished_sends(std::uint64_t after, std::uint64_t up_to,
                                                              std::size_t limit) override {
    return read<std::vector<unfinished_send>>(
        [after, up_to, limit](database& c) { return read_unfinished(c, after, up_to, limit); });
  }
  task<result<std::vector<kept_count>>> kept_counts() override {
    return read<std::vector<kept_count>>([](database& c) { return read_kept_counts(c); });
  }

  std::string epoch() const override { return epoch_; }
  std::uint64_t head() const override { return queue_.head(); }

private:
  template <class T, class Work>
  task<result<T>> read(Work work) {
    auto on_thread = [this, work = std::move(work)]() mutable { return readers_.use<T>(work); };
    co_return co_await pool_.run(std::move(on_thread));
  }

  file_lock lock_;
  log_writer writer_;
  const std::string epoch_;
  reader_connections readers_;
  blocking_pool pool_;
  append_queue queue_; // last: its thread uses the writer
};

} // namespace

std::unique_ptr<log_store> open_log(asio::any_io_executor io, log_config config) {
  return std::make_unique<sqlite_log>(std::move(io), config);
}

} // namespace tickwire::sqlite
