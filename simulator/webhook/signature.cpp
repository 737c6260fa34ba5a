#include "simulator/webhook/signature.hpp"

#include "simulator/state/base64.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace simulator {

std::string signature_header(std::string_view app_secret, std::string_view body) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  unsigned int size = 0;
  HMAC(EVP_sha256(), app_secret.data(), static_cast<int>(app_secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest, &size);

  static constexpr char digits[] = "0123456789abcdef";
  std::string header = "sha256=";
  for (const auto byte : digest) {
    header += digits[byte >> 4];
    header += digits[byte & 0xF];
  }
  return header;
}

std::string sha256_base64(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return base64({reinterpret_cast<const char*>(digest), sizeof digest});
}

} // namespace simulator
