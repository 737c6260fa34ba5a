#include "main/wiring.hpp"

#include "adapters/auth/sodium_hashing.hpp"
#include "adapters/http/security_headers.hpp"
#include "adapters/http/web_server.hpp"
#include "adapters/meta/graph_client.hpp"
#include "adapters/meta/kept_decode.hpp"
#include "adapters/meta/signature.hpp"
#include "adapters/meta/webhook_decode.hpp"
#include "adapters/realtime/live_server.hpp"
#include "adapters/realtime/node_talk.hpp"
#include "adapters/realtime/redis_url.hpp"
#include "app/kept_items.hpp"
#include "app/node.hpp"
#include "app/sender.hpp"
#include "app/service_state.hpp"
#include "base/clock.hpp"
#include "base/logging.hpp"
#include "base/random.hpp"
#include "base/start.hpp"
#include "base/throttled_log.hpp"
#include "main/stores.hpp"
#include "socketio/server.hpp"
#include "wire/json_writer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace tickwire {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// SIGTERM promises five seconds.
constexpr std::chrono::milliseconds stop_patience{4'000}, stop_deadline{4'700};

// Of requests that are not answered yet. A webhook has at most 4 MiB; usually some 2 KiB.
constexpr std::size_t bytes_in_flight_max = 32 * 1024 * 1024;

// As many descriptors as we may have: each page and each connection of Meta is one.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur > 1'000 ? limit.rlim_cur - 500 : limit.rlim_cur / 2;
}

std::string info_of(const config& config) {
  std::string out;
  {
    wire::object_writer object(out);
    {
      wire::object_writer business(object.open("business"));
      business.member("name", config.business_name);
      business.member("phoneNumber", config.business_phone_number);
    }
    object.member("version", TICKWIRE_VERSION);
    if (config.demonstration) {
      wire::object_writer demo(object.open("demonstration"));
      demo.member("simulatorUrl", config.demonstration->simulator_url);
      std::string& list = demo.open("logins");
      list += '[';
      for (const auto& [name, password] : config.demonstration->logins) {
        if (list.back() != '[') list += ',';
        wire::object_writer login(list);
        login.member("username", name);
        login.member("password", password);
      }
      list += ']';
    }
  }
  return out;
}

// Whose pages may act for people, by REST and by socket.
trusted_pages pages_of(const config& config) { return {config.cors_origins, config.public_url}; }

http::web_settings web_settings_of(const config& config) {
  http::web_settings settings;
  settings.verify_token = config.whatsapp_verify_token;
  settings.pages = pages_of(config);
  settings.secure_cookie = config.cookie_secure == "always"  ? http::web_settings::cookie_mode::always
                           : config.cookie_secure == "never" ? http::web_settings::cookie_mode::never
                                                             : http::web_settings::cookie_mode::automatic;
  settings.proxies = trusted_proxies(config.trusted_proxies);
  settings.info_json = info_of(config);
  return settings;
}

std::shared_ptr<socketio::cluster_adapter> cluster_of(asio::io_context& io, const config& config) {
  if (config.redis_url.empty()) return nullptr;
  socketio::redis_options settings = realtime::redis_options_of(config.redis_url);
  settings.key_prefix = "tickwire:" + config.whatsapp_phone_number_id;
  settings.log = [](std::string_view line) { log_info("redis: " + std::string(line)); };
  return socketio::make_redis_adapter(io, std::move(settings));
}

socketio::config socket_settings_of(const config& config, std::size_t connections,
                                    std::shared_ptr<socketio::cluster_adapter> cluster) {
  socketio::config settings;
  settings.cluster = std::move(cluster);
  settings.max_connections = connections;
  settings.connect_timeout = 10s;
  settings.max_payload = 64 * 1024;
  settings.max_attachments = 1;
  settings.cors.origins = config.cors_origins;
  settings.cors.credentials = true;
  settings.body_limit = http::web_server::body_limit;
  settings.max_bytes_in_flight = bytes_in_flight_max;
  settings.answer_headers = http::security_headers(config.cookie_secure == "always");
  // A browser opens a socket from any page, and adds its cookies.
  settings.allow_request = [pages = pages_of(config)](const socketio::http_request& request,
                                                      const socketio::admit& admit) {
    const std::string_view origin = request.header("origin");
    admit(origin.empty() || pages.trusted(origin, request.header("host")),
          "This page may not connect. Open Tickwire itself, or add the page to CORS_ORIGINS.");
  };
  // Strangers cause such lines.
  auto lines = std::make_shared<throttled_log>(1s);
  settings.log = [lines](std::string_view line) { lines->warn("socketio: " + std::string(line)); };
  return settings;
}

