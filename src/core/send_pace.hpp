// How fast messages may go. Pure: the time comes in.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace tickwire {

using steady_time = std::chrono::steady_clock::time_point;

// So many at once, and one more with each period: within any span at most `burst` + span / period.
struct send_rate {
  std::chrono::nanoseconds period;
  int burst;
};

// One rate, kept as the time at which its credit is whole again.
class send_pace {
public:
  // Begins without credit: whoever went before may have used it.
  send_pace(send_rate rate, steady_time now)
      : rate_(rate)
      , whole_at_(now + rate.period * rate.burst) {}

  // When the next one may go; in the past: now.
  steady_time free_at() const { return whole_at_ - rate_.period * (rate_.burst - 1); }
  void take(steady_time now) { whole_at_ = std::max(whole_at_, now) + rate_.period; }

private:
  send_rate rate_;
  steady_time whole_at_;
};

// The same rate for each of many people. Forgotten as soon as a person's credit is whole again, exactly then,
// so that no more are kept than were written to lately: with 80 messages a second, one in 6 s to a person and
// 45 on credit, at most about 2,300.
class pair_paces {
public:
  explicit pair_paces(send_rate rate)
      : rate_(rate) {}

  steady_time free_at(const std::string& who) const {
    const auto place = whole_at_.find(who);
    return place == whole_at_.end() ? steady_time::min() : place->second - rate_.period * (rate_.burst - 1);
  }
  void take(const std::string& who, steady_time now) {
    forget_whole(now);
    use(who, rate_.period, now);
  }
  // The two are one person: what `from` has used of its credit, `into` has used as well.
  void join(const std::string& from, const std::string& into, steady_time now) {
    forget_whole(now);
    const auto place = whole_at_.find(from);
    if (place == whole_at_.end()) return;
    const auto used = place->second - now;
    by_time_.erase({place->second, from});
    whole_at_.erase(place);
    use(into, used, now);
  }
  std::size_t size() const { return whole_at_.size(); }

private:
  void forget_whole(steady_time now) {
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
      whole_at_.erase(by_time_.begin()->second);
      by_time_.erase(by_time_.begin());
    }
  }
  void use(const std::string& who, steady_time::duration credit, steady_time now) {
    const auto [place, fresh] = whole_at_.try_emplace(who, now);
    if (!fresh) by_time_.erase({place->second, who});
    place->second += credit;
    by_time_.emplace(place->second, who);
  }

  send_rate rate_;
  std::map<std::string, steady_time> whole_at_; // of those whose credit is not whole
  std::set<std::pair<steady_time, std::string>> by_time_;
};

} // namespace tickwire
