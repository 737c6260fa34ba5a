#pragma once
// Chance that can be repeated: the same seed gives the same run of decisions on every machine,
// which std:: distributions do not promise.

#include <cstdint>

namespace simulator {

class seeded_random {
public:
  explicit seeded_random(std::uint64_t seed = 1)
      : state_(seed) {}

  std::uint64_t next() {
    // SplitMix64
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  /// True in `rate` of all calls. Takes one number whatever the rate is, so that turning one fault on
  /// leaves the others where they were.
  bool chance(double rate) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < rate; }

  /// 0 … count - 1; `count` must not be 0.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }

private:
  std::uint64_t state_;
};

} // namespace simulator
