#include "adapters/mongo/client_pool.hpp"

#include "adapters/mongo/uri.hpp"
#include "base/logging.hpp"

#include <mongoc/mongoc.h>

#include <algorithm>
#include <stdexcept>

namespace tickwire::mongo {

namespace {

// So many writes a slow server does within the patience.
constexpr std::size_t writes_at_once = 100;
// Of one command. The driver would split what is larger, but only by the limits of the server.
constexpr std::size_t bytes_at_once = 8 * 1024 * 1024;

constexpr std::uint32_t no_such_collection = 26; // to list the indexes of; the server's code

template <class Value, void (*Destroy)(Value*)>
struct destroyer {
  void operator()(Value* value) const { Destroy(value); }
};
template <class Value, void (*Destroy)(Value*)>
using owned = std::unique_ptr<Value, destroyer<Value, Destroy>>;

using owned_uri = owned<mongoc_uri_t, mongoc_uri_destroy>;
using owned_cursor = owned<mongoc_cursor_t, mongoc_cursor_destroy>;
using owned_collection = owned<mongoc_collection_t, mongoc_collection_destroy>;
using owned_bulk = owned<mongoc_bulk_operation_t, mongoc_bulk_operation_destroy>;

// An answer that the driver fills.
struct reply {
  reply() = default;
  reply(const reply&) = delete;
  reply& operator=(const reply&) = delete;
  ~reply() {
    if (filled) bson_destroy(&value);
  }
  bson_t* fill() {
    filled = true;
    return &value;
  }
  bson_t value = BSON_INITIALIZER;
  bool filled = false;
};

// The driver's own lines, beside what it answers: only what is worse than a lost connection.
void log_of_driver(mongoc_log_level_t level, const char*, const char* message, void*) {
  if (level <= MONGOC_LOG_LEVEL_CRITICAL) log_error(std::string("MongoDB: ") + message);
}

void start_driver() {
  static const bool started = [] {
    mongoc_init();
    mongoc_log_set_handler(log_of_driver, nullptr);
    return true;
  }();
  (void)started;
}

void set_default(mongoc_uri_t* uri, const char* option, std::chrono::milliseconds value) {
  if (!mongoc_uri_has_option(uri, option))
    mongoc_uri_set_option_as_int32(uri, option, static_cast<std::int32_t>(value.count()));
}

std::string doing(const char* what, const std::string& collection) {
  return std::string(what) + " of " + collection;
}

document options_of(const find_options& wanted) {
  document options;
  if (!wanted.sort.empty()) options.object("sort", wanted.sort);
  if (!wanted.only.empty()) options.object("projection", wanted.only);
  if (wanted.limit > 0) options.number("limit", wanted.limit);
  if (wanted.majority) options.object("readConcern", document().text("level", "majority"));
  return options;
}

document upserting(upsert also_new) {
  document options;
  if (also_new == upsert::yes) options.flag("upsert", true);
  return options;
}

updated outcome_of(const bson_t& answer) {
  const reader said(answer);
  return {said.number("matchedCount"), said.number("upsertedCount") > 0};
}

// Whether everything that went wrong in a bulk is that rows are there already.
bool only_duplicates(const bson_t& answer) {
  const reader said(answer);
  bool only = true, any = false;
  said.each_object("writeErrors", [&](const reader& one) {
    any = true;
    only = only && one.number("code") == 11000;
  });
  bool concern = false;
  said.each_object("writeConcernErrors", [&](const reader&) { concern = true; });
  return any && only && !concern;
}

bool use_all(const owned_cursor& cursor, const std::function<void(const reader&)>& use, bson_error_t* error) {
  const bson_t* row = nullptr;
  while (mongoc_cursor_next(cursor.get(), &row)) use(reader(*row));
  return !mongoc_cursor_error(cursor.get(), error);
}

} // namespace

struct client::collection_handle {
  owned_collection value;
  mongoc_collection_t* get() const { return value.get(); }
};

client_pool::client_pool(pool_config config) {
  start_driver();
  if (const std::string problem = problem_of_uri(config.uri); !problem.empty())
    throw std::runtime_error("MONGODB_URI " + problem + ".");
  bson_error_t error;
  const owned_uri uri(mongoc_uri_new_with_error(config.uri.c_str(), &error));
  database_ = database_of(config.uri);

  set_default(uri.get(), MONGOC_URI_SERVERSELECTIONTIMEOUTMS, config.patience.connecting);
  set_default(uri.get(), MONGOC_URI_CONNECTTIMEOUTMS, config.patience.connecting);
  set_default(uri.get(), MONGOC_URI_WAITQUEUETIMEOUTMS, config.patience.connecting);
  set_default(uri.get(), MONGOC_URI_SOCKETTIMEOUTMS, config.patience.answer);
  // A write is tried twice by the driver, which servers know how to take once. A read that got no answer is
  // not worth the wait for another.
  if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_RETRYREADS))
    mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_RETRYREADS, false);
  mongoc_uri_set_option_as_int32(uri.get(), MONGOC_URI_MAXPOOLSIZE,
                                 static_cast<std::int32_t>(config.clients));
  if (!mongoc_uri_get_appname(uri.get())) mongoc_uri_set_appname(uri.get(), "tickwire");

  // What is promised does not depend on what the URI says.
  mongoc_write_concern_t* concern = mongoc_write_concern_new();
  mongoc_write_concern_set_w(concern, MONGOC_WRITE_CONCERN_W_MAJORITY);
  mongoc_write_concern_set_journal(concern, true);
  mongoc_uri_set_write_concern(uri.get(), concern);
  mongoc_write_concern_destroy(concern);
  mongoc_read_prefs_t* primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
  mongoc_uri_set_read_prefs_t(uri.get(), primary);
  mongoc_read_prefs_destroy(primary);

  pool_ = mongoc_client_pool_new_with_error(uri.get(), &error);
  if (!pool_) throw std::runtime_error(std::string("MONGODB_URI cannot be used: ") + error.message);
  mongoc_client_pool_set_error_api(pool_, MONGOC_ERROR_API_VERSION_2);
  watch_ = std::move(config.watch);
  if (watch_.sent) {
    mongoc_apm_callbacks_t* callbacks = mongoc_apm_callbacks_new();
    mongoc_apm_set_command_started_cb(callbacks, [](const mongoc_apm_command_started_t* event) {
      const auto* watch = static_cast<const command_watch*>(mongoc_apm_command_started_get_context(event));
      watch->sent(mongoc_apm_command_started_get_command_name(event));
    });
    mongoc_client_pool_set_apm_callbacks(pool_, callbacks, &watch_);
    mongoc_apm_callbacks_destroy(callbacks);
  }
}

