#pragma once
// X-Hub-Signature-256.

#include <string>
#include <string_view>

namespace simulator {

/// `sha256=` and 64 lower-case hex digits: HMAC-SHA256 of exactly these bytes.
std::string signature_header(std::string_view app_secret, std::string_view body);

/// SHA-256 of `bytes`, base64: as media hashes stand in webhooks.
std::string sha256_base64(std::string_view bytes);

} // namespace simulator
