#include "adapters/http/security_headers.hpp"

namespace tickwire::http {

std::vector<std::pair<std::string, std::string>> security_headers(bool over_tls) {
  std::vector<std::pair<std::string, std::string>> headers{
      {"X-Content-Type-Options", "nosniff"},
      {"Content-Security-Policy",
       "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Permissions-Policy", "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cache-Control", "no-store"},
  };
  if (over_tls) headers.emplace_back("Strict-Transport-Security", std::string(strict_transport));
  return headers;
}

} // namespace tickwire::http
