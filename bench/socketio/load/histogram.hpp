// Latencies, to within 1.6 %, in constant space.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace load {

class histogram {
public:
  void add(std::chrono::nanoseconds latency) {
    ++buckets_[index(static_cast<std::uint64_t>(latency.count()) / 1000)];
    ++count_;
  }
  // Microseconds that the given part of the samples does not exceed.
  std::uint64_t quantile(double part) const {
    const auto wanted = static_cast<std::uint64_t>(static_cast<double>(count_) * part);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i)
      if ((seen += buckets_[i]) > wanted) return value(i);
    return 0;
  }
  std::uint64_t count() const { return count_; }

private:
  // 64 steps to each power of two, exact below 64.
  static constexpr unsigned steps = 64, log_steps = 6;
  static std::size_t index(std::uint64_t us) {
    if (us < steps) return us;
    const auto shift = static_cast<unsigned>(std::bit_width(us)) - log_steps - 1;
    return std::min<std::size_t>((shift + 1) * steps + ((us >> shift) - steps), size - 1);
  }
  static std::uint64_t value(std::size_t i) {
    if (i < steps) return i;
    const auto shift = i / steps - 1;
    return (i % steps + steps) << shift;
  }

  static constexpr std::size_t size = 32 * steps;
  std::array<std::uint64_t, size> buckets_{};
  std::uint64_t count_ = 0;
};

} // namespace load
