#include "adapters/sqlite/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace tickwire::sqlite {

file_lock::file_lock(const std::filesystem::path& file)
    : handle_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (handle_ < 0)
    throw std::runtime_error("Cannot write in " + file.parent_path().string() +
                             ". Check the folder and its owner (DATA_DIR).");
  if (::flock(handle_, LOCK_EX | LOCK_NB) != 0) {
    ::close(handle_);
    throw log_in_use("Another Tickwire is running on " + file.parent_path().string() +
                     ". Stop it, or give this one another DATA_DIR.");
  }
}

file_lock::~file_lock() { ::close(handle_); }

} // namespace tickwire::sqlite
