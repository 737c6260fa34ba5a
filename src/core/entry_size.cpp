#include "core/entry_size.hpp"

#include "core/body_members.hpp"

namespace tickwire {

namespace {

// What a value holds beside itself: the bytes of texts and of lists.
template <class Number>
  requires std::is_arithmetic_v<Number>
std::size_t measure(Number) {
  return 0;
}
std::size_t measure(std::monostate) { return 0; }
std::size_t measure(const std::string& text) { return text.size(); }

template <class... Kinds>
std::size_t measure(const std::variant<Kinds...>& value);
template <class Value>
std::size_t measure(const std::optional<Value>& value);
template <class Item>
std::size_t measure(const std::vector<Item>& list);

std::size_t measure(const plain_value& value) { return measure(value.is); }
std::size_t measure(const plain_member& member) { return measure(member.name) + measure(member.value); }

template <class Part>
  requires has_members<Part>
std::size_t measure(const Part& part) {
  std::size_t bytes = measure(part.further);
  each_member(part, [&](std::string_view, const auto& member) { bytes += measure(member); });
  return bytes;
}

template <class... Kinds>
std::size_t measure(const std::variant<Kinds...>& value) {
  return std::visit([](const auto& held) { return measure(held); }, value);
}
template <class Value>
std::size_t measure(const std::optional<Value>& value) {
  return value ? measure(*value) : 0;
}
template <class Item>
std::size_t measure(const std::vector<Item>& list) {
  std::size_t bytes = list.size() * sizeof(Item);
  for (const Item& item : list) bytes += measure(item);
  return bytes;
}

// Only texts that may be long. Names, numbers and ids are short and counted with the raw JSON.
struct long_texts {
  std::size_t operator()(const message_received& data) const {
    return data.text.size() + measure(data.body.parts) + measure(data.body.further);
  }
  std::size_t operator()(const message_accepted& data) const { return data.text.size(); }
  std::size_t operator()(const edit& data) const { return data.text.size(); }
  template <class Data>
  std::size_t operator()(const Data&) const {
    return 0;
  }
};

} // namespace

std::size_t bytes_of(const entry& entry) {
  return sizeof entry + entry.key.size() + entry.raw.size() + std::visit(long_texts{}, entry.data);
}

} // namespace tickwire
