#include "wire/body_json.hpp"

#include "core/body_members.hpp"
#include "wire/json_reader.hpp"
#include "wire/stored_json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>

namespace tickwire::wire {

namespace {

namespace json = boost::json;

// Values, each by its kind.

void write(std::string& out, const plain_value& value);
template <class Part>
  requires has_members<Part>
void write(std::string& out, const Part& part);

void write(std::string& out, const std::string& text) { append_string(out, text); }
void write(std::string& out, bool flag) { out += flag ? "true" : "false"; }

template <class... How>
void write_digits(std::string& out, How... how) {
  std::array<char, 32> digits; // the longest double has 24
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), how...).ptr);
}
template <std::integral Number>
void write(std::string& out, Number number) {
  write_digits(out, number);
}

// A double holds every whole number up to here, and no other comes out as one. These are written as whole
// numbers, and read as such where nobody knows better; all others have a point or an exponent, so that they
// are read as doubles again.
constexpr double whole_max = 0x1p53 - 1;
bool is_whole(double number) { return std::abs(number) <= whole_max && number == std::trunc(number); }

void write(std::string& out, double number) {
  if (is_whole(number))
    write_digits(out, static_cast<std::int64_t>(number));
  else if (std::abs(number) > whole_max)
    write_digits(out, number, std::chars_format::scientific);
  else
    write_digits(out, number);
}

template <class Item>
void write(std::string& out, const std::vector<Item>& list) {
  out += '[';
  for (const Item& item : list) {
    if (&item != list.data()) out += ',';
    write(out, item);
  }
  out += ']';
}

void add_further(object_writer& object, const plain_value::members& further) {
  for (const plain_member& member : further) write(object.open_foreign(member.name), member.value);
}

void write(std::string& out, const plain_value::members& members) {
  object_writer object(out);
  add_further(object, members);
}

void write(std::string& out, const plain_value& value) {
  std::visit(
      [&](const auto& is) {
        if constexpr (std::is_same_v<decltype(is), const std::monostate&>)
          out += "null";
        else
          write(out, is);
      },
      value.is);
}

template <class Value>
void add(object_writer& object, std::string_view name, const Value& value) {
  write(object.open(name), value);
}
template <class Value>
void add(object_writer& object, std::string_view name, const std::optional<Value>& value) {
  if (value) add(object, name, *value);
}
void add(object_writer& object, std::string_view name, bool flag) {
  if (flag) object.member(name, true);
}

template <class Part>
  requires has_members<Part>
void write(std::string& out, const Part& part) {
  object_writer object(out);
  each_member(part, [&](std::string_view name, const auto& member) { add(object, name, member); });
  add_further(object, part.further);
}

// The reverse. read() is false for a value that write() would not write so.

template <class Member>
inline constexpr bool always_there = !std::is_same_v<Member, bool>;
template <class Value>
inline constexpr bool always_there<std::optional<Value>> = false;

plain_value plain(const json::value& from);

plain_member plain(const json::key_value_pair& from) {
  return {std::string(from.key()), plain(from.value())};
}

plain_value plain(const json::value& from) {
  switch (from.kind()) {
  case json::kind::null:
    break;
  case json::kind::bool_:
    return {from.get_bool()};
  case json::kind::int64:
    return {from.get_int64()};
  case json::kind::uint64:
    return {from.get_uint64()};
  case json::kind::double_:
    if (is_whole(from.get_double())) return {static_cast<std::int64_t>(from.get_double())};
    // Beyond all floats: JSON has no word for it.
    if (std::isfinite(from.get_double())) return {from.get_double()};
    break;
  case json::kind::string:
    return {text_of(from)};
  case json::kind::array: {
    plain_value::list list;
    for (const json::value& item : from.get_array()) list.push_back(plain(item));
    return {std::move(list)};
  }
  case json::kind::object: {
    plain_value::members members;
    for (const auto& member : from.get_object()) members.push_back(plain(member));
    return {std::move(members)};
  }
  }
  return {};
}

