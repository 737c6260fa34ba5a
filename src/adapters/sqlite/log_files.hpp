// Where the logs of a folder are: one file for each business number.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tickwire::sqlite {

std::filesystem::path log_file(const std::filesystem::path& directory, const std::string& inbox);
std::filesystem::path lock_file(const std::filesystem::path& directory, const std::string& inbox);

// The numbers (phone_number_id) that have one, in order; none when there is no such folder.
std::vector<std::string> inboxes_in(const std::filesystem::path& directory);

} // namespace tickwire::sqlite
