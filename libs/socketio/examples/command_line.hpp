// What the examples share: their command line, and serving until SIGTERM.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace example {

// `PROGRAM [MODE] --name value …`. A mistake ends the program with status 2 and says what may be given.
class command_line {
public:
  // `modes`: words that may stand first, the first of them when none does. `named`: options with their
  // defaults.
  command_line(int argc, char** argv, std::vector<std::string> modes,
               std::map<std::string, std::string> named)
      : program_(argv[0])
      , modes_(std::move(modes))
      , named_(std::move(named)) {
    int at = 1;
    if (!modes_.empty()) {
      mode_ = modes_.front();
      if (at < argc && std::string_view(argv[at]).substr(0, 2) != "--") mode_ = known_mode(argv[at++]);
    }
    for (; at < argc; at += 2) {
      const auto option = named_.find(argv[at]);
      if (option == named_.end()) give_up("unknown option " + std::string(argv[at]));
      if (at + 1 == argc) give_up(option->first + " needs a value");
      option->second = argv[at + 1];
    }
  }

  const std::string& mode() const { return mode_; }
  bool given(const std::string& name) const { return !named_.at(name).empty(); }
  const std::string& text(const std::string& name) const { return named_.at(name); }

  std::uint64_t number(const std::string& name, std::uint64_t most = 1'000'000'000'000) const {
    const std::string& text = named_.at(name);
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value > most)
      give_up(name + " needs a number up to " + std::to_string(most) + ", not \"" + text + "\"");
    return value;
  }
  std::chrono::milliseconds milliseconds(const std::string& name) const {
    return std::chrono::milliseconds{number(name, std::chrono::milliseconds::max().count())};
  }
  std::uint16_t port() const { return static_cast<std::uint16_t>(number("--port", 65'535)); }

private:
  std::string known_mode(const std::string& word) const {
    for (const auto& mode : modes_)
      if (mode == word) return mode;
    give_up("unknown mode " + word);
  }

  [[noreturn]] void give_up(const std::string& why) const {
    std::cerr << why << "\nusage: " << program_;
    for (std::size_t i = 0; i < modes_.size(); ++i) std::cerr << (i ? "|" : " [") << modes_[i];
    if (!modes_.empty()) std::cerr << "]";
    for (const auto& [name, value] : named_)
      std::cerr << " [" << name << (value.empty() ? " VALUE" : " " + value) << "]";
    std::cerr << std::endl;
    std::exit(2);
  }

  std::string program_;
  std::vector<std::string> modes_;
  std::map<std::string, std::string> named_;
  std::string mode_;
};

// Listens on 127.0.0.1 and runs until SIGTERM or SIGINT; gives the program's status.
template <class Server>
int serve_until_signal(boost::asio::io_context& io, Server& server, std::uint16_t port) {
  const auto listening = server.listen("127.0.0.1", port);
  if (!listening) {
    std::cerr << "cannot listen on 127.0.0.1:" << port << ": " << listening.error().message() << std::endl;
    return 1;
  }
  // In one write, and whoever has read it may close the pipe.
  std::signal(SIGPIPE, SIG_IGN);
  std::cerr << "listening on " + std::to_string(*listening) + "\n" << std::flush;
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](auto, int) { server.close(std::chrono::seconds{1}, [&] { io.stop(); }); });
  io.run();
  return 0;
}

} // namespace example
