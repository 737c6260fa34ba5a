// Changes scripts (script.hpp) by whole commands, where libFuzzer by itself changes bytes: half of the time
// each.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using steps = std::vector<std::string>;

// Cut before each command.
steps parts_of(std::string_view script) {
  steps parts;
  while (!script.empty()) {
    const std::size_t end = std::min(script.find('\xff', 1), script.size());
    parts.emplace_back(script.substr(0, end));
    script.remove_prefix(end);
  }
  return parts;
}

// What a client does in one go.
steps usual_steps() {
  using namespace std::string_view_literals;
  // Octal, which ends after three digits.
  static constexpr std::string_view all[] = {
      "\3770"sv,
      "\3771"sv,
      "\3772"sv,
      "\377f"sv,
      "\377c"sv,
      "\377h"sv,
      "\377n"sv,
      "\377r"sv,
      "\377t\5"sv,
      "\377t\10"sv,
      "\377t\12"sv,
      "\377t\14"sv,
      "\377H"sv,
      "\377V"sv,
      "\377P\0\377f"sv,
      "\377P\1\377f"sv,
      "\377P\2\377f"sv,
      "\377O\00040\377e"sv,
      "\377O\0003\377e"sv,
      "\377O\00042[\"echo\"]\377e"sv,
      "\377W\0\377T2probe\377e\377f"sv,
      "\377T5\377e\377f"sv,
      "\377T40\377e"sv,
      "\377T41\377e"sv,
      "\377T3\377e"sv,
      "\3770\377V\377T40\377e\377f"sv,
      "\3771\377V\377T40\377e\377f"sv,
      "\3772\377H\377f\377O\00140\377e\377P\1\377f"sv,
      "\377T40{\"pid\":\"\377p\0\",\"offset\":\"\377o\"}\377e\377f"sv,
      "\377T42[\"all\",\"\377x\20\"]\377e"sv,
      "\377T451-[\"echo\",{\"_placeholder\":true,\"num\":0}]\377e\377B\1\377e"sv,
      "\377C\3\350\377e"sv,
      "\377T4close\377e"sv,
      "\377O\0004later\377e"sv,
      "\377Gx\377e"sv,
  };
  return {std::begin(all), std::end(all)};
}

const std::string& any_of(const steps& from, std::minstd_rand& random) {
  return from[random() % from.size()];
}

std::size_t written(const steps& parts, std::uint8_t* data, std::size_t max_size) {
  std::size_t size = 0;
  for (const std::string& part : parts) {
    if (size + part.size() > max_size) break;
    std::memcpy(data + size, part.data(), part.size());
    size += part.size();
  }
  return size;
}

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  static const steps usual = usual_steps();
  steps parts = parts_of({reinterpret_cast<const char*>(data), size});
  for (std::size_t changes = random() % 3 + 1; changes > 0; --changes) {
    const std::size_t at = random() % (parts.size() + 1);
    const auto place = parts.begin() + static_cast<std::ptrdiff_t>(at);
    const bool inside = at < parts.size();
    switch (random() % 6) {
    case 0:
      parts.insert(place, any_of(usual, random));
      break;
    case 1:
      if (inside) parts.erase(place);
      break;
    case 2: // a run of commands once more, elsewhere
      if (inside) {
        const std::size_t count = std::min<std::size_t>(random() % 4 + 1, parts.size() - at);
        const steps run(place, place + static_cast<std::ptrdiff_t>(count));
        const auto to = static_cast<std::ptrdiff_t>(random() % (parts.size() + 1));
        parts.insert(parts.begin() + to, run.begin(), run.end());
      }
      break;
    case 3:
      if (inside) std::swap(*place, parts[random() % parts.size()]);
      break;
    case 4: // another connection, another session
      if (inside && place->size() >= 2) {
        char& letter = (*place)[1];
        if (letter >= '0' && letter <= '7')
          letter = static_cast<char>('0' + random() % 4);
        else if (place->size() >= 3)
          (*place)[2] = static_cast<char>(random() % 4);
      }
      break;
    default: // bytes of one command
      if (inside) {
        std::string& part = *place;
        const std::size_t before = part.size();
        part.resize(before + 64);
        part.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(part.data()), before, part.size()));
      }
    }
  }
  return written(parts, data, max_size);
}

// The beginning of one script and the end of another.
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second, std::size_t second_size,
                                                 std::uint8_t* out, std::size_t max_size, unsigned seed) {
  std::minstd_rand random(seed);
  steps parts = parts_of({reinterpret_cast<const char*>(first), first_size});
  const steps others = parts_of({reinterpret_cast<const char*>(second), second_size});
  parts.resize(random() % (parts.size() + 1));
  const auto from = static_cast<std::ptrdiff_t>(random() % (others.size() + 1));
  parts.insert(parts.end(), others.begin() + from, others.end());
  return written(parts, out, max_size);
}
