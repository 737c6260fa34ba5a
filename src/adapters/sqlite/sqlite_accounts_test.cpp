#include "adapters/sqlite/sqlite_accounts.hpp"

#include "contract/account_store_suite.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace tickwire::sqlite {
namespace {

struct temporary_folder {
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tickwire-accounts-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~temporary_folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

struct sqlite_accounts_factory {
  std::unique_ptr<account_store> open(boost::asio::any_io_executor executor) {
    return open_accounts(std::move(executor), folder.path);
  }
  // The kernel tells at once.
  void look_for_changes(boost::asio::io_context& io) {
    io.restart();
    io.poll();
  }
  // Within one process SQLite keeps a file open as long as anybody uses it, so a program of its own closes
  // it.
  void program_ends() {
    const pid_t child = ::fork();
    if (child == 0) {
      const int file = ::open((folder.path / "accounts.db").c_str(), O_RDWR);
      ::close(file);
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
  temporary_folder folder;
  std::string missing;
};

} // namespace
} // namespace tickwire::sqlite

namespace tickwire::testing {
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, AccountStore, sqlite::sqlite_accounts_factory);
} // namespace tickwire::testing
