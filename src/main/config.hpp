// The one configuration: environment first, then .env in the working directory, then defaults.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickwire {

struct demonstration {
  std::string simulator_url;
  std::vector<std::pair<std::string, std::string>> logins; // name, password; shown on the login page
};

// Where messages, accounts and everything else that matters is kept.
struct store_place {
  std::filesystem::path data_dir = "data"; // in SQLite files, unless there is
  std::string mongodb_uri;                 // this
};

struct config {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  std::string redis_url;  // through which several servers of one MongoDB hear of each other; empty: none
  store_place store;      // `data_dir` also has what is only about this machine, such as the set-up link
  std::string public_url; // how people reach it; empty: http://localhost:PORT
  std::vector<std::string> cors_origins;
  std::string cookie_secure = "auto";       // auto, always, never
  std::vector<std::string> trusted_proxies; // addresses and networks whose X-Forwarded-For counts

  std::string business_name = "WhatsApp Business";
  std::string business_phone_number;

  std::string whatsapp_access_token;
  std::string whatsapp_phone_number_id;
  std::vector<std::string> whatsapp_app_secrets; // one, or two during a rotation
  std::string whatsapp_verify_token;
  std::string whatsapp_api_base = "https://graph.facebook.com";
  std::string whatsapp_api_version = "v25.0";

  std::size_t login_free_failures = 20; // wrong passwords for a name before it must wait

  std::chrono::seconds send_max_age{3600}; // what waited longer is not sent by itself

  std::optional<struct demonstration> demonstration;
};

// A name and its value, when it is set.
using lookup = std::function<std::optional<std::string>(const std::string& name)>;

struct loaded_config {
  config value;
  std::vector<std::string> problems; // each a sentence that says what to do; empty: fine
};

// Reads and checks everything; finds all problems, not just the first.
loaded_config load_config(const lookup& find);

// Whether DATA_DIR is, or can be made, a folder in which this process writes; the problem, else empty.
std::string problem_of_data_dir(const std::filesystem::path& data_dir);

// Only what tools beside the server need. Throws std::runtime_error with a sentence when it cannot be taken.
store_place store_place_of(const lookup& find);

// NAME=VALUE lines; comments, blank lines, `export` and quotes are understood.
std::map<std::string, std::string> parse_dotenv(const std::string& text);

// The environment, then .env of the working directory.
lookup environment_and_dotenv();

} // namespace tickwire
