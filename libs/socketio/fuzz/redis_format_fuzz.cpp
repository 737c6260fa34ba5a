// Messages of the cluster: what is read of them is written and read again without a loss.
#include "cluster/redis_format.hpp"

#include <cstdint>
#include <cstdlib>

using namespace socketio;
using namespace socketio::cluster;

namespace {
void check(bool holds) {
  if (!holds) std::abort();
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto message = decode_broadcast(bytes)) {
    const auto again = decode_broadcast(
        encode_broadcast(message->uid, message->nsp, message->event, message->whom, message->flags));
    check(again && again->uid == message->uid && again->nsp == message->nsp &&
          again->event.arguments == message->event.arguments &&
          again->event.attachments == message->event.attachments &&
          again->flags.timeout == message->flags.timeout);
  }
  for (const char* nsp : {"/", "/n"})
    if (const auto request = decode_request(bytes, nsp)) {
      const std::string text = encode_request(*request, nsp);
      const auto again = decode_request(text, nsp);
      check(again && again->what.index() == request->what.index() && again->id == request->id);
    }
  if (const auto response = decode_response(bytes)) {
    const auto again = decode_response(encode_response(*response));
    check(again && again->id == response->id);
  }
  return 0;
}
