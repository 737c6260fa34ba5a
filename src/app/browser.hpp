// What a request says about who speaks: its session token, and the page it comes from. Pure; used for REST
// and for sockets alike.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

inline constexpr std::string_view session_cookie = "tickwire_session";
inline constexpr std::string_view device_cookie = "tickwire_device"; // this browser has logged in before

// The value of a cookie in a Cookie header; empty when it is not there.
std::string_view cookie_value(std::string_view header, std::string_view name);

// Browsers take a cookie of such a name only by TLS, from the host itself and for the whole of it, so that
// neither a neighbour's host nor who is on the line can plant one.
inline constexpr std::string_view secure_prefix = "__Host-";
// The value of our cookie by its name with the prefix, else without.
std::string_view own_cookie(std::string_view header, std::string_view name);

struct session_claim {
  std::string token; // empty: none
  bool from_cookie = false;
};

// `Authorization: Bearer TOKEN`, else the session cookie.
session_claim session_claim_of(std::string_view authorization, std::string_view cookies);

// What a browser says about the page that asks; programs say nothing.
struct page_claim {
  std::string_view origin;     // Origin
  std::string_view fetch_site; // Sec-Fetch-Site
  std::string_view host;       // that was asked
};

// Whose pages may act for the people whose browser shows them.
class trusted_pages {
public:
  // `cors_origins`: pages elsewhere that were allowed to. `public_url`: the origin under which people reach
  // us, when a proxy asks us under another name; may be empty.
  trusted_pages(std::vector<std::string> cors_origins, std::string public_url)
      : cors_origins_(std::move(cors_origins))
      , public_url_(std::move(public_url)) {}

  // Whether the page of this Origin header is ours, or was allowed to. `host` is the one that was asked.
  bool trusted(std::string_view origin, std::string_view host) const;
  // Whether the page that asks, or a program, may change something. Foreign pages cannot leave both headers
  // out.
  bool may_change(const page_claim& page) const;
  // Only what CORS_ORIGINS names: those need CORS headers.
  bool named(std::string_view origin) const;
  bool some_named() const { return !cors_origins_.empty(); }

private:
  std::vector<std::string> cors_origins_;
  std::string public_url_;
};

} // namespace tickwire