client_pool::~client_pool() { mongoc_client_pool_destroy(pool_); }

client client_pool::take() {
  mongoc_client_t* handle = mongoc_client_pool_pop(pool_);
  if (!handle) throw mongo_error(MONGOC_ERROR_POOL, 0, "MongoDB: all connections were in use for too long");
  return client(*this, handle);
}

client::client(client&& other) noexcept
    : pool_(other.pool_)
    , handle_(std::exchange(other.handle_, nullptr)) {}

client::~client() {
  if (handle_) mongoc_client_pool_push(pool_.pool_, handle_);
}

client::collection_handle client::open(const std::string& name) {
  return {owned_collection(mongoc_client_get_collection(handle_, pool_.database_.c_str(), name.c_str()))};
}

template <class Ask>
void client::run(const std::string& what, Ask ask) {
  if (pool_.watch_.before) pool_.watch_.before(what);
  bson_error_t error{};
  if (!ask(&error)) throw mongo_error(what, error);
  if (pool_.watch_.after) pool_.watch_.after(what);
}

void client::ping() { command(document().number("ping", 1)); }

document client::command(const document& command) {
  reply answer;
  run("a command", [&](bson_error_t* error) {
    return mongoc_client_command_simple(handle_, pool_.database_.c_str(), command.get(), nullptr,
                                        answer.fill(), error);
  });
  return document(answer.value);
}

