// What tests compare stores by: all rows of their views, field by field.
#pragma once

#include "contract/random_story.hpp"
#include "contract/store_in_memory.hpp"
#include "store/migration.hpp"
#include "store/views_anew.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tickwire::testing {

inline whole_accounts some_people() {
  return {{{{"u_ana", "Ana", role::admin}, "hash of Ana"},
           {{"u_ben", "Ben \"B\" Müller", role::agent, true}, "hash of Ben"}},
          {{"token 2", "u_ana", at(9'000)}, {"token 1", "u_ana", at(5'000)}},
          {{"device 1", "u_ben", at(1)}}};
}

inline std::string name_of_row(const view_row& row) {
  struct naming {
    std::string operator()(const message& row) const { return row.id; }
    std::string operator()(const contact& row) const { return row.id; }
    std::string operator()(const chat& row) const { return row.id; }
    std::string operator()(const binding_row& row) const { return row.name; }
    std::string operator()(const parked_row& row) const { return row.name + " " + row.key; }
    std::string operator()(const alias_row& row) const { return row.alias; }
    std::string operator()(const quote_row& row) const { return row.quoted + " " + std::to_string(row.seq); }
    std::string operator()(const term_row&) const { return "term"; }
    std::string operator()(const mark_row& row) const { return row.user_id + " " + row.chat_id; }
  };
  return std::to_string(row.index()) + " " + std::visit(naming{}, row);
}

inline std::map<std::string, view_row> by_name(const std::vector<view_row>& rows) {
  std::map<std::string, view_row> all;
  for (const view_row& row : rows)
    EXPECT_TRUE(all.emplace(name_of_row(row), row).second) << name_of_row(row) << " twice";
  return all;
}
inline std::map<std::string, view_row> rows_in(whole_store& store) {
  std::vector<view_row> rows;
  for (const std::string& number : store.inboxes())
    store.read(number)->each_view_row([&](const view_row& row) { rows.push_back(row); });
  return by_name(rows);
}

// Field by field; says which rows, since they are many.
inline void expect_same(const std::map<std::string, view_row>& rows,
                        const std::map<std::string, view_row>& expected) {
  for (const auto& [name, row] : expected) {
    const auto place = rows.find(name);
    if (place == rows.end())
      ADD_FAILURE() << name << " is missing, " << seed_note();
    else
      EXPECT_TRUE(place->second == row) << name << " is another, " << seed_note();
  }
  for (const auto& [name, row] : rows)
    EXPECT_TRUE(expected.contains(name)) << name << " is new, " << seed_note();
}

inline views_anew made_anew(whole_store& store) {
  views_anew made;
  make_views_anew(store, [&](const std::string& number, const views_anew& done) {
    EXPECT_EQ(number, inbox);
    made = done;
  });
  return made;
}

} // namespace tickwire::testing
