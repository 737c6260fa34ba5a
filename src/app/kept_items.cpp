#include "app/kept_items.hpp"

namespace tickwire {

namespace {

const std::string& what_of(const entry& kept) { return std::get<unhandled>(kept.data).what; }

constexpr std::string_view help = "Items of signed webhooks that are kept without being understood.";

} // namespace

kept_items::kept_items(service_state& service, number_in display)
    : service_(service)
    , display_(std::move(display))
    , counts_{counter{"tickwire_webhook_kept_total{kind=\"number\"}", help},
              counter{"tickwire_webhook_kept_total{kind=\"failed\"}", help},
              counter{"tickwire_webhook_kept_total{kind=\"field\"}", help},
              counter{"tickwire_webhook_kept_total{kind=\"message\"}", help},
              counter{"tickwire_webhook_kept_total{kind=\"status\"}", help},
              counter{"tickwire_webhook_kept_total{kind=\"envelope\"}", help},
              counter{"tickwire_webhook_kept_total{kind=\"other\"}", help}} {}

std::optional<std::string> kept_items::add(const entry& kept) {
  count_in(kept, 1);
  ++unsaid_[kept_kind_of(what_of(kept))];
  if (said_at_ && kept.at - *said_at_ < said_every) return std::nullopt;
  said_at_ = kept.at;
  std::string line = "webhook: kept without being understood:";
  for (std::size_t i = 0; i < unsaid_.size(); ++i)
    if (unsaid_[i] > 0) line += " " + std::to_string(unsaid_[i]) + " \"" + std::string(kept_kinds[i]) + "\",";
  unsaid_ = {};
  return line + " see \"tickwire webhooks list\"";
}

task<result<void>> kept_items::load(log_store& log) {
  const auto groups = co_await log.kept_counts();
  if (!groups) co_return std::unexpected(groups.error());
  for (const kept_count& group : *groups) count_in(group.newest, group.count);
  co_return result<void>{};
}

void kept_items::count_in(const entry& example, std::uint64_t count) {
  const std::string& what = what_of(example);
  counts_[kept_kind_of(what)].add(count);
  const std::string_view number = foreign_number_of(what);
  if (!number.empty()) service_.add_foreign(number, display_(example.raw), count, example.at);
}

} // namespace tickwire
