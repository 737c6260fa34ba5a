#include "cluster/msgpack.hpp"

#include "cluster/placeholder.hpp"
#include "codec/utf8.hpp"

#include <bit>
#include <cassert>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

namespace socketio::cluster::msgpack {

namespace json = boost::json;

namespace {

constexpr double two_to_32 = 4294967296.0, two_to_63 = 9223372036854775808.0;

} // namespace

void writer::head(unsigned char kind, std::uint64_t size, int bytes) {
  out_.push_back(static_cast<char>(kind));
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(size >> shift));
}

void writer::array(std::size_t size) {
  assert(size <= 0xFFFFFFFF);
  if (size < 0x10)
    head(static_cast<unsigned char>(0x90 | size), 0, 0);
  else if (size <= 0xFFFF)
    head(0xDC, size, 2);
  else
    head(0xDD, size, 4);
}

void writer::map(std::size_t size) {
  assert(size <= 0xFFFFFFFF);
  if (size < 0x10)
    head(static_cast<unsigned char>(0x80 | size), 0, 0);
  else if (size <= 0xFFFF)
    head(0xDE, size, 2);
  else
    head(0xDF, size, 4);
}

void writer::text(std::string_view text) {
  assert(text.size() <= 0xFFFFFFFF);
  if (text.size() < 0x20)
    head(static_cast<unsigned char>(0xA0 | text.size()), 0, 0);
  else if (text.size() <= 0xFF)
    head(0xD9, text.size(), 1);
  else if (text.size() <= 0xFFFF)
    head(0xDA, text.size(), 2);
  else
    head(0xDB, text.size(), 4);
  out_ += text;
}

void writer::binary(std::string_view bytes) {
  assert(bytes.size() <= 0xFFFFFFFF);
  if (bytes.size() <= 0xFF)
    head(0xC4, bytes.size(), 1);
  else if (bytes.size() <= 0xFFFF)
    head(0xC5, bytes.size(), 2);
  else
    head(0xC6, bytes.size(), 4);
  out_ += bytes;
}

void writer::integer(std::uint64_t number) {
  if (number < 0x80)
    head(static_cast<unsigned char>(number), 0, 0);
  else if (number <= 0xFF)
    head(0xCC, number, 1);
  else if (number <= 0xFFFF)
    head(0xCD, number, 2);
  else if (number <= 0xFFFFFFFF)
    head(0xCE, number, 4);
  else
    head(0xCF, number, 8);
}

void writer::integer(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  if (number >= 0)
    integer(bits);
  else if (number >= -0x20)
    head(static_cast<unsigned char>(bits), 0, 0);
  else if (number >= -0x80)
    head(0xD0, bits, 1);
  else if (number >= -0x8000)
    head(0xD1, bits, 2);
  else if (number >= -0x80000000LL)
    head(0xD2, bits, 4);
  else
    head(0xD3, bits, 8);
}

// JavaScript knows one kind of number. Whole ones beyond 64 bits, of which notepack.io writes the low bits
// only, are floats here, which it reads.
void writer::number(double number) {
  const bool whole = std::isfinite(number) && std::floor(number) == number;
  if (whole && number >= 0 && number < 2 * two_to_63)
    integer(static_cast<std::uint64_t>(number));
  else if (whole && number < 0 && number >= -two_to_63)
    integer(static_cast<std::int64_t>(number));
  else
    head(0xCB, std::bit_cast<std::uint64_t>(number), 8);
}

void writer::boolean(bool yes) { head(yes ? 0xC3 : 0xC2, 0, 0); }

void writer::nil() { head(0xC0, 0, 0); }

void writer::value(const json::value& value, std::span<const std::string> attachments) {
  switch (value.kind()) {
  case json::kind::null:
    return nil();
  case json::kind::bool_:
    return boolean(value.get_bool());
  case json::kind::int64:
    return integer(value.get_int64());
  case json::kind::uint64:
    return integer(value.get_uint64());
  case json::kind::double_:
    return number(value.get_double());
  case json::kind::string:
    return text(value.get_string());
  case json::kind::array:
    array(value.get_array().size());
    for (const json::value& element : value.get_array()) this->value(element, attachments);
    return;
  case json::kind::object:
    if (const auto number = placeholder_number(value.get_object(), attachments.size()))
      return binary(attachments[*number]);
    map(value.get_object().size());
    for (const auto& [key, element] : value.get_object()) {
      text(key);
      this->value(element, attachments);
    }
    return;
  }
}

std::string encode(const json::value& value, std::span<const std::string> attachments) {
  writer out;
  out.value(value, attachments);
  return out.take();
}

