// Passwords by argon2id, tokens by SHA-256, both of libsodium.
#pragma once

#include "app/accounts.hpp"

#include <memory>

namespace tickwire::auth {

// Throws std::runtime_error when libsodium cannot be used.
std::unique_ptr<password_hashing> make_sodium_hashing();

} // namespace tickwire::auth
