#include "app/accounts.hpp"

#include "base/constant_time.hpp"
#include "base/logging.hpp"
#include "base/random.hpp"
#include "core/text.hpp"
#include "core/weak_password.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <memory>

namespace tickwire {

namespace {

constexpr std::size_t token_characters = 43; // 258 bits
constexpr int niceness_of_checks = 5;

std::unexpected<failure> nobody() {
  return fail(failure_kind::unauthorized, "not_logged_in", "You are not logged in. Log in and try again.");
}
std::unexpected<failure> wrong() {
  return fail(failure_kind::unauthorized, "wrong_login",
              "Username or password is wrong. Check both and try again.");
}
std::unexpected<failure> busy() {
  return fail(failure_kind::overloaded, "busy",
              "Too many people log in at this moment. Try again in a second.", std::chrono::seconds{1});
}

bool is_short_enough(std::string_view name) {
  const auto length = name.size() <= name_max * 4 ? characters(name) : std::nullopt;
  return length && *length <= name_max;
}
// Characters; bytes of what is no UTF-8, or too long in any case.
std::size_t length_of(std::string_view password) {
  const auto length = password.size() <= password_max * 4 ? characters(password) : std::nullopt;
  return length.value_or(password.size());
}

failure name_invalid() {
  return {failure_kind::invalid, "name_invalid", "The name must have 1 to 64 characters."};
}

// The thread that checks passwords gives way to all others.
void give_way() {
  static thread_local const int once =
      ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness_of_checks);
  static_cast<void>(once);
}

} // namespace

result<void> check_name(std::string_view name) {
  if (!is_short_enough(name) || is_blank(name)) return std::unexpected(name_invalid());
  return {};
}

result<void> check_password_length(std::string_view password) {
  const std::size_t length = length_of(password);
  if (length < password_min)
    return fail(failure_kind::invalid, "password_too_short",
                "The password must have at least 8 characters. Choose a longer one.");
  if (length > password_max)
    return fail(failure_kind::invalid, "password_too_long",
                "The password must have at most 128 characters. Choose a shorter one.");
  return {};
}

accounts::accounts(account_store& store, password_hashing& hashing, account_limits limits,
                   account_clock clock)
    : store_(store)
    , crypto_(hashing)
    , limits_(limits)
    , clock_(std::move(clock))
    , checks_(1, limits.checks_waiting_max)
    , strangers_(limits.strangers_waiting_max)
    , throttle_(limits.throttle)
    , sessions_(limits.sessions_bytes_max) {}

task<result<login_result>> accounts::log_in(login_request request) {
  // Before anything is remembered or hashed.
  if (!is_short_enough(request.name)) co_return std::unexpected(name_invalid());
  if (length_of(request.password) > password_max)
    co_return fail(failure_kind::invalid, "password_too_long",
                   "The password has more than 128 characters. Check it and try again.");

  login_source source{ascii_lower(request.name), request.address, {}};
  if (request.device.size() == token_characters) {
    const std::string hash = crypto_.digest(request.device);
    const auto its_user = co_await store_.find_device(hash);
    if (!its_user) co_return std::unexpected(its_user.error());
    if (*its_user && ascii_lower((*its_user)->name) == source.name) source.device = hash;
  }

  if (const auto wait = throttle_.begin(source, clock_.steady()); wait.count() > 0) {
    held_up_.add();
    held_up_line_.warn("login: " + masked(source.name) + " from " + source.address + " must wait");
    co_return fail(failure_kind::too_many, "too_many_logins",
                   "Too many wrong passwords. Wait " + std::to_string(wait.count()) +
                       (wait.count() == 1 ? " second" : " seconds") + ", then try again.",
                   wait);
  }
  const bool stranger = !throttle_.known(source);
  if (stranger && !co_await strangers_.enter()) {
    throttle_.withdrawn(source);
    held_up_.add();
    co_return busy();
  }
  result<login_result> entered;
  try {
    entered = co_await check_and_enter(std::move(request), source);
  } catch (...) {
    if (stranger) strangers_.leave();
    throw;
  }
  if (stranger) strangers_.leave();

  if (entered)
    throttle_.succeeded(source);
  else if (entered.error().kind != failure_kind::unauthorized)
    throttle_.withdrawn(source);
  co_return entered;
}

