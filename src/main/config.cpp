#include "main/config.hpp"

#include "adapters/meta/graph_client.hpp"
#include "adapters/mongo/uri.hpp"
#include "adapters/realtime/redis_url.hpp"
#include "app/client_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tickwire {

namespace {

std::string trimmed(std::string text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> items;
  std::stringstream stream(text);
  for (std::string item; std::getline(stream, item, ',');)
    if (item = trimmed(item); !item.empty()) items.push_back(item);
  return items;
}

bool is_origin(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos || (text.substr(0, scheme) != "http" && text.substr(0, scheme) != "https"))
    return false;
  const std::string host = text.substr(scheme + 3);
  return !host.empty() && host.find('/') == std::string::npos;
}

// "v25.0"
bool is_version(std::string_view text) {
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.size() <= 4 &&
           part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const std::size_t dot = text.find('.');
  return text.starts_with('v') && dot != std::string_view::npos && digits(text.substr(1, dot - 1)) &&
         digits(text.substr(dot + 1));
}

// What is wrong with a value ("must be …"), or nothing.
using check = std::string (*)(const std::string& value);
// Puts a value where it belongs, or says what is wrong with it.
using take_value = std::function<std::string(config&, const std::string& value)>;

// One line of the configuration. Its default stands in `config`.
struct setting {
  std::string_view name;
  take_value take;
  std::string_view when_missing = {}; // what to do then; empty: the default will do
  bool secret = false;                // its value is not repeated
};

std::string anything(const std::string&) { return {}; }

take_value text(std::string config::* target, check check = anything) {
  return [=](config& c, const std::string& value) {
    c.*target = value;
    return check(value);
  };
}

template <class Number>
take_value number(Number config::* target, Number from, Number to) {
  return [=](config& c, const std::string& value) -> std::string {
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), c.*target);
    if (parsed.ec == std::errc() && parsed.ptr == value.data() + value.size() && c.*target >= from &&
        c.*target <= to)
      return {};
    return "must be a number from " + std::to_string(from) + " to " + std::to_string(to);
  };
}

// Items between commas, at most so many.
take_value list(std::vector<std::string> config::* target, check check_item, std::size_t most = 100) {
  return [=](config& c, const std::string& value) {
    c.*target = list_of(value);
    if ((c.*target).empty()) return std::string("must name at least one");
    if ((c.*target).size() > most) return "must name at most " + std::to_string(most);
    for (const std::string& item : c.*target)
      if (const std::string wrong = check_item(item); !wrong.empty()) return wrong;
    return std::string();
  };
}

// "90s", "30m", "1h", "2d", or seconds without a unit; from a second to a week.
take_value time(std::chrono::seconds config::* target) {
  return [=](config& c, const std::string& value) -> std::string {
    long count = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), count);
    const std::string_view unit(parsed.ptr, value.data() + value.size());
    constexpr long hour = 3600, week = 7 * 24 * hour;
    const long scale = unit.empty() || unit == "s" ? 1
                       : unit == "m"               ? 60
                       : unit == "h"               ? hour
                       : unit == "d"               ? 24 * hour
                                                   : 0;
    if (parsed.ec != std::errc() || scale == 0 || count < 1 || count > week / scale)
      return "must be a time from 1s to 7d, for example 90s, 30m or 1h";
    c.*target = std::chrono::seconds{count * scale};
    return {};
  };
}

