// A whole store that is only read: a log in memory with some accounts. What other stores are copied from and
// compared with.
#pragma once

#include "core/memory_views.hpp"
#include "store/whole_store.hpp"
#include "wire/entry_json.hpp"
#include "wire/public_json.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tickwire::testing {

inline std::vector<view_row> rows_of(const memory_views& rows) {
  std::vector<view_row> all;
  for (const auto& [id, row] : rows.messages) all.emplace_back(row);
  for (const auto& [id, row] : rows.contacts) all.emplace_back(row);
  for (const auto& [id, row] : rows.chats) all.emplace_back(row);
  for (const auto& [name, to] : rows.bindings) all.emplace_back(binding_row{name, to});
  for (const auto& [name, entries] : rows.parked)
    for (const auto& [key, what] : entries) all.emplace_back(parked_row{name, key});
  for (const auto& [alias, to] : rows.aliases) all.emplace_back(alias_row{alias, to.first, to.second});
  for (const auto& [quoted, by] : rows.quotes)
    for (const auto& [seq, id] : by) all.emplace_back(quote_row{quoted, id, seq});
  for (const auto& [whose, up_to] : rows.marks) all.emplace_back(mark_row{whose.first, whose.second, up_to});
  if (rows.term > 0) all.emplace_back(term_row{rows.term});
  return all;
}

class store_in_memory final : public whole_store {
public:
  store_in_memory(std::string number, memory_log log, whole_accounts people)
      : inbox_(std::move(number))
      , log_(std::move(log))
      , people_(std::move(people)) {}

  std::uint64_t breaks_behind = UINT64_MAX; // reading entries behind this one throws
  std::string name = "memory";

  std::string told() const override { return name; }
  std::string identity() override { return name; }
  void keep_servers_out() override {}
  std::string unfinished() override { return {}; }
  std::vector<std::string> inboxes() override {
    return log_.entries.empty() ? std::vector<std::string>() : std::vector{inbox_};
  }
  std::unique_ptr<whole_log> read(const std::string&) override { return std::make_unique<reading>(*this); }
  whole_accounts accounts() override { return people_; }

  void set_unfinished(const std::string&) override { throw std::logic_error("only read"); }
  std::unique_ptr<log_rows> write(const std::string&, const std::string&) override {
    throw std::logic_error("only read");
  }
  void set_epoch(const std::string&, const std::string&) override { throw std::logic_error("only read"); }
  void put_accounts(const whole_accounts&) override { throw std::logic_error("only read"); }
  void make_views_anew(const std::string&) override { throw std::logic_error("only read"); }

  const memory_log& log() const { return log_; }

private:
  static constexpr std::size_t entries_at_once = 37;

  class reading final : public whole_log {
  public:
    explicit reading(store_in_memory& store)
        : store_(store) {}
    std::string epoch() override { return "the epoch of " + store_.name; }
    std::uint64_t head() override { return store_.log_.head; }
    std::vector<stored_entry> entries_after(std::uint64_t seq) override {
      std::vector<stored_entry> part;
      for (std::uint64_t i = seq; i < store_.log_.head && part.size() < entries_at_once; ++i) {
        if (i >= store_.breaks_behind) throw std::runtime_error("a break for tests");
        const entry& what = store_.log_.entries[i];
        part.push_back({what, wire::encode(what.data), said_of(what.seq)});
      }
      return part;
    }
    void each_view_row(const std::function<void(const view_row&)>& use) override {
      for (const view_row& row : rows_of(store_.log_.rows)) use(row);
    }

  private:
    std::optional<encoded_event> said_of(std::uint64_t seq) const {
      const auto& events = store_.log_.events;
      const auto place = std::lower_bound(events.begin(), events.end(), seq,
                                          [](const event& one, std::uint64_t n) { return one.seq < n; });
      if (place == events.end() || place->seq != seq) return std::nullopt;
      return encoded_event{seq, std::string(name_of(*place)), place->only_user,
                           std::make_shared<const std::string>(wire::event_data(*place))};
    }
    store_in_memory& store_;
  };

  const std::string inbox_;
  const memory_log log_;
  const whole_accounts people_;
};

} // namespace tickwire::testing
