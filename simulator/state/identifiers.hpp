#pragma once
// Ids as Meta makes them. They never repeat, not even between runs: a receiver that keeps its store while the
// simulator is restarted must not take new messages for old ones. So they come from the system's entropy, not
// from the seed.

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace simulator {

class identifiers {
public:
  identifiers();

  /// `wamid.` and base64 with its `+`, `/` and `=`; `number` is the customer's, or a group's id.
  std::string wamid(std::string_view number, bool from_business);
  /// Sixteen digits.
  std::string media_id();
  /// Letters and digits for trace headers.
  std::string trace_id(std::size_t length);

private:
  std::mt19937_64 random_;
};

/// Business-scoped user id of a number: a country code, a dot, twenty digits. The same number has the same id
/// in every run.
std::string user_id_of(std::string_view digits);

} // namespace simulator
