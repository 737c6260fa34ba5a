// The log's rows in SQLite, written by one connection: the file is opened or made, and each transaction is
// one of SQLite's.
#pragma once

#include "store/log_rows.hpp"
#include "store/whole_store.hpp"

#include <filesystem>
#include <memory>

namespace tickwire::sqlite {

// Throws when the file cannot be used, also when it is newer than we are.
std::unique_ptr<log_rows> open_rows(const std::filesystem::path& file);

// Makes all views of the file from its log, which `log` reads, in one transaction: whoever reads meanwhile,
// or when it was stopped in the middle, sees the old ones.
void rebuild_views(const std::filesystem::path& file, whole_log& log);

} // namespace tickwire::sqlite
