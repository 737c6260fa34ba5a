// Accounts and sessions in a file of their own, so that `tickwire user …` works while the server runs.
#pragma once

#include "app/ports.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <memory>

namespace tickwire::sqlite {

// Opens or makes DIRECTORY/accounts.db; throws std::runtime_error with a sentence for people when that is
// impossible. The executor is that of the I/O thread.
std::unique_ptr<account_store> open_accounts(boost::asio::any_io_executor executor,
                                             const std::filesystem::path& directory);

} // namespace tickwire::sqlite
