#include "adapters/sqlite/closed_file_watch.hpp"

#include "base/logging.hpp"

#include <boost/asio/buffer.hpp>

#include <sys/inotify.h>

#include <cerrno>
#include <cstring>

namespace tickwire::sqlite {

closed_file_watch::closed_file_watch(boost::asio::any_io_executor executor, const std::filesystem::path& file,
                                     std::function<void()> listener)
    : kernel_(std::move(executor))
    , listener_(std::move(listener)) {
  const int descriptor = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (descriptor >= 0) kernel_.assign(descriptor);
  if (descriptor < 0 || ::inotify_add_watch(descriptor, file.c_str(), IN_CLOSE_WRITE) < 0) {
    log_warning("accounts: the kernel does not tell of changes by other programs (" +
                std::string(std::strerror(errno)) + "); they are noticed after a minute");
    return;
  }
  wait();
}

void closed_file_watch::wait() {
  kernel_.async_read_some(boost::asio::buffer(buffer_), [this](boost::system::error_code error, std::size_t) {
    if (error) return; // it is being destroyed
    listener_();
    wait();
  });
}

} // namespace tickwire::sqlite