std::string address_of_this_machine(const std::string& value) {
  boost::system::error_code error;
  boost::asio::ip::make_address(value, error);
  return error && value != "localhost"
             ? "must be an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"
             : "";
}
std::string origin_of_people(const std::string& value) {
  return is_origin(value) ? "" : "must look like https://inbox.example.org, without a path";
}
std::string origin_of_a_page(const std::string& value) {
  return is_origin(value) ? ""
                          : "must name origins like https://example.org; \"*\" is not possible with logins";
}
std::string kind_of_cookie(const std::string& value) {
  return value == "auto" || value == "always" || value == "never" ? "" : "must be auto, always or never";
}
std::string network(const std::string& value) {
  try {
    trusted_proxies{{value}};
    return {};
  } catch (const std::invalid_argument&) {
    return "must name addresses or networks, such as 127.0.0.1 or 10.0.0.0/8";
  }
}
std::string without_white_space(const std::string& value) {
  return value.find_first_of(" \t\r\n") == std::string::npos ? "" : "contains white space. Copy it again";
}
std::string only_digits(const std::string& value) {
  return value.find_first_not_of("0123456789") == std::string::npos
             ? ""
             : "must be digits (the id, not the phone number)";
}
std::string base_url(const std::string& value) {
  try {
    meta::check_base_url(value);
    return {};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}
std::string version(const std::string& value) { return is_version(value) ? "" : "must look like v25.0"; }

std::string take_data_dir(config& c, const std::string& value) {
  c.store.data_dir = value;
  return {};
}

std::string take_mongodb_uri(config& c, const std::string& value) {
  c.store.mongodb_uri = value;
  return mongo::problem_of_uri(value);
}

std::string take_redis_url(config& c, const std::string& value) {
  c.redis_url = value;
  if (c.store.mongodb_uri.empty())
    return "is set, but servers can share only a MongoDB. Set MONGODB_URI too, or unset REDIS_URL";
  return realtime::problem_of_redis_url(value);
}

std::string take_simulator(config& c, const std::string& value) {
  c.demonstration = demonstration{value, {}};
  return {};
}

// Counts only beside DEMO_SIMULATOR_URL, which comes first.
std::string take_demo_logins(config& c, const std::string& value) {
  if (!c.demonstration) return {};
  for (const std::string& login : list_of(value)) {
    const std::size_t colon = login.find(':');
    if (colon == std::string::npos) return "must look like name:password,name:password";
    c.demonstration->logins.emplace_back(login.substr(0, colon), login.substr(colon + 1));
  }
  return {};
}

const std::vector<setting>& settings() {
  static const std::vector<setting> all{
      {"HOST", text(&config::host, address_of_this_machine)},
      {"PORT", number<std::uint16_t>(&config::port, 0, 65535)},
      {"DATA_DIR", take_data_dir},
      {"PUBLIC_URL", text(&config::public_url, origin_of_people)},
      {"CORS_ORIGINS", list(&config::cors_origins, origin_of_a_page)},
      {"COOKIE_SECURE", text(&config::cookie_secure, kind_of_cookie)},
      {"SEND_MAX_AGE", time(&config::send_max_age)},
      {"TRUSTED_PROXIES", list(&config::trusted_proxies, network)},
      {"LOGIN_FREE_FAILURES", number<std::size_t>(&config::login_free_failures, 1, 1'000'000)},

      {"BUSINESS_NAME", text(&config::business_name)},
      {"BUSINESS_PHONE_NUMBER", text(&config::business_phone_number)},

      {"WHATSAPP_ACCESS_TOKEN", text(&config::whatsapp_access_token, without_white_space),
       "Take a system user's token from Meta's Business settings.", true},
      {"WHATSAPP_PHONE_NUMBER_ID", text(&config::whatsapp_phone_number_id, only_digits),
       "It stands in WhatsApp > API setup of Meta's App Dashboard."},
      // Two during a rotation.
      {"WHATSAPP_APP_SECRET", list(&config::whatsapp_app_secrets, anything, 2),
       "Without it nobody could tell Meta's webhooks from forged ones. It stands in App settings > Basic.",
       true},
      {"WHATSAPP_VERIFY_TOKEN", text(&config::whatsapp_verify_token),
       "Choose a long random word and enter the same in Meta's webhook settings.", true},
      {"WHATSAPP_API_BASE", text(&config::whatsapp_api_base, base_url)},
      {"WHATSAPP_API_VERSION", text(&config::whatsapp_api_version, version)},

      {"MONGODB_URI", take_mongodb_uri, {}, true},
      {"REDIS_URL", take_redis_url, {}, true}, // after MONGODB_URI

      {"DEMO_SIMULATOR_URL", take_simulator},
      {"DEMO_LOGINS", take_demo_logins, {}, true},
  };
  return all;
}

} // namespace

loaded_config load_config(const lookup& find) {
  loaded_config loaded;
  config& c = loaded.value;
  for (const setting& one : settings()) {
    const auto value = find(std::string(one.name));
    if (!value || value->empty()) {
      if (!one.when_missing.empty())
        loaded.problems.push_back(std::string(one.name) + " is missing. " + std::string(one.when_missing));
      continue;
    }
    if (const std::string wrong = one.take(c, *value); !wrong.empty())
      loaded.problems.push_back(std::string(one.name) + (one.secret ? "" : " is \"" + *value + "\"; it") +
                                " " + wrong + ".");
  }
  if (c.cookie_secure == "auto" && c.public_url.starts_with("https://")) c.cookie_secure = "always";
  return loaded;
}

std::string problem_of_data_dir(const std::filesystem::path& data_dir) {
  std::error_code ignored;
  std::filesystem::path there = std::filesystem::absolute(data_dir, ignored);
  while (!std::filesystem::exists(there, ignored) && there.has_parent_path() && there != there.parent_path())
    there = there.parent_path();
  if (!std::filesystem::is_directory(there, ignored))
    return "DATA_DIR is \"" + data_dir.string() + "\", but " + there.string() +
           " is not a folder. Choose another one.";
  if (::access(there.c_str(), W_OK | X_OK) != 0)
    return "DATA_DIR is \"" + data_dir.string() + "\", but this user may not write in " + there.string() +
           ". Check its owner.";
  return {};
}

store_place store_place_of(const lookup& find) {
  config c;
  for (const setting& one : settings()) {
    if (one.name != "DATA_DIR" && one.name != "MONGODB_URI") continue;
    const auto value = find(std::string(one.name));
    if (!value || value->empty()) continue;
    if (const std::string wrong = one.take(c, *value); !wrong.empty())
      throw std::runtime_error(std::string(one.name) + " " + wrong + ".");
  }
  return c.store;
}

std::map<std::string, std::string> parse_dotenv(const std::string& text) {
  std::map<std::string, std::string> values;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    line = trimmed(line);
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const std::size_t equals = line.find('=');
    if (line.empty() || line.front() == '#' || equals == std::string::npos) continue;
    std::string value = trimmed(line.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.find(value.front(), 1) != std::string::npos)
      value = value.substr(1, value.find(value.front(), 1) - 1);
    else if (const std::size_t comment = value.find(" #"); comment != std::string::npos)
      value = trimmed(value.substr(0, comment));
    values[trimmed(line.substr(0, equals))] = value;
  }
  return values;
}

lookup environment_and_dotenv() {
  std::map<std::string, std::string> file;
  if (std::ifstream in(".env"); in) {
    std::stringstream text;
    text << in.rdbuf();
    file = parse_dotenv(text.str());
  }
  return [file = std::move(file)](const std::string& name) -> std::optional<std::string> {
    if (const char* value = std::getenv(name.c_str())) return value;
    const auto place = file.find(name);
    return place == file.end() ? std::nullopt : std::optional(place->second);
  };
}

} // namespace tickwire
