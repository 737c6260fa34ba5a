// A store in which something throws that is not the store's own trouble: what a fault in our rules looks
// like.
#pragma once

#include "store/log_rows.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace tickwire::testing {

// Where in the way of an entry it throws.
enum class fault_at { completing, applying, writing, taking_in };

class faulty_rows final : public log_rows {
public:
  faulty_rows(std::unique_ptr<log_rows> real, fault_at where, std::string key)
      : real_(std::move(real))
      , where_(where)
      , key_(std::move(key)) {}

  std::optional<entry> find(const std::string& key) override {
    if (where_ == fault_at::taking_in) return real_->find(key);
    views_until_fault_ = key != key_                      ? 0
                         : where_ == fault_at::completing ? 1
                         : where_ == fault_at::applying   ? 2
                                                          : 0;
    return real_->find(key);
  }
  bool has(const std::string& key) override { return real_->has(key); }
  // Asked once to complete an entry, then to apply each that it became.
  class views& views() override {
    if (views_until_fault_ > 0 && --views_until_fault_ == 0) throw std::logic_error("a fault for tests");
    return real_->views();
  }
  void write(const log_row& row) override {
    real_->write(row); // so that there is something to undo
    if (where_ == fault_at::writing && row.what.key == key_) throw std::logic_error("a fault for tests");
  }

  void begin() override { real_->begin(); }
  void commit() override { real_->commit(); }
  void roll_back() noexcept override { real_->roll_back(); }
  void set_point() override { real_->set_point(); }
  void keep_since_point() override { real_->keep_since_point(); }
  void undo_since_point() override { real_->undo_since_point(); }
  // Entries that another writer appended have a number. Each of them asks for the views once.
  void prefetch(const std::vector<const entry*>& proposals) override {
    if (where_ == fault_at::taking_in)
      for (std::size_t i = 0; i < proposals.size(); ++i)
        if (proposals[i]->seq > 0 && proposals[i]->key == key_) views_until_fault_ = static_cast<int>(i) + 1;
    real_->prefetch(proposals);
  }
  std::uint64_t head() override { return real_->head(); }
  std::vector<log_entry> entries_after(std::uint64_t seq) override { return real_->entries_after(seq); }
  std::string epoch() override { return real_->epoch(); }
  void write_probe(std::size_t bytes) override { real_->write_probe(bytes); }

private:
  std::unique_ptr<log_rows> real_;
  const fault_at where_;
  const std::string key_;
  int views_until_fault_ = 0;
};

} // namespace tickwire::testing
