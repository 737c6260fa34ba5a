#include "app/browser.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace tickwire {

namespace {

std::string_view without_blanks_before(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

// "https://example.org" names the host "example.org".
bool names_host(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && !host.empty() && origin.substr(scheme + 3) == host;
}

} // namespace

std::string_view cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t end = header.find(';');
    const std::string_view one = without_blanks_before(header.substr(0, end));
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
      return one.substr(name.size() + 1);
    if (end == std::string_view::npos) break;
    header.remove_prefix(end + 1);
  }
  return {};
}

std::string_view own_cookie(std::string_view header, std::string_view name) {
  const std::string_view secure = cookie_value(header, std::string(secure_prefix) + std::string(name));
  return secure.empty() ? cookie_value(header, name) : secure;
}

session_claim session_claim_of(std::string_view authorization, std::string_view cookies) {
  static constexpr std::string_view scheme = "bearer ";
  if (authorization.size() > scheme.size() && ascii_lower(authorization.substr(0, scheme.size())) == scheme)
    return {std::string(without_blanks_before(authorization.substr(scheme.size()))), false};
  const std::string_view token = own_cookie(cookies, session_cookie);
  return {std::string(token), !token.empty()};
}

bool trusted_pages::trusted(std::string_view origin, std::string_view host) const {
  return names_host(origin, host) || (!public_url_.empty() && origin == public_url_) || named(origin);
}

bool trusted_pages::may_change(const page_claim& page) const {
  // The browser itself says that it is our own page; "none" is its user.
  if (page.fetch_site == "same-origin" || page.fetch_site == "none") return true;
  if (page.origin.empty()) return page.fetch_site.empty();
  return trusted(page.origin, page.host);
}

bool trusted_pages::named(std::string_view origin) const {
  return std::find(cors_origins_.begin(), cors_origins_.end(), origin) != cors_origins_.end();
}

} // namespace tickwire
