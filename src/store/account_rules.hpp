// What holds for all accounts together: names are unique, the first account is made once, an administrator
// stays. Decided here, on values, for every store.
#pragma once

#include "app/ports.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

inline constexpr std::size_t accounts_max = 5'000;

using account_list = std::vector<user_record>;

// What becomes of an account.
struct account_change {
  user_record now;
  bool ends_sessions = false, forgets_devices = false; // all that it has until now
};

// Names are the same whatever their ASCII case.
const user_record* find_by_name(const account_list& all, std::string_view name);
const user_record* find_by_id(const account_list& all, std::string_view id);

// By name.
std::vector<user> users_of(const account_list& all);

std::string new_user_id();

// As it is stored.
std::string_view to_text(enum role role);
enum role role_from(std::string_view text);

// What is answered while the store is away.
std::unexpected<failure> accounts_unavailable();

// A new account, which is not in the list yet. conflict when the name is taken or there are too many.
result<user_record> add_account(const account_list& all, std::string name, enum role role,
                                std::string password_hash);
// conflict when there is any account.
result<user_record> add_first_account(const account_list& all, std::string name, enum role role,
                                      std::string password_hash);
// See account_store::change_user and remove_user. Of a removed one `now` is what it was.
result<account_change> change_account(const account_list& all, std::string_view name,
                                      const user_change& change);
result<account_change> remove_account(const account_list& all, std::string_view name);

} // namespace tickwire
