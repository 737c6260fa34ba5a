// Readers' connections, lent to one piece of work at a time.
#pragma once

#include "adapters/sqlite/database.hpp"
#include "base/logging.hpp"
#include "base/result.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace tickwire::sqlite {

class reader_connections {
public:
  // As many as threads that read: one is always there.
  reader_connections(const std::filesystem::path& file, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      free_.push_back(std::make_unique<database>(file, open_mode::read_only));
  }

  // work(connection) with a connection of its own; what it throws is logged and becomes store_unavailable.
  template <class T, class Work>
  result<T> use(Work& work) {
    std::unique_ptr<database> mine = take();
    try {
      result<T> answer = work(*mine);
      give_back(std::move(mine));
      return answer;
    } catch (const std::exception& error) {
      give_back(std::move(mine));
      log_error(std::string("log: reading failed: ") + error.what());
      return fail(failure_kind::store_unavailable, "store_unavailable",
                  "The database cannot be read at the moment. Try again in a few seconds.");
    }
  }

private:
  std::unique_ptr<database> take() {
    const std::lock_guard lock(mutex_);
    auto mine = std::move(free_.back());
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

} // namespace tickwire::sqlite