template <class Part>
  requires has_members<Part>
bool read(const json::value& from, Part& into);

bool read(const json::value& from, std::string& into) {
  if (!from.is_string()) return false;
  into = text_of(from);
  return true;
}

bool read(const json::value& from, bool& into) {
  if (!from.is_bool() || !from.get_bool()) return false;
  into = true;
  return true;
}

bool read(const json::value& from, std::int64_t& into) {
  if (!from.is_int64()) return false;
  into = from.get_int64();
  return true;
}

bool read(const json::value& from, double& into) {
  if (!from.is_double() && !from.is_int64()) return false;
  const double number = from.to_number<double>();
  if (from.is_double() ? !std::isfinite(number) : !is_whole(number)) return false;
  into = number;
  return true;
}

template <class Item>
bool read(const json::value& from, std::vector<Item>& into) {
  const json::array* list = from.if_array();
  if (!list) return false;
  std::vector<Item> items(list->size());
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!read((*list)[i], items[i])) return false;
  into = std::move(items);
  return true;
}

template <class Value>
bool read(const json::value& from, std::optional<Value>& into) {
  Value value{};
  if (!read(from, value)) return false;
  into = std::move(value);
  return true;
}

// What the part has no place for goes into `further`. Whether all was there that write() always writes.
template <class Part>
bool read_members(const json::object& from, Part& into) {
  std::size_t missing = 0;
  each_member(into, [&]<class Member>(std::string_view, const Member&) { missing += always_there<Member>; });
  for (const auto& member : from) {
    bool taken = false;
    each_member(into, [&]<class Member>(std::string_view name, Member& place) {
      if (name != std::string_view(member.key())) return;
      taken = read(member.value(), place);
      missing -= taken && always_there<Member>;
    });
    if (!taken) into.further.push_back(plain(member));
  }
  return missing == 0;
}

template <class Part>
  requires has_members<Part>
bool read(const json::value& from, Part& into) {
  const auto* object = from.if_object();
  return object && read_members(*object, into);
}

template <class Part>
bool read_part(const json::value& from, message_body& into) {
  Part part{};
  if (!read(from, part)) return false;
  into.parts.emplace_back(std::move(part));
  return true;
}

template <class... Parts>
bool read_part_named(std::string_view name, const json::value& from, message_body& into,
                     std::type_identity<std::variant<Parts...>>) {
  return ((name == part_name<Parts> && read_part<Parts>(from, into)) || ...);
}

} // namespace

void add_members(object_writer& object, const message_body& body) {
  for (const body_part& part : body.parts)
    std::visit([&]<class Part>(const Part& one) { write(object.open(part_name<Part>), one); }, part);
  add(object, "forwarded", body.forwarded);
  add_further(object, body.further);
}

std::string encode(const message_body& body) {
  std::string out;
  {
    object_writer object(out);
    add_members(object, body);
  }
  return out;
}

message_body body_from(const json::object& object) {
  message_body body;
  for (const auto& member : object) {
    const std::string_view name = member.key();
    const bool taken = name == "forwarded"
                           ? read(member.value(), body.forwarded)
                           : read_part_named(name, member.value(), body, std::type_identity<body_part>{});
    if (!taken) body.further.push_back(plain(member));
  }
  return body;
}

message_body body_from_members(std::string_view members) {
  return body_from(parse_stored("{" + std::string(members) + "}").as_object());
}

template <class Part>
Part part_from(const json::object& object) {
  Part part{};
  read_members(object, part);
  return part;
}

template interactive_reply part_from(const json::object&);
template button_press part_from(const json::object&);
template order part_from(const json::object&);
template system_notice part_from(const json::object&);
template payment part_from(const json::object&);
template referral part_from(const json::object&);
template product part_from(const json::object&);

} // namespace tickwire::wire
