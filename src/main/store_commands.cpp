#include "main/store_commands.hpp"

#include "adapters/mongo/mongo_store.hpp"
#include "adapters/mongo/uri.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "store/migration.hpp"
#include "store/views_anew.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace tickwire {

namespace {

constexpr std::chrono::seconds told_every{5};

std::unique_ptr<whole_store> open(const store_place& place) {
  return place.mongodb_uri.empty() ? sqlite::open_whole(place.data_dir)
                                   : mongo::open_whole({.uri = place.mongodb_uri});
}

std::string told(const row_counts& counts) {
  std::string text;
  for (const auto& [kind, count] : counts)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
  return text;
}

void tell(const char* side, const whole_store& store, const store_digest& digest) {
  std::cout << side << ": " << store.told() << "\n  " << told(digest.counts) << "\n  log       " << digest.log
            << "\n  views     " << digest.views << "\n  accounts  " << digest.accounts << "\n  all       "
            << digest.whole() << "\n";
}

} // namespace

store_place place_named(const std::string& option, const std::string& value) {
  constexpr std::string_view files = "sqlite:";
  store_place place;
  if (value.starts_with(files) && value.size() > files.size()) {
    place.data_dir = value.substr(files.size());
    if (std::filesystem::exists(place.data_dir) && !std::filesystem::is_directory(place.data_dir))
      throw std::runtime_error(option + " must name the folder with the files (DATA_DIR), not one of them: " +
                               place.data_dir.string() + ".");
    return place;
  }
  if (!value.starts_with("mongodb://") && !value.starts_with("mongodb+srv://"))
    throw std::runtime_error(option + " must be sqlite:FOLDER (a DATA_DIR) or mongodb://… (a MONGODB_URI).");
  if (const std::string problem = mongo::problem_of_uri(value); !problem.empty())
    throw std::runtime_error(option + " " + problem + ".");
  place.mongodb_uri = value;
  return place;
}

int migrate_store(const store_place& from, const store_place& to) {
  const auto source = open(from), target = open(to);
  migration_progress progress;
  auto last_told = std::chrono::steady_clock::now();
  progress.copied = [&](std::uint64_t entries) {
    if (std::chrono::steady_clock::now() - last_told < told_every) return;
    last_told = std::chrono::steady_clock::now();
    std::cerr << entries << " entries copied…\n";
  };
  progress.step = [](const std::string& what) { std::cerr << what << "\n"; };
  const migration_result done = migrate(*source, *target, progress);
  tell("source", *source, done.source);
  tell("target", *target, done.target);
  if (const std::string why = difference_of(done); !why.empty()) {
    std::cerr << "Not finished. " << why << "\n";
    return 1;
  }
  std::cout << (done.was_there ? "Equal: everything was there already.\n"
                               : "Equal: everything is there. Nothing was changed in the source.\n");
  return 0;
}

int rebuild_views(const store_place& place) {
  make_views_anew(*open(place), [](const std::string& inbox, const views_anew& done) {
    std::cout << inbox << ": " << told(done.after.counts) << "; hash " << done.after.hash << "\n";
    if (done.as_they_were())
      std::cout << inbox << ": the views are as they were, field by field.\n";
    else
      std::cout << inbox << ": the views are others than they were (" << told(done.before.counts) << "; hash "
                << done.before.hash << "). Open pages will load anew.\n";
  });
  return 0;
}

} // namespace tickwire
