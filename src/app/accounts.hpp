// Logging in and out. Passwords are kept as argon2id hashes, sessions as the hash of their token.
#pragma once

#include "app/ports.hpp"
#include "base/blocking_pool.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

namespace tickwire {

struct login_result {
  user who;
  std::string token; // 256 random bits; shown once
};

struct login_limits {
  std::chrono::hours session_life{24 * 14};
  std::size_t free_failures = 20; // wrong passwords for a name before waits begin
  std::chrono::seconds longest_wait{60};
  std::chrono::minutes forgotten_after{15}; // without another failure
  std::size_t remembered_sessions = 10'000;
};

inline constexpr std::size_t password_min = 8, password_max = 128; // bytes

// The cryptography of accounts.
class password_hashing {
public:
  virtual ~password_hashing() = default;
  // A hash to store, or why the password cannot be taken. Blocks for some 40 ms: not on the I/O thread. Any
  // thread.
  virtual result<std::string> hash(std::string_view password) = 0;
  virtual bool fits(const std::string& hash, std::string_view password) = 0; // blocks as long
  virtual std::string digest(std::string_view token) = 0;                    // what is kept of a token
};

class accounts {
public:
  accounts(account_store& store, password_hashing& hashing, login_limits limits = {});

  // unauthorized with the same words for a wrong password and an unknown name; too_many with how long to wait
  // in `detail`.
  task<result<login_result>> log_in(std::string name, std::string password);
  task<result<void>> log_out(std::string token);
  // Whose session this is; unauthorized when it is nobody's.
  task<result<user>> who_is(std::string token);
  task<result<std::vector<user>>> users() { return store_.users(); }

  // While there is nobody: the token that lets the first administrator in. Empty afterwards.
  task<result<std::string>> setup_token();
  task<result<login_result>> set_up(std::string token, std::string name, std::string password);

  // Told the hash of each token that was logged out.
  std::function<void(const std::string& token)> on_log_out;

private:
  task<result<login_result>> begin_session(user who);
  void remember(const std::string& token_hash, const user& who, timestamp until);

  struct failures {
    std::size_t count = 0;
    std::chrono::steady_clock::time_point wait_until{}, last{};
  };
  struct known_session {
    user who;
    timestamp until;
  };

  account_store& store_;
  password_hashing& crypto_;
  const login_limits limits_;
  blocking_pool hashing_{1, 32}; // one at a time: each takes 19 MiB
  std::unordered_map<std::string, failures> failures_;
  std::unordered_map<std::string, known_session> sessions_; // by token hash
  std::string setup_token_;
};

} // namespace tickwire
