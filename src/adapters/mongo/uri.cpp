#include "adapters/mongo/uri.hpp"

#include <mongoc/mongoc.h>

#include <memory>
#include <string_view>

namespace tickwire::mongo {

namespace {

constexpr auto database_unless_named = "tickwire";

struct destroyer {
  void operator()(mongoc_uri_t* uri) const { mongoc_uri_destroy(uri); }
};
using owned_uri = std::unique_ptr<mongoc_uri_t, destroyer>;

owned_uri parsed(const std::string& uri) {
  bson_error_t error; // its text may repeat parts of the password
  return owned_uri(mongoc_uri_new_with_error(uri.c_str(), &error));
}

std::string database_of(const mongoc_uri_t* uri) {
  const char* database = mongoc_uri_get_database(uri);
  return database && *database ? database : database_unless_named;
}

// Of a password with / or ? in it the driver would take the first part for a port.
bool credentials_stand_before_hosts(std::string_view uri) {
  uri.remove_prefix(uri.find("://") + 3);
  const std::size_t last_at = uri.rfind('@');
  return last_at == std::string_view::npos || last_at < uri.find_first_of("/?");
}

// What else there is would have to be normalized first, for which the driver needs a library that is not
// linked in.
bool is_ascii(const char* text) {
  for (; text && *text; ++text)
    if (static_cast<unsigned char>(*text) >= 0x80) return false;
  return true;
}

} // namespace

std::string problem_of_uri(const std::string& uri) {
  if (!uri.starts_with("mongodb://") && !uri.starts_with("mongodb+srv://"))
    return "must begin with mongodb:// or mongodb+srv://, for example "
           "mongodb://db.example.org:27017/tickwire";
  const owned_uri read = credentials_stand_before_hosts(uri) ? parsed(uri) : nullptr;
  if (!read)
    return "is no address of MongoDB. It looks like mongodb://user:password@host:27017/tickwire; of the name "
           "and "
           "the password, every character but letters and digits must stand there as % and two hex digits";
  if (!is_ascii(mongoc_uri_get_password(read.get())))
    return "has a password with other characters than those of ASCII. Give the account another password";
  return {};
}

std::string database_of(const std::string& uri) {
  const owned_uri read = parsed(uri);
  return read ? database_of(read.get()) : database_unless_named;
}

std::string shown(const std::string& uri) {
  const owned_uri read = parsed(uri);
  if (!read) return "an address that cannot be read";
  std::string hosts;
  if (const char* service = mongoc_uri_get_srv_hostname(read.get())) hosts = service;
  for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(read.get()); host; host = host->next)
    hosts += (hosts.empty() ? "" : ", ") + std::string(host->host_and_port);
  return hosts + ", database " + database_of(read.get());
}

} // namespace tickwire::mongo
