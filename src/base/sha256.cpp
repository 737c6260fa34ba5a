#include "base/sha256.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace tickwire {

namespace {

void check(int done) {
  if (done != 1) throw std::runtime_error("SHA-256 is not available in OpenSSL");
}

} // namespace

struct sha256::state {
  state() { check(EVP_DigestInit_ex(context, EVP_sha256(), nullptr)); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() { EVP_MD_CTX_free(context); }
  EVP_MD_CTX* context = EVP_MD_CTX_new();
};

sha256::sha256()
    : state_(std::make_unique<state>()) {}

sha256::~sha256() = default;

void sha256::add(std::string_view bytes) {
  check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

sha256::digest sha256::finish() {
  digest result;
  check(EVP_DigestFinal_ex(state_->context, result.data(), nullptr));
  return result;
}

sha256::digest sha256_of(std::string_view bytes) {
  sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

} // namespace tickwire
