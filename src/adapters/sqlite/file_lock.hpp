// Held as long as this process may write: one writes a log, however many read it.
#pragma once

#include <filesystem>
#include <stdexcept>

namespace tickwire::sqlite {

// Somebody else has it.
struct log_in_use : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class file_lock {
public:
  // Throws with a sentence for people: std::runtime_error when the file cannot be made, log_in_use.
  explicit file_lock(const std::filesystem::path& file);
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;
  ~file_lock();

private:
  int handle_;
};

} // namespace tickwire::sqlite
