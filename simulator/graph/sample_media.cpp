#include "simulator/graph/sample_media.hpp"

#include <array>
#include <cmath>
#include <cstdint>

namespace simulator {
namespace {

void add_big(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}
void add_little(std::string& out, std::uint64_t value, int bytes) {
  for (int n = 0; n < bytes; ++n) out += static_cast<char>(value >> (8 * n) & 0xFF);
}

std::uint32_t png_crc(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const unsigned char byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

void add_chunk(std::string& png, const std::string& name, const std::string& data) {
  add_big(png, static_cast<std::uint32_t>(data.size()));
  png += name + data;
  add_big(png, png_crc(name + data));
}

/// A zlib stream of stored blocks: needs no compressor.
std::string stored(const std::string& data) {
  std::string out = "\x78\x01";
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const unsigned char byte : data) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  for (std::size_t at = 0; at < data.size();) {
    const auto size = std::min<std::size_t>(65535, data.size() - at);
    out += at + size == data.size() ? '\x01' : '\x00';
    add_little(out, size, 2);
    add_little(out, ~size & 0xFFFF, 2);
    out += data.substr(at, size);
    at += size;
  }
  add_big(out, high << 16 | low);
  return out;
}

std::uint32_t ogg_crc(std::string_view bytes) {
  std::uint32_t crc = 0;
  for (const unsigned char byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte) << 24;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ (crc & 0x80000000U ? 0x04C11DB7U : 0U);
  }
  return crc;
}

/// One Ogg page holding whole packets shorter than 255 bytes.
void add_page(std::string& ogg, int flags, std::uint64_t position, std::uint32_t number,
              const std::string& packet, int copies) {
  std::string page("OggS\0", 5);
  page += static_cast<char>(flags);
  add_little(page, position, 8);
  add_little(page, 0x5449434B, 4); // serial number
  add_little(page, number, 4);
  add_little(page, 0, 4); // checksum, below
  page += static_cast<char>(copies);
  for (int n = 0; n < copies; ++n) page += static_cast<char>(packet.size());
  for (int n = 0; n < copies; ++n) page += packet;
  const auto crc = ogg_crc(page);
  for (int n = 0; n < 4; ++n)
    page[22 + static_cast<std::size_t>(n)] = static_cast<char>(crc >> (8 * n) & 0xFF);
  ogg += page;
}

} // namespace

std::string sample_picture(int variant) {
  constexpr int width = 480;
  constexpr int height = 336;
  constexpr double radius = 43; // of a tile, to its corners, joint included
  static constexpr std::array<std::uint32_t, 5> shades{0xE4D6C4, 0xA95536, 0xB9613F, 0xC87350, 0xD08863};

  std::string rows;
  rows.reserve(static_cast<std::size_t>(width + 1) * height);
  for (int y = 0; y < height; ++y) {
    rows += '\0'; // no filter
    for (int x = 0; x < width; ++x) {
      // Axial coordinates of pointy-topped hexagons, rounded to the nearest tile.
      const double q = (std::sqrt(3.0) / 3 * x - y / 3.0) / radius;
      const double r = (2.0 / 3 * y) / radius;
      const double s = -q - r;
      double rounded_q = std::round(q);
      double rounded_r = std::round(r);
      const double rounded_s = std::round(s);
      const double off_q = std::abs(rounded_q - q);
      const double off_r = std::abs(rounded_r - r);
      const double off_s = std::abs(rounded_s - s);
      if (off_q > off_r && off_q > off_s)
        rounded_q = -rounded_r - rounded_s;
      else if (off_r > off_s)
        rounded_r = -rounded_q - rounded_s;

      // Distance to the nearest edge decides between tile and joint.
      const double dq = q - rounded_q;
      const double dr = r - rounded_r;
      const double edge = std::max({std::abs(dq - dr), std::abs(dr + dq + dr), std::abs(dq + dq + dr)});
      const auto pick = static_cast<std::uint32_t>(static_cast<int>(rounded_q) * 7919 +
                                                   static_cast<int>(rounded_r) * 104729 + variant * 31);
      rows += static_cast<char>(edge > 0.94 ? 0 : 1 + (pick >> 3) % 4);
    }
  }

  std::string png("\x89PNG\r\n\x1a\n", 8);
  std::string head;
  add_big(head, width);
  add_big(head, height);
  head += std::string("\x08\x03\x00\x00\x00", 5); // 8 bits, palette
  add_chunk(png, "IHDR", head);
  std::string palette;
  for (const auto shade : shades) {
    palette += static_cast<char>(shade >> 16 & 0xFF);
    palette += static_cast<char>(shade >> 8 & 0xFF);
    palette += static_cast<char>(shade & 0xFF);
  }
  add_chunk(png, "PLTE", palette);
  add_chunk(png, "IDAT", stored(rows));
  add_chunk(png, "IEND", "");
  return png;
}

std::string sample_voice_note(int seconds) {
  constexpr int rate = 48'000;
  std::string ogg;

  std::string head = "OpusHead\x01\x01"; // version 1, mono
  add_little(head, 312, 2);              // samples to skip
  add_little(head, rate, 4);
  head += std::string(3, '\0');
  add_page(ogg, 2, 0, 0, head, 1);

  std::string tags = "OpusTags";
  const std::string vendor = "tickwire-simulator";
  add_little(tags, vendor.size(), 4);
  tags += vendor;
  add_little(tags, 0, 4);
  add_page(ogg, 0, 0, 1, tags, 1);

  const std::string silence = "\xF8\xFF\xFE"; // 20 ms
  for (int second = 1; second <= seconds; ++second)
    add_page(ogg, second == seconds ? 4 : 0, static_cast<std::uint64_t>(second) * rate,
             static_cast<std::uint32_t>(second) + 1, silence, 50);
  return ogg;
}

} // namespace simulator
