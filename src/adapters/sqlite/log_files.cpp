#include "adapters/sqlite/log_files.hpp"

#include <algorithm>
#include <string_view>

namespace tickwire::sqlite {

namespace {
constexpr std::string_view before = "inbox-", behind = ".db";
} // namespace

std::filesystem::path log_file(const std::filesystem::path& directory, const std::string& inbox) {
  return directory / (std::string(before) + inbox + std::string(behind));
}

std::filesystem::path lock_file(const std::filesystem::path& directory, const std::string& inbox) {
  return directory / (std::string(before) + inbox + ".lock");
}

std::vector<std::string> inboxes_in(const std::filesystem::path& directory) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = file.path().filename().string();
    if (name.size() > before.size() + behind.size() && name.starts_with(before) && name.ends_with(behind))
      found.push_back(name.substr(before.size(), name.size() - before.size() - behind.size()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace tickwire::sqlite
