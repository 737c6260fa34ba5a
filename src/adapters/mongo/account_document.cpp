#include "adapters/mongo/account_document.hpp"

#include <algorithm>

namespace tickwire::mongo {

namespace {

constexpr auto the_one = "all";

} // namespace

void accounts_now::add(user_record added) { all.push_back(std::move(added)); }

void accounts_now::change(const account_change& done) {
  const auto place = std::find_if(all.begin(), all.end(),
                                  [&](const user_record& one) { return one.who.id == done.now.who.id; });
  *place = done.now;
  generations& mine = of[done.now.who.id];
  mine.sessions += done.ends_sessions;
  mine.devices += done.forgets_devices;
}

void accounts_now::remove(const account_change& done) {
  std::erase_if(all, [&](const user_record& one) { return one.who.id == done.now.who.id; });
  of.erase(done.now.who.id);
}

document which_users() { return document().text("_id", the_one); }
document which_users(const std::string& version) { return which_users().text("version", version); }

accounts_now read_accounts(const reader& stored) {
  accounts_now accounts;
  accounts.version = stored.text("version");
  stored.each_object("users", [&](const reader& one) {
    const std::string id = one.text("id");
    accounts.all.push_back({{id, one.text("name"), role_from(one.view("role")), one.flag("disabled")},
                            one.text("passwordHash")});
    accounts.of[id] = {one.number("sessions"), one.number("devices")};
  });
  return accounts;
}

document with_accounts(document row, const accounts_now& accounts) {
  list users;
  for (const user_record& one : accounts.all) {
    const generations mine = accounts.generations_of(one.who.id);
    document user;
    user.text("id", one.who.id)
        .text("name", one.who.name)
        .text("role", to_text(one.who.role))
        .flag("disabled", one.who.disabled)
        .text("passwordHash", one.password_hash)
        .number("sessions", mine.sessions)
        .number("devices", mine.devices);
    users.object(user);
  }
  row.text("version", accounts.version).array("users", users);
  return row;
}

} // namespace tickwire::mongo