void client::each(const std::string& collection, const document& filter, const find_options& options,
                  const std::function<void(const reader&)>& use) {
  const collection_handle rows = open(collection);
  const document wanted = options_of(options);
  run(doing("reading", collection), [&](bson_error_t* error) {
    const owned_cursor cursor(
        mongoc_collection_find_with_opts(rows.get(), filter.get(), wanted.get(), nullptr));
    return use_all(cursor, use, error);
  });
}

std::vector<document> client::find(const std::string& collection, const document& filter,
                                   const find_options& options) {
  std::vector<document> found;
  each(collection, filter, options, [&](const reader& row) { found.push_back(row.copy()); });
  return found;
}

std::optional<document> client::find_one(const std::string& collection, const document& filter,
                                         const find_options& options) {
  find_options one = options;
  one.limit = 1;
  std::optional<document> found;
  each(collection, filter, one, [&](const reader& row) { found = row.copy(); });
  return found;
}

std::int64_t client::count(const std::string& collection, const document& filter, std::int64_t limit) {
  const collection_handle rows = open(collection);
  document options;
  if (limit > 0) options.number("limit", limit);
  std::int64_t counted = 0;
  run(doing("counting", collection), [&](bson_error_t* error) {
    counted =
        mongoc_collection_count_documents(rows.get(), filter.get(), options.get(), nullptr, nullptr, error);
    return counted >= 0;
  });
  return counted;
}

void client::aggregate(const std::string& collection, const list& pipeline,
                       const std::function<void(const reader&)>& use) {
  const collection_handle rows = open(collection);
  const document stages = document().array("pipeline", pipeline);
  run(doing("summing up", collection), [&](bson_error_t* error) {
    const owned_cursor cursor(
        mongoc_collection_aggregate(rows.get(), MONGOC_QUERY_NONE, stages.get(), nullptr, nullptr));
    return use_all(cursor, use, error);
  });
}

void client::insert(const std::string& collection, const document& row) {
  const collection_handle rows = open(collection);
  run(doing("adding to the rows", collection), [&](bson_error_t* error) {
    return mongoc_collection_insert_one(rows.get(), row.get(), nullptr, nullptr, error);
  });
}

void client::insert_in_order(const std::string& collection, const std::vector<document>& rows) {
  const collection_handle target = open(collection);
  std::vector<const bson_t*> part;
  std::size_t bytes = 0;
  const auto send = [&] {
    run(doing("adding to the rows", collection), [&](bson_error_t* error) {
      return mongoc_collection_insert_many(target.get(), part.data(), part.size(), nullptr, nullptr, error);
    });
    part.clear();
    bytes = 0;
  };
  for (const document& row : rows) {
    if (!part.empty() && (part.size() == writes_at_once || bytes + row.bytes() > bytes_at_once)) send();
    part.push_back(row.get());
    bytes += row.bytes();
  }
  if (!part.empty()) send();
}

updated client::update_one(const std::string& collection, const document& filter, const document& change,
                           upsert also_new) {
  const collection_handle rows = open(collection);
  const document options = upserting(also_new);
  reply answer;
  run(doing("changing a row", collection), [&](bson_error_t* error) {
    return mongoc_collection_update_one(rows.get(), filter.get(), change.get(), options.get(), answer.fill(),
                                        error);
  });
  return outcome_of(answer.value);
}

std::int64_t client::update_all(const std::string& collection, const document& filter,
                                const document& change) {
  const collection_handle rows = open(collection);
  reply answer;
  run(doing("changing rows", collection), [&](bson_error_t* error) {
    return mongoc_collection_update_many(rows.get(), filter.get(), change.get(), nullptr, answer.fill(),
                                         error);
  });
  return reader(answer.value).number("matchedCount");
}

std::int64_t client::remove_one(const std::string& collection, const document& filter) {
  const collection_handle rows = open(collection);
  reply answer;
  run(doing("removing a row", collection), [&](bson_error_t* error) {
    return mongoc_collection_delete_one(rows.get(), filter.get(), nullptr, answer.fill(), error);
  });
  return reader(answer.value).number("deletedCount");
}

std::int64_t client::remove_all(const std::string& collection, const document& filter) {
  const collection_handle rows = open(collection);
  reply answer;
  run(doing("removing rows", collection), [&](bson_error_t* error) {
    return mongoc_collection_delete_many(rows.get(), filter.get(), nullptr, answer.fill(), error);
  });
  return reader(answer.value).number("deletedCount");
}

