// Hears from the kernel when some other process that had a file open for writing closes it, or dies. Nothing
// is polled.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <filesystem>
#include <functional>

namespace tickwire::sqlite {

class closed_file_watch {
public:
  // `file` exists. The listener is called on the executor, until the watch is destroyed. When the kernel
  // refuses (too many watches on this machine) it says so in the log, and nothing is heard.
  closed_file_watch(boost::asio::any_io_executor executor, const std::filesystem::path& file,
                    std::function<void()> listener);

private:
  void wait();
  boost::asio::posix::stream_descriptor kernel_;
  std::array<char, 4096> buffer_;
  std::function<void()> listener_;
};

} // namespace tickwire::sqlite