std::optional<std::string> iso_text(double milliseconds) {
  if (!(std::abs(milliseconds) <= 8.64e15)) return std::nullopt;
  using namespace std::chrono;
  const sys_time<std::chrono::milliseconds> time{
      std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds))}; // cuts off, as TimeClip does
  const auto day = floor<days>(time);
  const hh_mm_ss clock{time - day};

  // chrono's years end at ±32767; JavaScript's reach 275760. A Gregorian calendar repeats after 400 years.
  const auto days_of_400_years = days{146097};
  const auto cycles = day.time_since_epoch() / days_of_400_years;
  const year_month_day near_date{sys_days{day.time_since_epoch() - cycles * days_of_400_years}};
  const long year = static_cast<int>(near_date.year()) + 400L * static_cast<long>(cycles);

  char text[48];
  std::snprintf(text, sizeof text,
                year >= 0 && year <= 9999 ? "%04ld-%02u-%02uT%02d:%02d:%02d.%03dZ"
                                          : "%+07ld-%02u-%02uT%02d:%02d:%02d.%03dZ",
                year, static_cast<unsigned>(near_date.month()), static_cast<unsigned>(near_date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

namespace {

// Reads from the front of what is left. After a failure nothing it gave back is of use.
class reader {
public:
  reader(std::string_view bytes, const limits& limits, std::vector<std::string>& attachments)
      : rest_(bytes)
      , limits_(limits)
      , elements_left_(limits.max_elements)
      , attachments_(attachments) {}

  json::value value(std::size_t depth);
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

private:
  json::value fail() {
    failed_ = true;
    return nullptr;
  }

  std::string_view bytes(std::size_t count) {
    if (failed_ || count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::uint64_t big_endian(std::size_t count) {
    std::uint64_t number = 0;
    for (const char byte : bytes(count)) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
  }
  std::int64_t signed_big_endian(std::size_t count) {
    const std::size_t unused = 64 - 8 * count;
    return static_cast<std::int64_t>(big_endian(count) << unused) >> unused;
  }

  std::string_view utf8(std::size_t size) {
    const std::string_view text = bytes(size);
    if (!codec::valid_utf8(text)) failed_ = true;
    return text;
  }

  static json::value floating(double number) {
    if (!std::isfinite(number)) return nullptr;
    // For JavaScript 3.0 is 3, and that is how it must look in a client's JSON.
    const bool is_whole = std::floor(number) == number;
    if (is_whole && number >= -two_to_63 && number < two_to_63) return static_cast<std::int64_t>(number);
    if (is_whole && number > 0 && number < 2 * two_to_63) return static_cast<std::uint64_t>(number);
    return number;
  }
  static json::value whole(std::uint64_t number) {
    if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return static_cast<std::int64_t>(number);
    return number;
  }
  static json::value date(double milliseconds) {
    const auto text = iso_text(milliseconds);
    return text ? json::value(*text) : json::value(nullptr);
  }

  json::value text(std::size_t size) { return json::value(utf8(size)); }
  json::value binary(std::size_t size);
  json::value array(std::size_t size, std::size_t depth);
  json::value map(std::size_t size, std::size_t depth);
  json::value extension(std::size_t size, std::size_t depth);
  json::value fixed_extension(std::size_t size, std::size_t depth);
  json::value other_extension(std::int64_t type, std::size_t size, std::size_t depth);

  std::string_view rest_;
  const limits& limits_;
  std::size_t elements_left_;
  std::vector<std::string>& attachments_;
  bool failed_ = false;
};

json::value reader::value(std::size_t depth) {
  if (failed_ || elements_left_ == 0) return fail();
  --elements_left_;
  const auto kind = static_cast<unsigned>(big_endian(1));
  if (failed_) return nullptr;

  if (kind < 0x80) return static_cast<std::int64_t>(kind);
  if (kind < 0x90) return map(kind & 0x0F, depth);
  if (kind < 0xA0) return array(kind & 0x0F, depth);
  if (kind < 0xC0) return text(kind & 0x1F);
  if (kind >= 0xE0) return static_cast<std::int64_t>(kind) - 0x100;

  switch (kind) {
  case 0xC0:
    return nullptr;
  case 0xC2:
    return false;
  case 0xC3:
    return true;
  case 0xC4:
    return binary(big_endian(1));
  case 0xC5:
    return binary(big_endian(2));
  case 0xC6:
    return binary(big_endian(4));
  case 0xC7:
    return extension(big_endian(1), depth);
  case 0xC8:
    return extension(big_endian(2), depth);
  case 0xC9:
    return extension(big_endian(4), depth);
  case 0xCA:
    return floating(std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4))));
  case 0xCB:
    return floating(std::bit_cast<double>(big_endian(8)));
  case 0xCC:
    return whole(big_endian(1));
  case 0xCD:
    return whole(big_endian(2));
  case 0xCE:
    return whole(big_endian(4));
  case 0xCF:
    return whole(big_endian(8));
  case 0xD0:
    return signed_big_endian(1);
  case 0xD1:
    return signed_big_endian(2);
  case 0xD2:
    return signed_big_endian(4);
  case 0xD3:
    return signed_big_endian(8);
  case 0xD4:
    return fixed_extension(1, depth);
  case 0xD5:
    return fixed_extension(2, depth);
  case 0xD6:
    return fixed_extension(4, depth);
  case 0xD7:
    return fixed_extension(8, depth);
  case 0xD8:
    return fixed_extension(16, depth);
  case 0xD9:
    return text(big_endian(1));
  case 0xDA:
    return text(big_endian(2));
  case 0xDB:
    return text(big_endian(4));
  case 0xDC:
    return array(big_endian(2), depth);
  case 0xDD:
    return array(big_endian(4), depth);
  case 0xDE:
    return map(big_endian(2), depth);
  case 0xDF:
    return map(big_endian(4), depth);
  default:
    return fail(); // 0xC1 is never used
  }
}

json::value reader::binary(std::size_t size) {
  const std::string_view taken = bytes(size);
  if (failed_ || attachments_.size() >= limits_.max_attachments) return fail();
  attachments_.emplace_back(taken);
  return placeholder(attachments_.size() - 1);
}

// A size is only a claim: an element takes a byte at least, and nothing is reserved for those not seen yet.
json::value reader::array(std::size_t size, std::size_t depth) {
  if (failed_ || depth >= limits_.max_depth || size > rest_.size()) return fail();
  json::array elements;
  for (std::size_t i = 0; i < size && !failed_; ++i) elements.push_back(value(depth + 1));
  return elements;
}

json::value reader::map(std::size_t size, std::size_t depth) {
  if (failed_ || depth >= limits_.max_depth || size > rest_.size() / 2) return fail();
  json::object members;
  for (std::size_t i = 0; i < size && !failed_; ++i) {
    const json::value key = value(depth + 1);
    if (!key.is_string()) return fail();
    if (!members.emplace(key.get_string(), value(depth + 1)).second) return fail();
  }
  if (poses_as_placeholder(members)) return fail();
  return members;
}

json::value reader::extension(std::size_t size, std::size_t depth) {
  const std::int64_t type = signed_big_endian(1);
  if (type == 0) return binary(size); // an ArrayBuffer of older versions
  if (type == -1 && size == 12) {
    const auto nanoseconds = static_cast<double>(big_endian(4));
    const auto seconds = static_cast<double>(signed_big_endian(8));
    return date(seconds * 1e3 + nanoseconds / 1e6);
  }
  return other_extension(type, size, depth);
}

json::value reader::fixed_extension(std::size_t size, std::size_t depth) {
  const std::int64_t type = signed_big_endian(1);
  if (type == 0 && size == 1) { // undefined of older versions
    bytes(1);
    return nullptr;
  }
  if (type == 0 && size == 8) { // a date of older versions
    const auto high = static_cast<double>(signed_big_endian(4));
    return date(high * two_to_32 + static_cast<double>(big_endian(4)));
  }
  if (type == -1 && size == 4) return date(static_cast<double>(big_endian(4)) * 1e3);
  if (type == -1 && size == 8) {
    const std::uint64_t both = big_endian(8); // 30 bits of nanoseconds, 34 of seconds
    return date(static_cast<double>(both & 0x3'FFFF'FFFF) * 1e3 + static_cast<double>(both >> 34) / 1e6);
  }
  return other_extension(type, size, depth);
}

// As notepack.io gives it to the application: an array, and as deep as one.
json::value reader::other_extension(std::int64_t type, std::size_t size, std::size_t depth) {
  if (depth >= limits_.max_depth) return fail();
  json::value part = binary(size);
  return json::array{type, std::move(part)};
}

} // namespace

std::optional<document> decode(std::string_view bytes, const limits& limits) {
  if (bytes.size() > limits.max_bytes) return std::nullopt;
  document result;
  reader in(bytes, limits, result.attachments);
  result.value = in.value(0);
  if (in.failed() || !in.at_end()) return std::nullopt;
  return result;
}

} // namespace socketio::cluster::msgpack
