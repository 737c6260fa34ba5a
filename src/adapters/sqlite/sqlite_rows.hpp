// The log's rows in SQLite, written by one connection: the file is opened or made, and each transaction is
// one of SQLite's.
#pragma once

#include "store/log_rows.hpp"

#include <filesystem>
#include <memory>

namespace tickwire::sqlite {

// Throws when the file cannot be used, also when it is newer than we are.
std::unique_ptr<log_rows> open_rows(const std::filesystem::path& file);

} // namespace tickwire::sqlite
