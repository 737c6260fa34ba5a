// JSON values with binary parts as msgpack, written as notepack.io 3 does (the parser of the Node adapters):
// whole numbers in the smallest form that holds them, all others as 64-bit floats, binary parts as bin.
//
// In memory a binary part is {"_placeholder":true,"num":i} and its bytes are attachments[i], as in
// packet_data.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::cluster::msgpack {

struct limits {
  std::size_t max_bytes = 64 * 1024 * 1024;
  std::size_t max_depth = 1'100;        // arrays and maps in each other
  std::size_t max_elements = 1'000'000; // values and keys: one byte on the wire is dozens in memory
  std::size_t max_attachments = 10'000;
};

// Writes one value after the other; who writes map(n) writes 2n values after it.
class writer {
public:
  void array(std::size_t size);
  void map(std::size_t size);
  void text(std::string_view text);
  void binary(std::string_view bytes);
  void integer(std::int64_t number);
  void integer(std::uint64_t number);
  void number(double number);
  void boolean(bool yes);
  void nil();
  // A placeholder whose number is not one of `attachments` is an object like any other.
  void value(const boost::json::value& value, std::span<const std::string> attachments);

  // What was written.
  const std::string& bytes() const { return out_; }
  std::string take() { return std::move(out_); }

private:
  void head(unsigned char kind, std::uint64_t size, int bytes);
  std::string out_;
};

std::string encode(const boost::json::value& value, std::span<const std::string> attachments = {});

struct document {
  boost::json::value value;
  std::vector<std::string> attachments; // numbered in the order of the bytes
};

// Strict: one whole value and nothing behind it, texts in UTF-8, keys that are texts and differ, limits kept,
// and no map that poses as a placeholder. Dates (ext -1) become the text that JSON.stringify gives for them;
// what JSON cannot say (NaN, infinities, undefined) becomes null.
std::optional<document> decode(std::string_view bytes, const limits& limits = {});

// The text of `new Date(milliseconds)` in JSON, or nothing for a date that JavaScript calls invalid.
std::optional<std::string> iso_text(double milliseconds);

} // namespace socketio::cluster::msgpack
