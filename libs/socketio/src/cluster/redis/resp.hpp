// RESP2, Redis' wire format, with hiredis as the codec.
#pragma once

#include "cluster/redis/byte_budget.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace socketio::cluster {

// A command as it goes over the wire.
class redis_command {
public:
  redis_command() = default;
  redis_command(std::initializer_list<std::string_view> words);
  std::string_view bytes() const { return {data_.get(), size_}; }
  // Until it is written, or who took the hold lets go of it.
  void count_against(byte_budget::hold hold) { hold_ = std::move(hold); }
  byte_budget::hold take_hold() { return std::move(hold_); }

private:
  struct release {
    void operator()(char* data) const;
  };
  std::unique_ptr<char, release> data_;
  std::size_t size_ = 0;
  byte_budget::hold hold_;
};

struct redis_reply {
  enum class kind : std::uint8_t { text, status, error, integer, nil, list };
  kind is = kind::nil;
  std::string text; // of text, status, error
  std::int64_t integer = 0;
  std::vector<redis_reply> list;
};

// Bytes in, replies out.
class redis_reader {
public:
  explicit redis_reader(std::size_t max_bytes); // of one reply
  ~redis_reader();
  redis_reader(const redis_reader&) = delete;
  redis_reader& operator=(const redis_reader&) = delete;

  void feed(std::string_view bytes);
  // The next whole reply. Nothing: more bytes are needed, or something is wrong().
  std::optional<redis_reply> next();
  // Why the stream cannot be read any more; empty while it can.
  const std::string& wrong() const { return wrong_; }

private:
  struct release {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, release> reader_;
  std::size_t max_bytes_;
  std::string wrong_;
};

} // namespace socketio::cluster
