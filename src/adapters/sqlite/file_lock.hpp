// Held as long as this process may write: one writes a log, however many read it.
#pragma once

#include <filesystem>

namespace tickwire::sqlite {

class file_lock {
public:
  // Throws std::runtime_error with a sentence for people when the file cannot be made or somebody has it.
  explicit file_lock(const std::filesystem::path& file);
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;
  ~file_lock();

private:
  int handle_;
};

} // namespace tickwire::sqlite
