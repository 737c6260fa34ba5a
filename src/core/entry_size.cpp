#include "core/entry_size.hpp"

namespace tickwire {

namespace {

// Texts that may be long. Names, numbers and ids are short and stand in the raw JSON as well.
struct long_texts {
  std::size_t operator()(const message_received& data) const { return data.text.size() + data.extra.size(); }
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
