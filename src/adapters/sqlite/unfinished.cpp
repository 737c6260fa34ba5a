#include "adapters/sqlite/unfinished.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace tickwire::sqlite {

namespace {

constexpr auto file_name = "unfinished";

class handle {
public:
  handle(const std::filesystem::path& file, int flags)
      : value_(::open(file.c_str(), flags | O_CLOEXEC, 0600)) {
    check(value_ >= 0, file);
  }
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  ~handle() { ::close(value_); }
  int get() const { return value_; }

  static void check(bool done, const std::filesystem::path& file) {
    if (!done)
      throw std::runtime_error("Cannot write " + file.string() + ". Check the folder and its owner.");
  }

private:
  int value_;
};

void bring_to_disk(const handle& file, const std::filesystem::path& path) {
  handle::check(::fsync(file.get()) == 0, path);
}

} // namespace

std::string unfinished(const std::filesystem::path& directory) {
  std::ifstream file(directory / file_name);
  if (!file) return {};
  std::string sentence{std::istreambuf_iterator<char>(file), {}};
  // It was being written when its writer died: before anything else was.
  return sentence.empty() ? "Something that was begun there was not finished. Do it again." : sentence;
}

void set_unfinished(const std::filesystem::path& directory, const std::string& sentence) {
  const std::filesystem::path path = directory / file_name;
  if (sentence.empty()) {
    std::filesystem::remove(path);
  } else {
    const handle file(path, O_WRONLY | O_CREAT | O_TRUNC);
    const auto written = ::write(file.get(), sentence.data(), sentence.size());
    handle::check(std::cmp_equal(written, sentence.size()), path);
    bring_to_disk(file, path);
  }
  bring_to_disk(handle(directory, O_RDONLY | O_DIRECTORY), directory);
}

void refuse_unfinished(const std::filesystem::path& directory) {
  if (const std::string why = unfinished(directory); !why.empty()) throw std::runtime_error(why);
}

} // namespace tickwire::sqlite
