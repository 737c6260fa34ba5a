// What people should know about the service as a whole: whether it sends, and, for admins, whether Meta sends
// us what is not ours. Not stored: it is about now. I/O thread.
#pragma once

#include "core/service_state.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickwire {

class service_state {
public:
  // Called after each change that people should see. Set once.
  std::function<void()> on_change;

  // Whether there is anything to tell: a page that hears nothing after its `sync` knows that all is well.
  bool all_well(bool admin) const { return !sending_.paused && (!admin || foreign_.empty()); }

  const sending_state& sending() const { return sending_; }
  void set_sending(sending_state now) {
    if (now == sending_) return;
    const bool seen = now.paused || sending_.paused; // nobody looks at a queue that moves
    sending_ = std::move(now);
    if (seen && on_change) on_change();
  }

  // The numbers first seen, at most `foreign_numbers_max`.
  const std::vector<foreign_number>& foreign_numbers() const { return foreign_; }
  // `count` more changes of a number that is not ours came at `now`. Told when the number is new, later at
  // most every `foreign_told_every`, since Meta may send thousands.
  void add_foreign(std::string_view phone_number_id, std::string_view display_phone_number,
                   std::uint64_t count, timestamp now) {
    for (foreign_number& known : foreign_) {
      if (known.phone_number_id != phone_number_id) continue;
      known.count += count;
      known.last_at = now;
      if (!display_phone_number.empty()) known.display_phone_number = display_phone_number;
      return tell_foreign(now);
    }
    if (foreign_.size() >= foreign_numbers_max) return;
    foreign_.push_back({std::string(phone_number_id), std::string(display_phone_number), count, now});
    foreign_told_at_ = timestamp{};
    tell_foreign(now);
  }

  static constexpr std::size_t foreign_numbers_max = 20;
  static constexpr std::chrono::seconds foreign_told_every{10};

private:
  void tell_foreign(timestamp now) {
    if (now - foreign_told_at_ < foreign_told_every) return;
    foreign_told_at_ = now;
    if (on_change) on_change();
  }

  sending_state sending_;
  std::vector<foreign_number> foreign_;
  timestamp foreign_told_at_{};
};

} // namespace tickwire
