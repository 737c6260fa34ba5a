// The request that opened a session, as the application may read it for as long as the session lives.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace socketio {

// Kept in one piece of memory, since there is one for each session. Immutable: any thread may read it. Of an
// upgraded session it is the first request, by polling.
class handshake_request {
public:
  // `head`: the header lines, "name: value\r\n" each, names in lower case.
  handshake_request(std::string_view target, std::string_view head, std::string_view address,
                    std::int64_t issued_ms);

  std::string_view url() const { return part(0, target_end_); } // as sent: "/socket.io/?EIO=4&…"
  std::string_view query() const;                               // after the "?", still encoded
  std::string query_value(std::string_view name) const; // decoded; the last of that name; empty when absent
  // The first of that name; empty when absent.
  std::string_view header(std::string_view lower_case_name) const;
  // Of the peer, without port; behind a proxy the proxy's, unless config.trusted_proxies names it.
  std::string_view address() const { return std::string_view(text_).substr(head_end_); }
  std::int64_t issued_ms() const { return issued_ms_; } // since 1970
  // As Node's socket.handshake: headers, time, address, xdomain, secure, issued, url, query; and auth as
  // given. "secure" is always false: TLS ends at a proxy.
  boost::json::object as_json(const boost::json::value& auth) const;

private:
  std::string_view part(std::size_t from, std::size_t to) const {
    return std::string_view(text_).substr(from, to - from);
  }

  std::string text_; // target, head, address
  std::uint32_t target_end_, head_end_;
  std::int64_t issued_ms_;
};

// Of a socket: the request behind its connection, and what its CONNECT said.
struct handshake {
  boost::json::value auth; // payload of CONNECT, always an object; whatever the client likes
  std::shared_ptr<const handshake_request> request;

  std::string_view header(std::string_view lower_case_name) const { return request->header(lower_case_name); }
  std::string_view query() const { return request->query(); }
  std::string_view address() const { return request->address(); }
};

} // namespace socketio
