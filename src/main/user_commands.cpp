#include "main/user_commands.hpp"

#include "adapters/auth/sodium_hashing.hpp"
#include "app/accounts.hpp"
#include "core/weak_password.hpp"
#include "main/stores.hpp"
#include "store/account_rules.hpp"

#include <CLI/CLI.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <optional>

namespace tickwire {

namespace asio = boost::asio;

namespace {

// Runs one coroutine to its end.
template <class T>
T wait_for(asio::io_context& io, task<T> work) {
  std::optional<T> done;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
    if (error) std::rethrow_exception(error);
    done.emplace(std::move(value));
  });
  io.restart();
  io.run();
  return std::move(*done);
}

// From standard input, with or without a new line behind it.
// Who sits at the server's own command line may take a weak password, but is told.
result<std::string> hashed_password(const std::string& name) {
  std::string password;
  std::getline(std::cin, password);
  if (!password.empty() && password.back() == '\r') password.pop_back();
  if (is_weak_password(password, {name}))
    std::cerr << "Warning: this password is among the first that somebody would guess.\n";
  auto hash = auth::make_sodium_hashing()->hash(password);
  if (!hash) hash.error().detail += " It is read from standard input.";
  return hash;
}

// What was done, as a sentence.
using outcome = result<std::string>;

outcome list(asio::io_context& io, account_store& store) {
  const auto all = wait_for(io, store.users());
  if (!all) return std::unexpected(all.error());
  for (const user& one : *all)
    std::cout << to_text(one.role) << (one.disabled ? "  disabled  " : "            ") << one.name << "\n";
  return std::to_string(all->size()) + (all->size() == 1 ? " user." : " users.");
}

outcome add(asio::io_context& io, account_store& store, const std::string& name, enum role role) {
  if (auto fine = check_name(name); !fine) return std::unexpected(fine.error());
  auto hash = hashed_password(name);
  if (!hash) return std::unexpected(hash.error());
  const auto added = wait_for(io, store.add_user(name, role, std::move(*hash)));
  if (!added) return std::unexpected(added.error());
  return "Added " + added->name + " (" + std::string(to_text(role)) + ").";
}

outcome change(asio::io_context& io, account_store& store, const std::string& name, user_change change,
               const std::string& done) {
  const auto changed = wait_for(io, store.change_user(name, std::move(change)));
  if (!changed) return std::unexpected(changed.error());
  return done;
}

} // namespace

std::shared_ptr<user_commands> add_user_commands(CLI::App& app) {
  auto asked = std::make_shared<user_commands>();
  CLI::App* user = app.add_subcommand("user", "Accounts; works while the server runs");
  user->require_subcommand(1);
  const auto command = [&](const char* name, const char* help) {
    CLI::App* made = user->add_subcommand(name, help);
    made->callback([asked, name] { asked->command = name; });
    return made;
  };
  const auto of_one = [&](const char* name, const char* help) {
    CLI::App* made = command(name, help);
    made->add_option("name", asked->name, "What they log in with")->required();
    return made;
  };
  const auto is_role = CLI::IsMember({"agent", "admin"});
  command("list", "Show all accounts");
  of_one("add", "Add an account; the password is read from standard input")
      ->add_option("--role", asked->role, "agent or admin")
      ->check(is_role);
  of_one("remove", "Remove an account and end its sessions");
  of_one("rename", "Give an account another name")
      ->add_option("new-name", asked->new_name, "What they log in with from now on")
      ->required();
  of_one("password", "Set a new password, read from standard input, and end all sessions");
  of_one("role", "Make somebody an agent or an admin")
      ->add_option("role", asked->role, "agent or admin")
      ->required()
      ->check(is_role);
  of_one("disable", "Let nobody log in by this account, and end its sessions");
  of_one("enable", "Let them log in again");
  return asked;
}

int user_commands::run(const store_place& place) const {
  asio::io_context io;
  stores here(place);
  const auto store = here.open_accounts(io.get_executor());
  outcome done;
  if (command == "list") {
    done = list(io, *store);
  } else if (command == "add") {
    done = add(io, *store, name, role_from(role));
  } else if (command == "remove") {
    const auto removed = wait_for(io, store->remove_user(name));
    done = removed ? outcome("Removed " + name + ".") : std::unexpected(removed.error());
  } else if (command == "rename") {
    const auto fine = check_name(new_name);
    done = fine ? change(io, *store, name, {.name = new_name}, name + " is " + new_name + " now.")
                : std::unexpected(fine.error());
  } else if (command == "password") {
    auto hash = hashed_password(name);
    done = hash ? change(io, *store, name, {.password_hash = *hash}, name + " has a new password.")
                : std::unexpected(hash.error());
  } else if (command == "role") {
    done = change(io, *store, name, {.role = role_from(role)}, name + " is " + role + " now.");
  } else if (command == "disable") {
    done = change(io, *store, name, {.disabled = true}, name + " cannot log in any more.");
  } else if (command == "enable") {
    done = change(io, *store, name, {.disabled = false}, name + " can log in again.");
  }
  std::cerr << (done ? *done : done.error().detail) << "\n";
  return done ? 0 : 1;
}

} // namespace tickwire
