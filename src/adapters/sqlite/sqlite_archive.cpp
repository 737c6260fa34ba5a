#include "adapters/sqlite/sqlite_archive.hpp"

#include "adapters/sqlite/log_files.hpp"
#include "adapters/sqlite/log_reading.hpp"
#include "adapters/sqlite/unfinished.hpp"

#include <map>

namespace tickwire::sqlite {

namespace {

class sqlite_archive final : public kept_archive {
public:
  explicit sqlite_archive(const std::filesystem::path& directory) {
    refuse_unfinished(directory);
    for (const std::string& inbox : inboxes_in(directory))
      logs_.try_emplace(inbox, log_file(directory, inbox), open_mode::read_only);
  }
  std::vector<std::string> inboxes() override {
    std::vector<std::string> names;
    for (const auto& [inbox, log] : logs_) names.push_back(inbox);
    return names;
  }
  std::vector<entry> kept(const std::string& inbox, const kept_query& wanted) override {
    return read_kept(logs_.at(inbox), wanted);
  }
  std::optional<entry> find(const std::string& inbox, const std::string& key) override {
    const auto log = logs_.find(inbox);
    return log == logs_.end() ? std::nullopt : read_entry_by_key(log->second, key);
  }

private:
  std::map<std::string, database> logs_;
};

} // namespace

std::unique_ptr<kept_archive> open_archive(const std::filesystem::path& directory) {
  return std::make_unique<sqlite_archive>(directory);
}

} // namespace tickwire::sqlite