task<result<login_result>> accounts::check_and_enter(login_request request, login_source source) {
  auto found = co_await store_.find_user_by_name(request.name);
  if (!found) co_return std::unexpected(found.error());

  // An unknown name costs the same time as a wrong password.
  auto compare = [this, hash = *found ? (*found)->password_hash : std::string(),
                  password = std::move(request.password)]() -> result<bool> {
    give_way();
    if (decoy_.empty()) {
      auto made = crypto_.hash("nobody has this password");
      if (!made) return std::unexpected(made.error());
      decoy_ = std::move(*made);
    }
    const bool right = crypto_.fits(hash.empty() ? decoy_ : hash, password);
    return right && !hash.empty();
  };
  const auto right = co_await checks_.run(std::move(compare));
  if (!right)
    co_return right.error().kind == failure_kind::overloaded ? busy() : std::unexpected(right.error());
  if (!*right) {
    wrong_.add();
    wrong_line_.warn("login: wrong name or password for " + masked(source.name) + " from " + source.address);
    co_return wrong();
  }
  user who = (*found)->who;
  if (who.disabled) {
    log_warning("login: " + who.id + " is disabled, from " + source.address);
    co_return fail(failure_kind::forbidden, "account_disabled",
                   "This account is disabled. Ask an administrator to enable it.");
  }
  const bool new_device = source.device.empty();
  const std::string id = who.id;
  auto entered = co_await begin_session(std::move(who), new_device);
  if (entered) log_info("login: " + id + " from " + source.address + (new_device ? ", a new device" : ""));
  co_return entered;
}

task<result<login_result>> accounts::begin_session(user who, bool new_device) {
  login_result entered{std::move(who), random_text(token_characters), {}};
  const timestamp now = clock_.wall();
  const timestamp until = now + limits_.session_life;
  const std::string hash = crypto_.digest(entered.token);
  const auto stored = co_await store_.add_session(hash, entered.who.id, now, until);
  if (!stored) co_return std::unexpected(stored.error());
  if (new_device) {
    entered.device = random_text(token_characters);
    const std::string device_hash = crypto_.digest(entered.device);
    const auto added = co_await store_.add_device(device_hash, entered.who.id, now);
    if (!added) entered.device.clear(); // without it they are a stranger next time, no more
  }
  entered_.add();
  co_return entered;
}

task<result<void>> accounts::log_out(std::string token) {
  const std::string hash = crypto_.digest(token);
  const auto removed = co_await store_.remove_session(hash);
  sessions_.erase(hash);
  ++changes_; // somebody may be looking it up at this moment
  if (!removed) co_return std::unexpected(removed.error());
  if (on_log_out) on_log_out(token);
  co_return result<void>{};
}

task<result<session>> accounts::find_session(std::string token) {
  if (token.size() != token_characters) co_return nobody();
  const std::string hash = crypto_.digest(token);
  for (;;) {
    const timestamp now = clock_.wall();
    if (const known_session* known = sessions_.find(hash)) {
      if (known->until <= now) {
        sessions_.erase(hash);
        co_return nobody();
      }
      if (now < known->ask_again) co_return session{known->who, known->until};
    }
    const std::uint64_t changes_before = changes_;
    auto found = co_await store_.find_session(hash, now);
    if (changes_ != changes_before) continue; // it may have ended meanwhile
    if (!found) {
      // The store is away or busy: who was let in a minute ago is let in. No end of a session was stored
      // either.
      if (const known_session* known = sessions_.find(hash); known && known->until > now)
        co_return session{known->who, known->until};
      co_return std::unexpected(found.error());
    }
    if (!*found) {
      sessions_.erase(hash);
      co_return nobody();
    }
    sessions_.at(hash) = {(*found)->who, (*found)->until, now + limits_.looked_up_again_after};
    co_return session{std::move((*found)->who), (*found)->until};
  }
}

void accounts::changed_elsewhere() {
  ++changes_;
  sessions_.clear();
  log_info("accounts: changed by another program");
  if (on_change) on_change();
}

task<result<std::string>> accounts::setup_token() {
  const auto users = co_await store_.users();
  if (!users) co_return std::unexpected(users.error());
  if (!users->empty()) co_return std::string();
  if (setup_token_.empty()) {
    setup_token_ = random_text(32);
    setup_until_ = clock_.steady() + limits_.setup_life;
  }
  co_return setup_token_;
}

task<result<login_result>> accounts::set_up(std::string token, std::string name, std::string password) {
  if (clock_.steady() >= setup_until_) setup_token_.clear();
  if (!equal_in_constant_time(token, setup_token_))
    co_return fail(
        failure_kind::forbidden, "wrong_setup_token",
        "This link is not valid any more. Start the server again without users to get a new one, or ask "
        "an administrator for an account.");
  if (auto fine = check_name(name); !fine) co_return std::unexpected(fine.error());
  if (auto fine = check_password_length(password); !fine) co_return std::unexpected(fine.error());
  if (is_weak_password(password, {name}))
    co_return fail(failure_kind::invalid, "password_too_common",
                   "This password is among the first that somebody would guess. Choose another one.");
  auto hashing = [this, password = std::move(password)] { return crypto_.hash(password); };
  auto hash = co_await checks_.run(std::move(hashing));
  if (!hash) co_return std::unexpected(hash.error());
  auto added = co_await store_.add_first_user(std::move(name), role::admin, std::move(*hash));
  if (!added) co_return std::unexpected(added.error());
  setup_token_.clear();
  log_info("set-up: " + added->id + " is the first administrator");
  if (on_set_up) on_set_up();
  co_return co_await begin_session(std::move(*added), true);
}

} // namespace tickwire
