// How often somebody may try passwords. Rules without I/O: the time is given. Why they are so: decision 18.
#pragma once

#include "base/bounded_table.hpp"

#include <chrono>
#include <string>

namespace tickwire {

// Who tries to log in, as far as it can be known before the password is checked.
struct login_source {
  std::string name;    // in lower case, at most 256 bytes
  std::string address; // see client_address.hpp
  std::string device;  // hash of the device's cookie when it is one of this user, else empty
};

class login_throttle {
public:
  using clock = std::chrono::steady_clock;

  // After `free` failures each next one must wait twice as long, up to `longest_wait`; after
  // `forgotten_after` without one it begins anew.
  struct rule {
    std::size_t free;
    std::chrono::seconds longest_wait;
    std::chrono::seconds forgotten_after;
  };
  struct rules {
    rule same_source{20, std::chrono::seconds{15},
                     std::chrono::minutes{15}}; // a name from one device or address
    rule same_address{100, std::chrono::seconds{4}, std::chrono::minutes{15}}; // any names from one address
    rule same_name{100, std::chrono::seconds{2}, std::chrono::hours{1}};       // a name from anywhere
    std::size_t table_bytes_max = 1024 * 1024;                                 // of each of four tables
  };

  explicit login_throttle(rules rules)
      : rules_(rules)
      , by_source_(rules.table_bytes_max)
      , by_address_(rules.table_bytes_max)
      , by_name_(rules.table_bytes_max)
      , known_places_(rules.table_bytes_max) {}

  // Zero: go on, and the try counts as a failure until succeeded() or withdrawn() says otherwise, so that
  // many at once count too. Else how long to wait; then it does not count.
  std::chrono::seconds begin(const login_source& source, clock::time_point now);
  void succeeded(const login_source& source);
  void withdrawn(const login_source& source); // the password was not looked at

  // Whether this device or this address has logged in with that name before. Then failures of strangers with
  // the same name, or from the same address, do not make it wait.
  bool known(const login_source& source);

private:
  struct failures {
    std::size_t count = 0;
    clock::time_point wait_until{}, last{};
  };
  static std::string source_key(const login_source& source);
  static std::chrono::seconds left(failures* before, const rule& rule, clock::time_point now);
  static void count(failures& its, const rule& rule, clock::time_point now);
  static void uncount(failures* its);

  const rules rules_;
  bounded_table<failures> by_source_, by_address_, by_name_;
  // Only who has logged in stands here: strangers push nobody out.
  struct nothing {};
  bounded_table<nothing> known_places_;
};

} // namespace tickwire
