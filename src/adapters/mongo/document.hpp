// BSON with owners: documents are built member by member and read by name.
#pragma once

#include "core/time.hpp"

#include <bson/bson.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tickwire::mongo {

class document {
public:
  document() { bson_init(&value_); }
  explicit document(const bson_t& other) { bson_copy_to(&other, &value_); }
  document(const document& other)
      : document(other.value_) {}
  document(document&& other) noexcept
      : document() {
    swap(other);
  }
  document& operator=(document other) noexcept {
    swap(other);
    return *this;
  }
  ~document() { bson_destroy(&value_); }

  // Each adds a member; all numbers are 64 bits.
  document& text(std::string_view name, std::string_view value); // as binary where it is no UTF-8
  document& binary(std::string_view name, std::string_view bytes);
  document& number(std::string_view name, std::int64_t value);
  document& number(std::string_view name, std::uint64_t value) {
    return number(name, static_cast<std::int64_t>(value));
  }
  document& number(std::string_view name, int value) {
    return number(name, static_cast<std::int64_t>(value));
  }
  document& flag(std::string_view name, bool value);
  document& time(std::string_view name, timestamp value);
  document& object(std::string_view name, const document& value);
  document& array(std::string_view name, const class list& values);

  // The members of another one but for these.
  document& all_of(const class reader& other, std::initializer_list<const char*> but);

  // The same, unless it is empty.
  document& text_unless_empty(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  document& time(std::string_view name, const std::optional<timestamp>& value) {
    return value ? time(name, *value) : *this;
  }

  const bson_t* get() const { return &value_; }
  std::size_t bytes() const { return value_.len; }
  bool empty() const { return bson_empty(&value_); }

private:
  // A bson_t points into itself while it is small, so it is copied, not moved; larger ones change hands.
  void swap(document& other) noexcept {
    bson_t mine;
    bson_steal(&mine, &value_);
    bson_steal(&value_, &other.value_);
    bson_steal(&other.value_, &mine);
  }
  friend class list;
  bson_t value_;
};

// Elements of an array.
class list {
public:
  list& text(std::string_view value);
  list& number(std::int64_t value);
  list& object(const document& value);
  std::size_t bytes() const { return elements_.bytes(); }
  bool empty() const { return size_ == 0; }

private:
  friend class document;
  std::string next() { return std::to_string(size_++); }
  document elements_;
  std::size_t size_ = 0;
};

// Looks into a document or an array that lives longer. What is absent or of another type is empty, zero, no;
// where the difference matters there is maybe_….
class reader {
public:
  explicit reader(const bson_t& value)
      : data_(bson_get_data(&value))
      , bytes_(value.len) {}
  reader(const document& value)
      : reader(*value.get()) {}

  bool has(std::string_view name) const;
  std::string text(std::string_view name) const { return std::string(view(name)); }
  std::string_view view(std::string_view name) const; // a text's or a binary's bytes
  std::int64_t number(std::string_view name) const;   // of any number type
  std::optional<std::int64_t> maybe_number(std::string_view name) const;
  bool flag(std::string_view name) const;
  timestamp time(std::string_view name) const;
  std::optional<timestamp> maybe_time(std::string_view name) const;
  std::optional<reader> object(std::string_view name) const; // or array
  document copy() const;

  // Calls for each object that is an element of the array of this name.
  template <class Use>
  void each_object(std::string_view name, Use use) const {
    bson_iter_t found, element;
    if (!find(name, found) || !bson_iter_recurse(&found, &element)) return;
    while (bson_iter_next(&element))
      if (auto inner = inside(element)) use(*inner);
  }

private:
  friend class document;
  reader(const std::uint8_t* data, std::size_t bytes)
      : data_(data)
      , bytes_(bytes) {}
  bool find(std::string_view name, bson_iter_t& found) const;
  static std::optional<reader> inside(const bson_iter_t& element);
  static std::string_view view_of(const bson_iter_t& element);

  const std::uint8_t* data_;
  std::size_t bytes_;
};

} // namespace tickwire::mongo
