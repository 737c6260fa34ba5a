#include "store/account_rules.hpp"

#include "base/random.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace tickwire {

namespace {

constexpr std::size_t id_characters = 16; // 96 random bits

std::unexpected<failure> no_such_user(std::string_view name) {
  return fail(failure_kind::not_found, "unknown_user",
              "There is no user called \"" + std::string(name) + "\".");
}
std::unexpected<failure> name_taken(const std::string& name) {
  return fail(failure_kind::conflict, "name_taken",
              "Somebody is called \"" + name + "\" already. Choose another name.");
}

bool administers(const user& who) { return who.role == role::admin && !who.disabled; }

// An administrator who may log in is left when `before` becomes `after`, or is gone.
result<void> somebody_administers(const account_list& all, const user& before, const user* after) {
  if (!administers(before) || (after && administers(*after))) return {};
  const bool others = std::any_of(all.begin(), all.end(), [&](const user_record& one) {
    return one.who.id != before.id && administers(one.who);
  });
  if (others) return {};
  return fail(failure_kind::conflict, "last_admin",
              "\"" + before.name + "\" is the last administrator. Make somebody else one first.");
}

} // namespace

const user_record* find_by_name(const account_list& all, std::string_view name) {
  const std::string key = ascii_lower(name);
  const auto place = std::find_if(all.begin(), all.end(),
                                  [&](const user_record& one) { return ascii_lower(one.who.name) == key; });
  return place == all.end() ? nullptr : &*place;
}

const user_record* find_by_id(const account_list& all, std::string_view id) {
  const auto place =
      std::find_if(all.begin(), all.end(), [&](const user_record& one) { return one.who.id == id; });
  return place == all.end() ? nullptr : &*place;
}

std::vector<user> users_of(const account_list& all) {
  std::vector<user> users;
  users.reserve(all.size());
  for (const user_record& one : all) users.push_back(one.who);
  std::sort(users.begin(), users.end(), [](const user& left, const user& right) {
    return ascii_lower(left.name) < ascii_lower(right.name);
  });
  return users;
}

std::string new_user_id() { return "u_" + random_text(id_characters); }

std::string_view to_text(enum role role) { return role == role::admin ? "admin" : "agent"; }
enum role role_from(std::string_view text) { return text == "admin" ? role::admin : role::agent; }

std::unexpected<failure> accounts_unavailable() {
  return fail(failure_kind::store_unavailable, "store_unavailable",
              "The accounts cannot be read or written at the moment. Try again in a few seconds.");
}

result<user_record> add_account(const account_list& all, std::string name, enum role role,
                                std::string password_hash) {
  if (find_by_name(all, name)) return name_taken(name);
  if (all.size() >= accounts_max)
    return fail(failure_kind::conflict, "too_many_users",
                "There are " + std::to_string(all.size()) +
                    " users already, which is the limit. Remove somebody first.");
  return user_record{{new_user_id(), std::move(name), role}, std::move(password_hash)};
}

result<user_record> add_first_account(const account_list& all, std::string name, enum role role,
                                      std::string password_hash) {
  if (!all.empty())
    return fail(failure_kind::conflict, "already_set_up",
                "There is an administrator already. Log in, or ask them for an account.");
  return add_account(all, std::move(name), role, std::move(password_hash));
}

result<account_change> change_account(const account_list& all, std::string_view name,
                                      const user_change& change) {
  const user_record* found = find_by_name(all, name);
  if (!found) return no_such_user(name);
  account_change done{*found};
  user& who = done.now.who;
  if (change.name) who.name = *change.name;
  if (change.role) who.role = *change.role;
  if (change.disabled) who.disabled = *change.disabled;
  if (change.password_hash) done.now.password_hash = *change.password_hash;
  if (auto stays = somebody_administers(all, found->who, &who); !stays) return std::unexpected(stays.error());
  if (const user_record* other = find_by_name(all, who.name); other && other->who.id != who.id)
    return name_taken(who.name);
  done.ends_sessions = change.password_hash || who.disabled;
  done.forgets_devices = change.password_hash.has_value();
  return done;
}

result<account_change> remove_account(const account_list& all, std::string_view name) {
  const user_record* found = find_by_name(all, name);
  if (!found) return no_such_user(name);
  if (auto stays = somebody_administers(all, found->who, nullptr); !stays)
    return std::unexpected(stays.error());
  return account_change{*found, true, true};
}

} // namespace tickwire
