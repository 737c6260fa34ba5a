// Bytes from Redis, cut at a place that the first byte names: the same replies as uncut, through a whole
// dialogue.
#include "cluster/redis/dialogue.hpp"

#include <cstdint>
#include <cstdlib>

using namespace socketio::cluster;

namespace {

std::size_t replies_of(std::string_view first, std::string_view second) {
  redis_reader reader(1024);
  dialogue talk({}, {});
  talk.subscribe("c");
  talk.count_listeners("c", "q");
  std::size_t count = 0;
  for (const std::string_view piece : {first, second}) {
    reader.feed(piece);
    while (auto reply = reader.next()) {
      talk.on_reply(std::move(*reply));
      ++count;
    }
  }
  return count;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 1024) return 0; // a whole reply and its limit are told apart by the unit test
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t cut = bytes.empty() ? 0 : data[0] % (bytes.size() + 1);
  if (replies_of(bytes, {}) != replies_of(bytes.substr(0, cut), bytes.substr(cut))) std::abort();
  return 0;
}
