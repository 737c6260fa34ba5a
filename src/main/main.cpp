// tickwire [serve | user … | webhooks list, show KEY, replay | migrate | rebuild-views | check-config |
// version]
#include "main/config.hpp"
#include "main/store_commands.hpp"
#include "main/user_commands.hpp"
#include "main/webhooks_command.hpp"
#include "main/wiring.hpp"

#include <CLI/CLI.hpp>

#include <malloc.h>
#include <sys/stat.h>

#include <iostream>
#include <string>

namespace {

// All of them, since one would be followed by the next.
bool tell_problems(const tickwire::loaded_config& loaded) {
  if (loaded.problems.empty()) return false;
  std::cerr << "The configuration has " << loaded.problems.size()
            << (loaded.problems.size() == 1 ? " problem:\n" : " problems:\n");
  for (const std::string& problem : loaded.problems) std::cerr << "  - " << problem << "\n";
  std::cerr << "Set them in the environment or in .env of the working directory.\n";
  return true;
}

tickwire::loaded_config load() {
  auto loaded = tickwire::load_config(tickwire::environment_and_dotenv());
  if (auto problem = tickwire::problem_of_data_dir(loaded.value.store.data_dir); !problem.empty())
    loaded.problems.push_back(std::move(problem));
  return loaded;
}

// Large bodies go back to the system at once: else a flood of them leaves holes in the heap for ever.
constexpr int returned_from = 256 * 1024; // bytes

int serve() {
  ::mallopt(M_MMAP_THRESHOLD, returned_from);
  const auto loaded = load();
  if (tell_problems(loaded)) return 2;
  return tickwire::serve(loaded.value);
}

int check_config() {
  const auto loaded = load();
  if (tell_problems(loaded)) return 2;
  std::cerr << "The configuration is fine.\n";
  return 0;
}

int replay() {
  const auto find = tickwire::environment_and_dotenv();
  const auto inbox = find("WHATSAPP_PHONE_NUMBER_ID");
  if (!inbox || inbox->empty()) {
    std::cerr << "WHATSAPP_PHONE_NUMBER_ID is missing. Set it in the environment or in .env of the working "
                 "directory.\n";
    return 2;
  }
  return tickwire::replay_webhooks(tickwire::store_place_of(find), *inbox);
}

} // namespace

int main(int argc, char** argv) {
  ::umask(0077); // customers' messages and password hashes are nobody else's on this machine
  CLI::App app("Tickwire: the self-hosted inbox for WhatsApp Business. Configured by the environment and "
               ".env; see README.md.");
  app.require_subcommand(0, 1);
  app.add_subcommand("serve", "Serve until SIGTERM (the default)");
  app.add_subcommand("check-config", "Say what is wrong with the configuration, all at once");
  app.add_subcommand("version", "Print the version");
  const auto user = tickwire::add_user_commands(app);
  CLI::App* webhooks =
      app.add_subcommand("webhooks", "What Meta sent and Tickwire did not understand; all of it is kept");
  webhooks->require_subcommand(1);
  CLI::App* list = webhooks->add_subcommand("list", "List it, the newest first");
  std::string what;
  std::size_t limit = 50;
  list->add_option("--what", what, "Only those whose reason begins so, such as \"number\" or \"failed\"");
  list->add_option("--limit", limit, "How many")->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  CLI::App* show = webhooks->add_subcommand("show", "Print the JSON of one");
  std::string key;
  show->add_option("key", key, "Its key, as listed")->required();
  webhooks->add_subcommand("replay",
                           "Take in what this version understands; with SQLite the server must not run");
  CLI::App* migrate = app.add_subcommand(
      "migrate", "Copy everything from SQLite to MongoDB or back, while no server runs; goes on where it was "
                 "stopped, and compares both in the end");
  std::string from, to;
  migrate->add_option("--from", from, "sqlite:FOLDER (a DATA_DIR) or mongodb://… (a MONGODB_URI)")
      ->required();
  migrate->add_option("--to", to, "The same; empty, or what an earlier run has left")->required();
  app.add_subcommand("rebuild-views",
                     "Make messages, chats and contacts anew from the log, while no server runs");
  CLI11_PARSE(app, argc, argv);

  try {
    if (app.got_subcommand("version")) return std::cout << "tickwire " << TICKWIRE_VERSION << "\n", 0;
    if (app.got_subcommand("check-config")) return check_config();
    const auto place = [] { return tickwire::store_place_of(tickwire::environment_and_dotenv()); };
    if (app.got_subcommand("user")) return user->run(place());
    if (list->parsed()) return tickwire::list_webhooks(place(), what, limit);
    if (show->parsed()) return tickwire::show_webhook(place(), key);
    if (webhooks->parsed()) return replay();
    if (migrate->parsed())
      return tickwire::migrate_store(tickwire::place_named("--from", from),
                                     tickwire::place_named("--to", to));
    if (app.got_subcommand("rebuild-views")) return tickwire::rebuild_views(place());
    return serve();
  } catch (const std::exception& error) {
    std::cerr << "tickwire: " << error.what() << "\n";
    return 1;
  }
}
