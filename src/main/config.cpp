#include "main/config.hpp"

#include "adapters/meta/graph_client.hpp"

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

} // namespace

loaded_config load_config(const lookup& find) {
  loaded_config loaded;
  config& c = loaded.value;
  const auto problem = [&](std::string text) { loaded.problems.push_back(std::move(text)); };
  const auto take = [&](const char* name, std::string& into) {
    if (auto value = find(name); value && !value->empty()) into = *value;
  };

  take("HOST", c.host);
  boost::system::error_code no_address;
  boost::asio::ip::make_address(c.host, no_address);
  if (no_address && c.host != "localhost")
    problem("HOST is \"" + c.host +
            "\"; it must be an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them.");
  if (const auto port = find("PORT"); port && !port->empty()) {
    unsigned value = 0;
    const auto parsed = std::from_chars(port->data(), port->data() + port->size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != port->data() + port->size() || value > 65535)
      problem("PORT is \"" + *port + "\"; it must be a number from 0 to 65535.");
    else
      c.port = static_cast<std::uint16_t>(value);
  }
  c.data_dir = data_dir_of(find);
  take("PUBLIC_URL", c.public_url);
  if (!c.public_url.empty() && !is_origin(c.public_url))
    problem("PUBLIC_URL is \"" + c.public_url +
            "\"; it must look like https://inbox.example.org, without a path.");
  if (const auto origins = find("CORS_ORIGINS")) c.cors_origins = list_of(*origins);
  for (const std::string& origin : c.cors_origins)
    if (!is_origin(origin))
      problem("CORS_ORIGINS names \"" + origin +
              "\"; each origin must look like https://example.org, and \"*\" is not possible with logins.");
  take("COOKIE_SECURE", c.cookie_secure);
  if (c.cookie_secure != "auto" && c.cookie_secure != "always" && c.cookie_secure != "never")
    problem("COOKIE_SECURE must be auto, always or never.");
  if (c.cookie_secure == "auto" && c.public_url.starts_with("https://")) c.cookie_secure = "always";

  if (const auto failures = find("LOGIN_FREE_FAILURES"); failures && !failures->empty()) {
    const auto parsed =
        std::from_chars(failures->data(), failures->data() + failures->size(), c.login_free_failures);
    if (parsed.ec != std::errc() || parsed.ptr != failures->data() + failures->size() ||
        c.login_free_failures < 1)
      problem("LOGIN_FREE_FAILURES is \"" + *failures + "\"; it must be a number from 1.");
  }

  take("BUSINESS_NAME", c.business_name);
  take("BUSINESS_PHONE_NUMBER", c.business_phone_number);

  take("WHATSAPP_ACCESS_TOKEN", c.whatsapp_access_token);
  take("WHATSAPP_PHONE_NUMBER_ID", c.whatsapp_phone_number_id);
  if (const auto secrets = find("WHATSAPP_APP_SECRET")) c.whatsapp_app_secrets = list_of(*secrets);
  take("WHATSAPP_VERIFY_TOKEN", c.whatsapp_verify_token);
  take("WHATSAPP_API_BASE", c.whatsapp_api_base);
  take("WHATSAPP_API_VERSION", c.whatsapp_api_version);

  if (c.whatsapp_access_token.empty())
    problem("WHATSAPP_ACCESS_TOKEN is missing. Take a system user's token from Meta's Business settings.");
  if (c.whatsapp_access_token.find_first_of(" \t\r\n") != std::string::npos)
    problem("WHATSAPP_ACCESS_TOKEN contains white space. Copy it again.");
  if (c.whatsapp_phone_number_id.empty())
    problem(
        "WHATSAPP_PHONE_NUMBER_ID is missing. It stands in WhatsApp > API setup of Meta's App Dashboard.");
  else if (c.whatsapp_phone_number_id.find_first_not_of("0123456789") != std::string::npos)
    problem("WHATSAPP_PHONE_NUMBER_ID is \"" + c.whatsapp_phone_number_id +
            "\"; it must be digits (the id, not the phone number).");
  if (c.whatsapp_app_secrets.empty())
    problem("WHATSAPP_APP_SECRET is missing. Without it nobody could tell Meta's webhooks from forged ones. "
            "It stands in App settings > Basic.");
  if (c.whatsapp_app_secrets.size() > 2)
    problem("WHATSAPP_APP_SECRET names more than two secrets; two are enough to rotate.");
  if (c.whatsapp_verify_token.empty())
    problem("WHATSAPP_VERIFY_TOKEN is missing. Choose a long random word and enter the same in Meta's "
            "webhook settings.");
  try {
    meta::check_base_url(c.whatsapp_api_base);
  } catch (const std::invalid_argument& error) {
    problem("WHATSAPP_API_BASE is \"" + c.whatsapp_api_base + "\"; it " + error.what() + ".");
  }
  if (!is_version(c.whatsapp_api_version))
    problem("WHATSAPP_API_VERSION is \"" + c.whatsapp_api_version + "\"; it must look like v25.0.");
  if (const auto uri = find("MONGODB_URI"); uri && !uri->empty())
    problem("MONGODB_URI is set, but this version keeps everything in DATA_DIR. Unset it to start.");
  if (const auto uri = find("REDIS_URL"); uri && !uri->empty())
    problem("REDIS_URL is set, but this version runs as a single node. Unset it to start.");

  if (const auto simulator = find("DEMO_SIMULATOR_URL"); simulator && !simulator->empty()) {
    demonstration demo;
    demo.simulator_url = *simulator;
    if (const auto logins = find("DEMO_LOGINS"))
      for (const std::string& login : list_of(*logins)) {
        const std::size_t colon = login.find(':');
        if (colon == std::string::npos)
          problem("DEMO_LOGINS must look like name:password,name:password.");
        else
          demo.logins.emplace_back(login.substr(0, colon), login.substr(colon + 1));
      }
    c.demonstration = std::move(demo);
  }
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

std::filesystem::path data_dir_of(const lookup& find) {
  const auto value = find("DATA_DIR");
  return value && !value->empty() ? *value : "data";
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
