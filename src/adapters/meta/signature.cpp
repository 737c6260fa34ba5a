#include "adapters/meta/signature.hpp"

#include "base/constant_time.hpp"
#include "core/hex.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdexcept>

namespace tickwire::meta {

// The key is scheduled once; each body works on a copy.
struct signature_check::keyed {
  explicit keyed(const std::string& secret) {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    context = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    if (!context || EVP_MAC_init(context, reinterpret_cast<const unsigned char*>(secret.data()),
                                 secret.size(), parameters) != 1)
      throw std::runtime_error("HMAC-SHA256 is not available in OpenSSL");
  }
  keyed(const keyed&) = delete;
  keyed& operator=(const keyed&) = delete;
  ~keyed() { EVP_MAC_CTX_free(context); }

  std::string hex_digest(std::string_view body) const {
    EVP_MAC_CTX* copy = EVP_MAC_CTX_dup(context);
    unsigned char digest[32];
    std::size_t size = 0;
    EVP_MAC_update(copy, reinterpret_cast<const unsigned char*>(body.data()), body.size());
    EVP_MAC_final(copy, digest, &size, sizeof digest);
    EVP_MAC_CTX_free(copy);
    return to_hex(digest, size);
  }

  EVP_MAC_CTX* context = nullptr;
};

signature_check::signature_check(const std::vector<std::string>& app_secrets) {
  for (const std::string& secret : app_secrets) {
    if (secret.empty()) throw std::invalid_argument("an app secret must not be empty");
    keys_.push_back(std::make_unique<keyed>(secret));
  }
}

signature_check::~signature_check() = default;

bool signature_check::valid(std::string_view header, std::string_view body) {
  static constexpr std::string_view scheme = "sha256=";
  if (header.size() != scheme.size() + 64 || !header.starts_with(scheme)) return false;
  header.remove_prefix(scheme.size());
  bool fits = false;
  for (const auto& key : keys_) fits |= equal_in_constant_time(key->hex_digest(body), header);
  return fits;
}

} // namespace tickwire::meta
