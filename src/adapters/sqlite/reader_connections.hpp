// Readers' connections, lent to one piece of work at a time.
#pragma once

#include "adapters/sqlite/database.hpp"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace tickwire::sqlite {

class reader_connections {
public:
  // As many as threads that read: one is always there.
  reader_connections(const std::filesystem::path& file, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      free_.push_back(std::make_unique<database>(file, open_mode::read_only));
  }

  // work(connection) with a connection of its own.
  template <class Work>
  void use(Work&& work) {
    const struct lent {
      explicit lent(reader_connections& all)
          : all(all)
          , connection(all.take()) {}
      lent(const lent&) = delete;
      lent& operator=(const lent&) = delete;
      ~lent() { all.give_back(std::move(connection)); }
      reader_connections& all;
      std::unique_ptr<database> connection;
    } mine(*this);
    work(*mine.connection);
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
