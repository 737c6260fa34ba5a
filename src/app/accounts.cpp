#include "app/accounts.hpp"

#include "base/clock.hpp"
#include "base/constant_time.hpp"
#include "base/random.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace tickwire {

namespace {

constexpr std::size_t token_characters = 43; // 258 bits
constexpr std::size_t names_max = 10'000;    // remembered for throttling

std::unexpected<failure> nobody() {
  return fail(failure_kind::unauthorized, "not_logged_in", "You are not logged in. Log in and try again.");
}
std::unexpected<failure> wrong() {
  return fail(failure_kind::unauthorized, "wrong_login",
              "Username or password is wrong. Check both and try again.");
}

result<void> check_name(const std::string& name) {
  const auto length = characters(name);
  if (!length || is_blank(name) || *length > 64)
    return fail(failure_kind::invalid, "name_invalid", "The name must have 1 to 64 characters.");
  return {};
}

} // namespace

accounts::accounts(account_store& store, password_hashing& hashing, login_limits limits)
    : store_(store)
    , crypto_(hashing)
    , limits_(limits) {}

task<result<login_result>> accounts::log_in(std::string name, std::string password) {
  const auto now = std::chrono::steady_clock::now();
  if (failures_.size() > names_max) failures_.clear();
  failures& before = failures_[ascii_lower(name)];
  if (now - before.last > limits_.forgotten_after) before = {};
  if (now < before.wait_until) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(before.wait_until - now).count();
    co_return fail(failure_kind::too_many, "too_many_logins",
                   "Too many wrong passwords for this name. Wait " + std::to_string(seconds) +
                       " seconds, then try again.",
                   std::chrono::seconds{seconds});
  }
  auto found = co_await store_.find_user_by_name(name);
  if (!found) co_return std::unexpected(found.error());

  // An unknown name costs the same time as a wrong password.
  auto compare = [this, hash = *found ? (*found)->password_hash : std::string(), password]() -> result<bool> {
    static const std::string decoy = *crypto_.hash("nobody has this password");
    const bool right = crypto_.fits(hash.empty() ? decoy : hash, password);
    return right && !hash.empty();
  };
  const auto right = co_await hashing_.run(std::move(compare));
  if (!right) co_return std::unexpected(right.error());
  failures& counted = failures_[ascii_lower(name)];
  if (!*right) {
    counted.last = std::chrono::steady_clock::now();
    if (++counted.count > limits_.free_failures) {
      const auto doubled =
          std::chrono::seconds{1LL << std::min<std::size_t>(counted.count - limits_.free_failures, 10)};
      counted.wait_until =
          std::chrono::steady_clock::now() + std::min<std::chrono::seconds>(doubled, limits_.longest_wait);
    }
    co_return wrong();
  }
  failures_.erase(ascii_lower(name));
  user who = (*found)->who;
  co_return co_await begin_session(std::move(who));
}

task<result<login_result>> accounts::begin_session(user who) {
  const std::string token = random_text(token_characters);
  const timestamp until = wall_now() + limits_.session_life;
  const auto stored = co_await store_.add_session(crypto_.digest(token), who.id, until);
  if (!stored) co_return std::unexpected(stored.error());
  remember(crypto_.digest(token), who, until);
  co_return login_result{std::move(who), token};
}

void accounts::remember(const std::string& token_hash, const user& who, timestamp until) {
  if (sessions_.size() >= limits_.remembered_sessions) sessions_.clear();
  sessions_.insert_or_assign(token_hash, known_session{who, until});
}

task<result<void>> accounts::log_out(std::string token) {
  sessions_.erase(crypto_.digest(token));
  const auto removed = co_await store_.remove_session(crypto_.digest(token));
  sessions_.erase(crypto_.digest(token)); // somebody may have looked it up meanwhile
  if (!removed) co_return std::unexpected(removed.error());
  if (on_log_out) on_log_out(token);
  co_return result<void>{};
}

task<result<user>> accounts::who_is(std::string token) {
  if (token.size() != token_characters) co_return nobody();
  const std::string hash = crypto_.digest(token);
  const timestamp now = wall_now();
  if (const auto known = sessions_.find(hash); known != sessions_.end()) {
    if (known->second.until > now) co_return known->second.who;
    sessions_.erase(known);
    co_return nobody();
  }
  auto found = co_await store_.find_session(hash, now);
  if (!found) co_return std::unexpected(found.error());
  if (!*found) co_return nobody();
  // Its end is in the database; asked again after an hour at the latest.
  remember(hash, **found, now + std::chrono::hours{1});
  co_return std::move(**found);
}

task<result<std::string>> accounts::setup_token() {
  const auto users = co_await store_.users();
  if (!users) co_return std::unexpected(users.error());
  if (!users->empty()) co_return std::string();
  if (setup_token_.empty()) setup_token_ = random_text(32);
  co_return setup_token_;
}

task<result<login_result>> accounts::set_up(std::string token, std::string name, std::string password) {
  const bool right = equal_in_constant_time(token, setup_token_);
  if (!right)
    co_return fail(failure_kind::forbidden, "wrong_setup_token",
                   "This link is not valid any more. Start the server without users to get a new one, or ask "
                   "an administrator for an account.");
  if (auto fine = check_name(name); !fine) co_return std::unexpected(fine.error());
  auto hashing = [this, password = std::move(password)] { return crypto_.hash(password); };
  auto hash = co_await hashing_.run(std::move(hashing));
  if (!hash) co_return std::unexpected(hash.error());
  auto added = co_await store_.add_first_user(std::move(name), role::admin, std::move(*hash));
  if (!added) co_return std::unexpected(added.error());
  setup_token_.clear();
  co_return co_await begin_session(std::move(*added));
}

} // namespace tickwire
