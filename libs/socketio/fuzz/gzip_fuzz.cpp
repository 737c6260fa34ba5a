// Compressed answers: zlib unpacks what we packed.
#include "must.hpp"

#include "net/gzip.hpp"

#include <zlib.h>

#include <string>

using socketio::fuzz::must;

namespace {

std::string unpacked(std::string_view packed, std::size_t size) {
  std::string text(size + 1, '\0');
  z_stream stream{};
  must(inflateInit2(&stream, 16 + 15) == Z_OK, "zlib begins");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int ended = inflate(&stream, Z_FINISH);
  const std::size_t there = stream.total_out;
  const bool all = stream.avail_in == 0;
  inflateEnd(&stream);
  must(ended == Z_STREAM_END, "a whole gzip stream");
  must(all, "with nothing behind it");
  text.resize(there);
  return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = socketio::fuzz::text_of(data, size);
  must(unpacked(socketio::detail::gzip(input), size) == input, "it is what was packed");
  // Long texts too: the first byte says how often the rest is repeated.
  if (size < 2) return 0;
  std::string text;
  for (int i = 0; i < data[0] && text.size() < 100'000; ++i) text += input.substr(1);
  const std::string packed = socketio::detail::gzip(text);
  must(packed.size() <= text.size() + text.size() / 1000 + 64, "it hardly grows");
  must(unpacked(packed, text.size()) == text, "it is what was packed");
  return 0;
}
