// Logging in and out. Passwords are kept as argon2id hashes, sessions as the hash of their token.
#pragma once

#include "app/login_throttle.hpp"
#include "app/ports.hpp"
#include "base/blocking_pool.hpp"
#include "base/bounded_table.hpp"
#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/throttled_log.hpp"
#include "base/turnstile.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace tickwire {

struct login_request {
  std::string name, password;
  std::string address; // of who asks; see client_address.hpp
  std::string device;  // the device cookie's value; may be empty
};

struct login_result {
  user who;
  std::string token;  // 258 random bits; shown once
  std::string device; // for the device cookie; empty: it has a good one
};

struct session {
  user who;
  timestamp until; // it ends then
};

struct account_limits {
  std::chrono::seconds session_life = std::chrono::days{14};
  std::chrono::seconds looked_up_again_after{60};           // then the store is asked about a session again
  std::chrono::seconds setup_life = std::chrono::hours{24}; // of the link for the first administrator
  std::size_t sessions_bytes_max = 4 * 1024 * 1024;
  // How many passwords may wait to be checked, and how many of those may come from devices and addresses that
  // have never logged in: the other places are for those that have.
  std::size_t checks_waiting_max = 32, strangers_waiting_max = 24;
  login_throttle::rules throttle;
};

// What time it is; tests turn it forward.
struct account_clock {
  std::function<timestamp()> wall = wall_now;
  std::function<login_throttle::clock::time_point()> steady = login_throttle::clock::now;
};

inline constexpr std::size_t name_max = 64;                        // characters
inline constexpr std::size_t password_min = 8, password_max = 128; // characters

// Fails with the reason when it cannot be anybody's name.
result<void> check_name(std::string_view name);
// Fails with the reason when a password is too short or too long.
result<void> check_password_length(std::string_view password);

// The cryptography of accounts. Any thread.
class password_hashing {
public:
  virtual ~password_hashing() = default;
  // Blocks for some 40 ms and takes 19 MiB meanwhile: not on the I/O thread.
  virtual result<std::string> hash(std::string_view password) = 0;
  virtual bool fits(const std::string& hash, std::string_view password) = 0; // blocks as long
  virtual std::string digest(std::string_view token) = 0;                    // what is kept of a token
};

// On the I/O thread.
class accounts {
public:
  accounts(account_store& store, password_hashing& hashing, account_limits limits = {},
           account_clock clock = {});

  // unauthorized with the same words for a wrong password and an unknown name; too_many, or overloaded, with
  // how long to wait.
  task<result<login_result>> log_in(login_request request);
  task<result<void>> log_out(std::string token);
  // Whose session this is; unauthorized when it is nobody's (any more).
  task<result<session>> find_session(std::string token);
  task<result<std::vector<user>>> users() { return store_.users(); }

  // While there is nobody: the token that lets the first administrator in, for a day. Empty afterwards.
  task<result<std::string>> setup_token();
  task<result<login_result>> set_up(std::string token, std::string name, std::string password);

  // Accounts or sessions were changed elsewhere: everybody is looked up again.
  void changed_elsewhere();

  // Told each token that was logged out.
  std::function<void(const std::string& token)> on_log_out;
  // The first administrator is there: the link for them is of no use any more.
  std::function<void()> on_set_up;
  // Other sessions may have ended, or their users have changed: who keeps something open for one asks again.
  std::function<void()> on_change;

private:
  task<result<login_result>> check_and_enter(login_request request, login_source source);
  task<result<login_result>> begin_session(user who, bool new_device);

  struct known_session {
    user who;
    timestamp until, ask_again;
  };

  account_store& store_;
  password_hashing& crypto_;
  const account_limits limits_;
  const account_clock clock_;
  std::string decoy_;    // hash of nobody's password; for the thread of checks_
  blocking_pool checks_; // one at a time, and never before other work
  turnstile strangers_;
  login_throttle throttle_;
  bounded_table<known_session> sessions_; // by token hash
  std::uint64_t changes_ = 0;
  std::string setup_token_;
  login_throttle::clock::time_point setup_until_{};
  throttled_log wrong_line_, held_up_line_; // strangers cause them
  counter entered_{"tickwire_logins_total", "Logins that succeeded."};
  counter wrong_{"tickwire_logins_wrong_total", "Logins with a wrong name or password."};
  counter held_up_{"tickwire_logins_held_up_total", "Logins that were told to wait."};
};

} // namespace tickwire
