#include "adapters/mongo/document.hpp"

#include <algorithm>
#include <stdexcept>

namespace tickwire::mongo {

namespace {

int length(std::string_view text) { return static_cast<int>(text.size()); }

void check(bool appended) {
  if (!appended) throw std::length_error("a document for MongoDB grew beyond what BSON can hold");
}

} // namespace

document& document::text(std::string_view name, std::string_view value) {
  if (!bson_utf8_validate(value.data() ? value.data() : "", value.size(), true)) return binary(name, value);
  check(
      bson_append_utf8(&value_, name.data(), length(name), value.data() ? value.data() : "", length(value)));
  return *this;
}

document& document::binary(std::string_view name, std::string_view bytes) {
  static constexpr std::uint8_t nothing = 0;
  const auto* data = bytes.data() ? reinterpret_cast<const std::uint8_t*>(bytes.data()) : &nothing;
  check(bson_append_binary(&value_, name.data(), length(name), BSON_SUBTYPE_BINARY, data,
                           static_cast<std::uint32_t>(bytes.size())));
  return *this;
}

document& document::number(std::string_view name, std::int64_t value) {
  check(bson_append_int64(&value_, name.data(), length(name), value));
  return *this;
}

document& document::flag(std::string_view name, bool value) {
  check(bson_append_bool(&value_, name.data(), length(name), value));
  return *this;
}

document& document::time(std::string_view name, timestamp value) {
  check(bson_append_date_time(&value_, name.data(), length(name), value.time_since_epoch().count()));
  return *this;
}

document& document::object(std::string_view name, const document& value) {
  check(bson_append_document(&value_, name.data(), length(name), value.get()));
  return *this;
}

document& document::array(std::string_view name, const list& values) {
  check(bson_append_array(&value_, name.data(), length(name), values.elements_.get()));
  return *this;
}

document& document::all_of(const reader& other, std::initializer_list<const char*> but) {
  bson_iter_t member;
  if (!bson_iter_init_from_data(&member, other.data_, other.bytes_)) return *this;
  while (bson_iter_next(&member)) {
    const std::string_view name(bson_iter_key(&member), bson_iter_key_len(&member));
    if (std::find(but.begin(), but.end(), name) == but.end())
      check(bson_append_iter(&value_, name.data(), length(name), &member));
  }
  return *this;
}

list& list::text(std::string_view value) {
  elements_.text(next(), value);
  return *this;
}

list& list::number(std::int64_t value) {
  elements_.number(next(), value);
  return *this;
}

list& list::object(const document& value) {
  elements_.object(next(), value);
  return *this;
}

bool reader::find(std::string_view name, bson_iter_t& found) const {
  return bson_iter_init_from_data(&found, data_, bytes_) &&
         bson_iter_find_w_len(&found, name.data(), length(name));
}

bool reader::has(std::string_view name) const {
  bson_iter_t found;
  return find(name, found);
}

std::string_view reader::view_of(const bson_iter_t& element) {
  std::uint32_t bytes = 0;
  if (BSON_ITER_HOLDS_UTF8(&element)) {
    const char* text = bson_iter_utf8(&element, &bytes);
    return {text, bytes};
  }
  if (BSON_ITER_HOLDS_BINARY(&element)) {
    const std::uint8_t* data = nullptr;
    bson_iter_binary(&element, nullptr, &bytes, &data);
    return {reinterpret_cast<const char*>(data), bytes};
  }
  return {};
}

std::string_view reader::view(std::string_view name) const {
  bson_iter_t found;
  return find(name, found) ? view_of(found) : std::string_view();
}

std::optional<std::int64_t> reader::maybe_number(std::string_view name) const {
  bson_iter_t found;
  if (!find(name, found) || !BSON_ITER_HOLDS_NUMBER(&found)) return std::nullopt;
  return bson_iter_as_int64(&found);
}

std::int64_t reader::number(std::string_view name) const { return maybe_number(name).value_or(0); }

bool reader::flag(std::string_view name) const {
  bson_iter_t found;
  return find(name, found) && bson_iter_as_bool(&found);
}

std::optional<timestamp> reader::maybe_time(std::string_view name) const {
  bson_iter_t found;
  if (!find(name, found) || !BSON_ITER_HOLDS_DATE_TIME(&found)) return std::nullopt;
  return timestamp{std::chrono::milliseconds{bson_iter_date_time(&found)}};
}

timestamp reader::time(std::string_view name) const { return maybe_time(name).value_or(timestamp{}); }

std::optional<reader> reader::inside(const bson_iter_t& element) {
  std::uint32_t bytes = 0;
  const std::uint8_t* data = nullptr;
  if (BSON_ITER_HOLDS_DOCUMENT(&element))
    bson_iter_document(&element, &bytes, &data);
  else if (BSON_ITER_HOLDS_ARRAY(&element))
    bson_iter_array(&element, &bytes, &data);
  else
    return std::nullopt;
  return reader(data, bytes);
}

document reader::copy() const {
  bson_t whole;
  if (!bson_init_static(&whole, data_, bytes_)) return {};
  return document(whole);
}

std::optional<reader> reader::object(std::string_view name) const {
  bson_iter_t found;
  return find(name, found) ? inside(found) : std::nullopt;
}

} // namespace tickwire::mongo
