// Puts one figure's load on a server and prints what it cost the server, as JSON.
// Usage: load FIGURE --port N --pid P [--clients N] [--steps N,N] [--under-way N] [--warm MS] [--measured MS]
//             [--payload BYTES] [--headers few|browser] [--rooms N] [--members N] [--rate N] [--stopped MS]
//        FIGURE: connects, echo, acks, broadcast, posts, polling, steady, stop
#include "figure.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <map>
#include <sstream>

namespace {

// A client is a descriptor.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw load::fault("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) throw load::fault("setrlimit");
}

load::settings settings_of(int argc, char** argv) {
  load::settings settings;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    const auto number = [&] { return static_cast<unsigned>(std::stoul(value)); };
    if (name == "--port")
      settings.port = static_cast<std::uint16_t>(number());
    else if (name == "--pid")
      settings.pid = static_cast<pid_t>(number());
    else if (name == "--clients")
      settings.clients = number();
    else if (name == "--under-way")
      settings.under_way = number();
    else if (name == "--warm")
      settings.warm = std::chrono::milliseconds{number()};
    else if (name == "--measured")
      settings.measured = std::chrono::milliseconds{number()};
    else if (name == "--payload")
      settings.payload = number();
    else if (name == "--rooms")
      settings.rooms = number();
    else if (name == "--members")
      settings.members = number();
    else if (name == "--rate")
      settings.rate = number();
    else if (name == "--stopped")
      settings.stopped = std::chrono::milliseconds{number()};
    else if (name == "--headers" && (value == "few" || value == "browser"))
      settings.browser = value == "browser";
    else if (name == "--steps") {
      settings.steps.clear();
      std::istringstream list(value);
      for (std::string step; std::getline(list, step, ',');)
        settings.steps.push_back(static_cast<unsigned>(std::stoul(step)));
    } else
      throw load::fault("unknown option " + name);
  }
  if (settings.port == 0 || settings.pid == 0) throw load::fault("--port and --pid are needed");
  if (settings.clients == 0 || settings.steps.empty() || settings.members == 0 || settings.rate == 0)
    throw load::fault("--clients, --steps, --members and --rate must not be 0");
  return settings;
}

} // namespace

int main(int argc, char** argv) {
  const std::map<std::string, load::result (*)(const load::settings&)> figures{
      {"connects", load::connects},   {"echo", load::echo},   {"acks", load::acks},
      {"broadcast", load::broadcast}, {"posts", load::posts}, {"polling", load::polling},
      {"steady", load::steady},       {"stop", load::stop}};
  const auto figure = figures.find(argc > 1 ? argv[1] : "");
  if (figure == figures.end()) return std::fputs("load: which figure?\n", stderr), 2;
  try {
    allow_many_descriptors();
    const char* separator = "{";
    for (const auto& [name, value] : figure->second(settings_of(argc, argv)))
      std::printf("%s\"%s\":%.9g", std::exchange(separator, ","), name.c_str(), value);
    std::puts("}");
  } catch (const std::exception& problem) {
    return std::fprintf(stderr, "load: %s\n", problem.what()), 1;
  }
}