meta::graph_config graph_settings_of(const config& config) {
  meta::graph_config settings;
  settings.base_url = config.whatsapp_api_base;
  settings.version = config.whatsapp_api_version;
  settings.phone_number_id = config.whatsapp_phone_number_id;
  settings.access_token = config.whatsapp_access_token;
  return settings;
}

// Unlike that of any other process, and one in which people see the machine.
std::string name_of_node() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + "-" + std::to_string(::getpid()) + "-" + random_text(6);
}

sender_settings sender_settings_of(const config& config, const std::string& node) {
  sender_settings settings;
  settings.node = node;
  settings.max_age = config.send_max_age;
  return settings;
}

account_limits account_limits_of(const config& config) {
  account_limits limits;
  limits.throttle.same_source.free = config.login_free_failures;
  // Colleagues share an address.
  limits.throttle.same_address.free = config.login_free_failures * 5;
  return limits;
}

class application {
public:
  explicit application(const config& config)
      : config_(config)
      , stores_(config.store)
      , log_(stores_.open_log(io_.get_executor(), config.whatsapp_phone_number_id))
      , leases_(stores_.open_leases(config.whatsapp_phone_number_id))
      , account_store_(stores_.open_accounts(io_.get_executor()))
      , hashing_(auth::make_sodium_hashing())
      , accounts_(*account_store_, *hashing_, account_limits_of(config))
      , graph_(meta::make_graph_client(io_.get_executor(), graph_settings_of(config)))
      , sender_(io_, *log_, *graph_, service_, config.whatsapp_phone_number_id,
                sender_settings_of(config, name_))
      , messages_(*log_, sender_, config.whatsapp_phone_number_id)
      , reads_(*log_)
      , signature_(config.whatsapp_app_secrets)
      , webhook_(
            *log_,
            [this](std::string_view header, std::string_view body) { return signature_.valid(header, body); },
            [this](std::string_view body) { return decode(body); },
            [this](const entry& kept) {
              if (const auto line = kept_.add(kept)) log_warning(*line);
            })
      , server_(io_, socket_settings_of(config, raise_descriptor_limit(), cluster_of(io_, config)))
      , live_(io_, server_, reads_, accounts_, messages_, presence_, service_, pages_of(config))
      , web_(web_settings_of(config), {io_, accounts_, messages_, reads_, webhook_, presence_, service_})
      , talk_(io_, server_, presence_, name_, log_->epoch())
      , signals_(io_)
      , force_(io_) {
    if (leases_) {
      node_settings settings;
      settings.name = name_;
      node_.emplace(io_, *log_, *leases_, sender_, service_, std::move(settings));
      talk_.on_head = [this](std::uint64_t head) { node_->hint(head); };
    }
    talk_.on_people = [this](const presence::change& change) { live_.tell_people(change); };
    live_.on_people_here = [this] { talk_.tell_people(); };
    log_->on_committed([this](std::uint64_t head, const std::vector<entry_news>& news) {
      for (const entry_news& one : news) {
        if (one.event) live_.publish(*one.event);
        if (one.asked) sender_.asked(*one.asked);
        if (one.sending_term) sender_.term_taken(*one.sending_term);
        if (one.merged) sender_.chats_merged(one.merged->from, one.merged->into);
      }
      talk_.tell_head(head);
    });
    service_.on_change = [this] { live_.tell_service_state(); };
    account_store_->on_changed_elsewhere([this] { accounts_.changed_elsewhere(); });
    accounts_.on_change = [this] { live_.check_sessions(); };
    accounts_.on_set_up = [this] { forget_setup_link(); };
    accounts_.on_log_out = [this](const std::string& token) { live_.log_out(token); };
    server_.on_http([this](const socketio::http_request& request, socketio::responder responder) {
      web_.handle(request, std::move(responder));
    });
  }

  int run() {
    std::signal(SIGPIPE, SIG_IGN);
    asio::co_spawn(io_, begin(), [this](std::exception_ptr error) {
      if (!error) return;
      start_error_ = error;
      io_.stop();
    });
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    signals_.async_wait([this](boost::system::error_code error, int) {
      if (!error) stop();
    });
    io_.run();
    if (start_error_) std::rethrow_exception(start_error_);
    return 0;
  }

private:
  std::optional<std::vector<entry>> decode(std::string_view body) const {
    auto decoded = meta::decode_webhook(body, config_.whatsapp_phone_number_id, wall_now());
    if (!decoded) return std::nullopt;
    return std::move(decoded->proposals);
  }

