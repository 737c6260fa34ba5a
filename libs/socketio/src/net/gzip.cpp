#include "net/gzip.hpp"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>

#include <cstdint>

namespace socketio::detail {

namespace zlib = boost::beast::zlib;

namespace {

void append_little_endian(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 255);
}

} // namespace

std::string gzip(std::string_view text) {
  static constexpr char head[10] = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, '\xff'};
  zlib::deflate_stream stream;
  stream.reset(6, 15, 8, zlib::Strategy::normal);
  std::string out(head, sizeof head);
  const std::size_t most = stream.upper_bound(text.size()) + 64;
  out.resize(sizeof head + most);
  zlib::z_params params;
  params.next_in = text.data();
  params.avail_in = text.size();
  params.next_out = out.data() + sizeof head;
  params.avail_out = most;
  boost::system::error_code error;
  stream.write(params, zlib::Flush::finish, error);
  out.resize(sizeof head + params.total_out);
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  append_little_endian(out, crc.checksum());
  append_little_endian(out, static_cast<std::uint32_t>(text.size()));
  return out;
}

bool accepts_gzip(std::string_view accepted) {
  while (!accepted.empty()) {
    const std::size_t end = accepted.find(',');
    std::string_view one = accepted.substr(0, end);
    accepted.remove_prefix(end == std::string_view::npos ? accepted.size() : end + 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    const std::string_view name = one.substr(0, one.find_first_of("; "));
    if (name != "gzip" && name != "*") continue;
    const std::size_t quality = one.find("q=");
    if (quality == std::string_view::npos) return true;
    return one.substr(quality + 2).find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

} // namespace socketio::detail
