// Rows of one kind as a transaction sees them: read from the store once, changed here, written at its end.
#pragma once

#include "adapters/mongo/applying.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tickwire::mongo {

// What undoes the changes since a point; empty while there is none.
class undo_log {
public:
  void set_point() { points_.push_back(steps_.size()); }
  void keep() { points_.pop_back(); }
  void undo() {
    for (; steps_.size() > points_.back(); steps_.pop_back()) steps_.back()();
    points_.pop_back();
  }
  bool has_point() const { return !points_.empty(); }
  template <class Step>
  void add(Step step) {
    if (!points_.empty()) steps_.emplace_back(std::move(step));
  }
  void clear() {
    steps_.clear();
    points_.clear();
  }

private:
  std::vector<std::function<void()>> steps_;
  std::vector<std::size_t> points_;
};

template <class Row>
class cells {
public:
  struct cell {
    std::optional<Row> row;
    before in_store = before::unknown;
    bool changed = false;
  };

  explicit cells(undo_log& undo)
      : undo_(undo) {}

  // Nothing: the store has to be asked.
  const cell* find(std::string_view key) const {
    const auto place = cells_.find(std::string(key));
    return place == cells_.end() ? nullptr : &place->second;
  }

  // What the store said; what is here already is newer.
  const cell& loaded(std::string_view key, std::optional<Row> row, before in_store) {
    return cells_.try_emplace(std::string(key), cell{std::move(row), in_store, false}).first->second;
  }

  // Nothing: it is removed.
  void put(std::string_view key, std::optional<Row> row) {
    std::string name(key);
    const auto [place, fresh] = cells_.try_emplace(name);
    if (undo_.has_point()) // most transactions have none: then nothing is copied
      undo_.add([this, name, old = fresh ? std::nullopt : std::optional(place->second)] {
        if (!old || !old->changed) changed_.pop_back(); // what is undone last was changed first
        if (old)
          cells_.insert_or_assign(name, *old);
        else
          cells_.erase(name);
      });
    if (!std::exchange(place->second.changed, true)) changed_.push_back(std::move(name));
    place->second.row = std::move(row);
  }

  // Those that begin so, and are as the store has them, are asked for again.
  void forget_unchanged(std::string_view prefix) {
    std::erase_if(cells_,
                  [&](const auto& one) { return !one.second.changed && one.first.starts_with(prefix); });
  }

  // Of this transaction, each once: use(key, cell).
  template <class Use>
  void each_changed(Use use) {
    for (const std::string& key : changed_) use(key, cells_.at(key));
  }

  template <class Use>
  void each(Use use) {
    for (auto& [key, cell] : cells_) use(key, cell);
  }

  // The store has what is here. Rows are remembered for the next transactions, up to so many.
  void written(std::size_t remembered_max) {
    each_changed([](const std::string&, cell& one) {
      one.in_store = before::present;
      one.changed = false;
    });
    changed_.clear();
    if (cells_.size() > remembered_max) cells_.clear();
  }

  void forget() {
    cells_.clear();
    changed_.clear();
  }

private:
  undo_log& undo_;
  std::unordered_map<std::string, cell> cells_;
  std::vector<std::string> changed_; // in this order
};

} // namespace tickwire::mongo