  task<void> begin() {
    const auto listening = server_.listen(config_.host, config_.port);
    if (!listening)
      throw std::runtime_error("Cannot listen on " + config_.host + ":" + std::to_string(config_.port) +
                               ": " + listening.error().message() + ". Choose another HOST or PORT.");
    const std::string url =
        config_.public_url.empty() ? "http://localhost:" + std::to_string(*listening) : config_.public_url;
    if (node_)
      node_->begin();
    else
      sender_.begin();
    if (!config_.redis_url.empty()) talk_.begin();
    log_info("listening on " + config_.host + ":" + std::to_string(*listening) + ", " + url);
    log_info("everything is kept in " + stores_.told());
    if (!config_.redis_url.empty())
      log_info("other servers are heard of through Redis at " + realtime::shown_redis_url(config_.redis_url));
    const auto counted = co_await kept_.load(*log_);
    if (!counted)
      log_warning("webhook: what was kept before could not be counted: " + counted.error().detail);
    const auto setup = co_await accounts_.setup_token();
    if (setup) tell_setup_link(setup->empty() ? "" : url + "/setup?token=" + *setup);
  }

  // The link makes an administrator, so it must not stay in a journal: it goes to a terminal, where a person
  // copies it, or into a file that only this user may read. Empty: there are users.
  void tell_setup_link(const std::string& link) {
    forget_setup_link();
    if (link.empty()) return;
    if (::isatty(STDERR_FILENO)) {
      std::cerr << "\nThere are no users yet. Make the first administrator here, once:\n\n  " << link
                << "\n\n"
                << std::flush;
      return;
    }
    std::error_code tried; // what cannot be made cannot be written to either
    std::filesystem::create_directories(config_.store.data_dir, tried);
    std::ofstream file(setup_link_file()); // main() has set a umask: 0600
    file << link << "\n" << std::flush;
    if (!file) throw std::runtime_error("Cannot write " + setup_link_file().string() + ".");
    log_info("there are no users yet; the link that makes the first administrator is in " +
             setup_link_file().string());
  }
  void forget_setup_link() {
    std::error_code none_there;
    std::filesystem::remove(setup_link_file(), none_there);
  }
  std::filesystem::path setup_link_file() const { return config_.store.data_dir / "setup-link.txt"; }

  // No new work, and first of all nothing new to Graph; what is under way finishes; sockets are closed as
  // transports, so that pages come back by themselves.
  void stop() {
    log_info("stopping");
    auto one_less = [this, left = std::make_shared<int>(2)] {
      if (--*left > 0) return;
      log_info("stopped");
      io_.stop();
    };
    talk_.stop();
    sender_.stop([this, one_less] { node_ ? node_->stop(one_less) : one_less(); });
    // Even what cannot be interrupted (a name lookup, a disk that hangs) does not hold us: everything that
    // was answered is stored.
    std::thread([] {
      std::this_thread::sleep_for(stop_deadline);
      std::_Exit(0);
    }).detach();
    force_.expires_after(stop_patience);
    force_.async_wait([this](boost::system::error_code error) {
      if (!error) io_.stop();
    });
    server_.close(stop_patience - 500ms, one_less);
  }

  const config config_;
  const std::string name_ = name_of_node();
  asio::io_context io_{1};
  stores stores_;
  std::unique_ptr<log_store> log_;
  std::unique_ptr<sending_leases> leases_; // none: this process is alone
  std::unique_ptr<account_store> account_store_;
  std::unique_ptr<password_hashing> hashing_;
  accounts accounts_;
  std::unique_ptr<graph_api> graph_;
  service_state service_;
  sender sender_;
  messaging messages_;
  reading reads_;
  meta::signature_check signature_;
  ingest_webhook webhook_;
  presence presence_;
  kept_items kept_{service_, meta::display_number_of};
  socketio::server server_;
  realtime::live_server live_;
  http::web_server web_;
  std::optional<node> node_;
  realtime::node_talk talk_;
  asio::signal_set signals_;
  asio::steady_timer force_;
  std::exception_ptr start_error_;
};

} // namespace

int serve(const config& config) { return application(config).run(); }

} // namespace tickwire
