// tickwire-simulator: Meta as a program, and a customer's phone as a page.

#include "simulator/faults/options.hpp"
#include "simulator/graph/graph_api.hpp"
#include "simulator/net/http_server.hpp"
#include "simulator/net/test_api.hpp"
#include "simulator/state/simulation.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <iostream>

namespace {

struct command_line {
  simulator::options set;
  std::string host = "127.0.0.1";
  unsigned short port = 8001;
  int customers = 2;
};

void describe(CLI::App& app, command_line& read) {
  app.add_option("--host", read.host, "address to listen on")->capture_default_str();
  app.add_option("--port", read.port, "0: any free one; the address is printed")->capture_default_str();
  app.add_option("--customers", read.customers, "people on stage at the start")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();

  for (const auto& field : simulator::option_fields()) {
    const std::string flag(field.flag);
    const std::string help(field.help);
    std::visit(
        [&](auto member) {
          auto& place = read.set.*member;
          using type = std::remove_reference_t<decltype(place)>;
          // The range goes through the same check as the HTTP interface, after parsing.
          if constexpr (std::is_same_v<type, bool>)
            app.add_flag(flag + ",!--no-" + flag.substr(2), place, help);
          else
            app.add_option(flag, place, help)->capture_default_str();
        },
        field.where);
  }
}

} // namespace

int main(int count, char** arguments) {
  CLI::App app{"Simulates WhatsApp's Cloud API and the customers behind it. Nothing leaves the machine."};
  command_line read;
  describe(app, read);
  CLI11_PARSE(app, count, arguments);

  auto flags = simulator::to_json(read.set);
  flags.erase("nextSend");
  if (const auto checked = simulator::patched(read.set, flags); !checked) {
    std::cerr << "tickwire-simulator: " << checked.error() << '\n';
    return 2;
  }

  namespace asio = boost::asio;
  // Declared before everything that works on it: coroutines still waiting at the end are taken down last.
  asio::io_context context(1);
  std::unique_ptr<simulator::simulation> world;
  std::unique_ptr<simulator::http_server> server;
  try {
    world = std::make_unique<simulator::simulation>(context.get_executor(), std::move(read.set));
    world->invite(read.customers);
    server = std::make_unique<simulator::http_server>(
        context.get_executor(), read.host, read.port, [&world](const simulator::http_request& request) {
          return simulator::is_test_path(request.path) ? simulator::answer_test(*world, request)
                                                       : simulator::answer_graph(*world, request);
        });
  } catch (const std::exception& reason) {
    std::cerr << "tickwire-simulator: cannot listen on " << read.host << ':' << read.port << ": "
              << reason.what() << '\n';
    return 1;
  }

  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&context](const boost::system::error_code&, int) { context.stop(); });

  server->start();
  // One write: whoever reads it must not see half an address.
  const auto address = "http://" + read.host + ':' + std::to_string(server->port());
  std::cerr << "tickwire-simulator: listening on " + address + '\n' << std::flush;
  if (!world->set.webhook_url.empty() && !world->set.verify_token.empty())
    asio::co_spawn(context, world->verify(), asio::detached);

  context.run();
  return 0;
}
