// Accounts and sessions in a file of their own, so that `tickwire user add` works while the server runs.
#pragma once

#include "app/ports.hpp"

#include <filesystem>
#include <memory>

namespace tickwire::sqlite {

// Opens or makes DIRECTORY/accounts.db; throws std::runtime_error with a sentence for people when that is
// impossible.
std::unique_ptr<account_store> open_accounts(const std::filesystem::path& directory);

} // namespace tickwire::sqlite