void client::write(const std::string& collection, const bulk& steps) {
  const collection_handle rows = open(collection);
  const document unordered = document().flag("ordered", false);
  const document upserts = document().flag("upsert", true);
  const std::string what = doing("writing rows", collection);
  for (std::size_t done = 0; done < steps.steps_.size();) {
    const owned_bulk part(mongoc_collection_create_bulk_operation_with_opts(rows.get(), unordered.get()));
    bson_error_t error;
    std::size_t bytes = 0, count = 0;
    for (; done < steps.steps_.size() && count < writes_at_once; ++done, ++count) {
      const bulk::step& step = steps.steps_[done];
      bytes += step.row.bytes() + step.filter.bytes();
      if (count > 0 && bytes > bytes_at_once) break;
      const bson_t *filter = step.filter.get(), *row = step.row.get();
      bool taken = false;
      switch (step.what) {
      case bulk::kind::insert:
        taken = mongoc_bulk_operation_insert_with_opts(part.get(), row, nullptr, &error);
        break;
      case bulk::kind::replace:
        taken = mongoc_bulk_operation_replace_one_with_opts(part.get(), filter, row, nullptr, &error);
        break;
      case bulk::kind::replace_or_insert:
        taken = mongoc_bulk_operation_replace_one_with_opts(part.get(), filter, row, upserts.get(), &error);
        break;
      case bulk::kind::remove:
        taken = mongoc_bulk_operation_remove_one_with_opts(part.get(), filter, nullptr, &error);
        break;
      }
      if (!taken) throw mongo_error(what, error);
    }
    run(what, [&](bson_error_t* failed) {
      reply answer;
      return mongoc_bulk_operation_execute(part.get(), answer.fill(), failed) ||
             only_duplicates(answer.value);
    });
  }
}

namespace {

bool same_index(const reader& present, const index& wanted) {
  const auto keys = present.object("key");
  if (!keys) return false;
  const auto spelled = [](const bson_t& value) {
    std::string text;
    bson_iter_t member;
    if (bson_iter_init(&member, &value))
      while (bson_iter_next(&member))
        text += std::string(bson_iter_key(&member)) + (bson_iter_as_int64(&member) < 0 ? "-," : "+,");
    return text;
  };
  return spelled(*keys->copy().get()) == spelled(*wanted.keys.get()) &&
         present.flag("unique") == wanted.unique && present.flag("sparse") == wanted.sparse;
}

} // namespace

void client::ensure_indexes(const std::string& collection, const std::vector<index>& wanted) {
  std::vector<std::string> there;
  {
    const collection_handle rows = open(collection);
    const owned_cursor cursor(mongoc_collection_find_indexes_with_opts(rows.get(), nullptr));
    const bson_t* row = nullptr;
    while (mongoc_cursor_next(cursor.get(), &row)) {
      const reader present(*row);
      const std::string name = present.text("name");
      for (const index& one : wanted) {
        if (one.name != name) continue;
        if (!same_index(present, one))
          throw std::runtime_error("MongoDB: the index " + name + " of the collection " + collection +
                                   " is another one than Tickwire needs. Stop Tickwire, remove the index "
                                   "(db." +
                                   collection + ".dropIndex(\"" + name +
                                   "\")) and start again; it is then made anew.");
        there.push_back(name);
      }
    }
    bson_error_t error;
    if (mongoc_cursor_error(cursor.get(), &error) && error.code != no_such_collection)
      throw mongo_error(doing("reading the indexes", collection), error);
  }
  list missing;
  for (const index& one : wanted) {
    if (std::find(there.begin(), there.end(), one.name) != there.end()) continue;
    document made;
    made.object("key", one.keys).text("name", one.name);
    if (one.unique) made.flag("unique", true);
    if (one.sparse) made.flag("sparse", true);
    missing.object(made);
  }
  if (missing.empty()) return;
  command(document().text("createIndexes", collection).array("indexes", missing));
}

} // namespace tickwire::mongo
