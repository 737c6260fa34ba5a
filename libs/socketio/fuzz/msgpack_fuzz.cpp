// Whatever msgpack::decode takes, encode writes, and decode takes again as the same.
#include "cluster/msgpack.hpp"

#include <cstdint>
#include <cstdlib>

using namespace socketio::cluster;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = msgpack::decode({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  const auto again = msgpack::decode(msgpack::encode(document->value, document->attachments));
  if (!again || again->value != document->value || again->attachments.size() > document->attachments.size())
    std::abort();
  return 0;
}
