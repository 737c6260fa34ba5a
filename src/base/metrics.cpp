#include "base/metrics.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

namespace tickwire {

namespace {

struct metric_list {
  std::mutex mutex;
  std::vector<const metric*> all;
};

// Never destroyed: metrics with static storage may end after it.
metric_list& known() {
  static auto* list = new metric_list;
  return *list;
}

} // namespace

metric::metric(std::string_view name, std::string_view help, std::string_view type)
    : name_(name)
    , help_(help)
    , type_(type) {
  const std::lock_guard lock(known().mutex);
  known().all.push_back(this);
}

metric::~metric() {
  const std::lock_guard lock(known().mutex);
  std::erase(known().all, this);
}

std::string metrics_text() {
  struct shown {
    std::string_view help, type;
    std::uint64_t value = 0;
  };
  std::map<std::string_view, shown> by_name;
  {
    const std::lock_guard lock(known().mutex);
    for (const metric* one : known().all) {
      shown& its = by_name[one->name_];
      its.help = one->help_;
      its.type = one->type_;
      its.value += one->value();
    }
  }
  std::string text;
  std::string_view told; // those of one family stand together
  for (const auto& [name, its] : by_name) {
    const std::string_view family = name.substr(0, name.find('{'));
    if (family != told) {
      text.append("# HELP ").append(family).append(" ").append(its.help).append("\n# TYPE ").append(family);
      text.append(" ").append(its.type).append("\n");
    }
    told = family;
    text.append(name).append(" ").append(std::to_string(its.value)).append("\n");
  }
  return text;
}

} // namespace tickwire
