#include "adapters/auth/sodium_hashing.hpp"

#include "core/hex.hpp"

#include <sodium.h>

#include <stdexcept>

namespace tickwire::auth {

namespace {

// 19 MiB and two passes: OWASP's and ASVS's common choice for argon2id.
constexpr unsigned long long passes = 2;
constexpr std::size_t memory = 19ULL * 1024 * 1024;

class sodium_hashing final : public password_hashing {
public:
  sodium_hashing() {
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used on this machine");
  }

  result<std::string> hash(std::string_view password) override {
    if (auto fine = check_password_length(password); !fine) return std::unexpected(fine.error());
    char hash[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str_alg(hash, password.data(), password.size(), passes, memory,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
      return fail(failure_kind::overloaded, "no_memory",
                  "There is not enough memory to check passwords now. Try again in a few seconds.");
    return std::string(hash);
  }

  bool fits(const std::string& hash, std::string_view password) override {
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
  }

  std::string digest(std::string_view token) override {
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, reinterpret_cast<const unsigned char*>(token.data()), token.size());
    return to_hex(digest, sizeof digest);
  }
};

} // namespace

std::unique_ptr<password_hashing> make_sodium_hashing() { return std::make_unique<sodium_hashing>(); }

} // namespace tickwire::auth
