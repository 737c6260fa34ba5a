// Connections to MongoDB and what is asked over them. libmongoc blocks: use this on threads that may wait,
// never on the I/O thread.
#pragma once

#include "adapters/mongo/document.hpp"
#include "adapters/mongo/mongo_error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct _mongoc_client_pool_t;
struct _mongoc_client_t;

namespace tickwire::mongo {

// How long is waited for MongoDB; what the URI says goes before it. One exchange that fails in each of the
// first two ways takes less than two seconds.
struct patience {
  std::chrono::milliseconds connecting{500}; // also for a server to be found at all
  std::chrono::milliseconds answer{900};
};

// For tests: called on the thread that asks.
struct command_watch {
  std::function<void(const std::string& name)>
      sent; // each command that goes to the server ("find", "insert", …)
  std::function<void(const std::string& what)>
      before; // each question; what it throws, the question fails with
  std::function<void(const std::string& what)> after; // the same, when the server has answered
};

struct pool_config {
  std::string uri;         // mongodb://… or mongodb+srv://…
  std::size_t clients = 8; // connections at most; whoever wants one more waits
  struct patience patience = {};
  command_watch watch = {}; // tests only
};

struct find_options {
  document sort = {};     // empty: in any order
  document only = {};     // the members that are wanted; empty: all
  std::int64_t limit = 0; // 0: all
  bool majority = false;  // only what no failover can take back
};

enum class upsert { no, yes };

struct index {
  std::string name;
  document keys; // {member: 1 or -1, …}
  bool unique = false;
  bool sparse = false; // documents without the members are not in it
};

// What an update did.
struct updated {
  std::int64_t matched = 0;
  bool upserted = false;
};

// Many writes to one collection that may be done in any order.
class bulk {
public:
  void insert(const document& row) { steps_.push_back({kind::insert, {}, row}); }
  void replace(document filter, const document& row, upsert also_new) {
    steps_.push_back(
        {also_new == upsert::yes ? kind::replace_or_insert : kind::replace, std::move(filter), row});
  }
  void remove(document filter) { steps_.push_back({kind::remove, std::move(filter), {}}); }
  bool empty() const { return steps_.empty(); }

private:
  friend class client;
  enum class kind { insert, replace, replace_or_insert, remove };
  struct step {
    kind what;
    document filter, row;
  };
  std::vector<step> steps_;
};

// One connection's worth of asking, lent by the pool until it is destroyed. One thread at a time. Writes are
// there on a majority and in its journal when they return. Everything throws mongo_error.
class client {
public:
  client(client&& other) noexcept;
  client& operator=(client&&) = delete;
  ~client();

  void ping();

  std::vector<document> find(const std::string& collection, const document& filter,
                             const find_options& options = {});
  std::optional<document> find_one(const std::string& collection, const document& filter,
                                   const find_options& options = {});
  // Each document while it is being read, without a copy.
  void each(const std::string& collection, const document& filter, const find_options& options,
            const std::function<void(const reader&)>& use);
  // At most `limit` of them are counted; 0: all.
  std::int64_t count(const std::string& collection, const document& filter, std::int64_t limit = 0);
  void aggregate(const std::string& collection, const list& pipeline,
                 const std::function<void(const reader&)>& use);

  void insert(const std::string& collection, const document& row); // duplicate(): it is there
  // One after another; the first that fails ends it, those before it are in.
  void insert_in_order(const std::string& collection, const std::vector<document>& rows);
  updated update_one(const std::string& collection, const document& filter, const document& change,
                     upsert also_new = upsert::no);
  std::int64_t update_all(const std::string& collection, const document& filter, const document& change);
  std::int64_t remove_one(const std::string& collection, const document& filter);
  std::int64_t remove_all(const std::string& collection, const document& filter);
  // In commands of at most so many writes as fit the patience. Rows that are there already (a duplicate key)
  // are left as they are.
  void write(const std::string& collection, const bulk& steps);

  // Makes the indexes that are missing. Throws with a sentence that says what to do when one of this name is
  // there and another.
  void ensure_indexes(const std::string& collection, const std::vector<index>& wanted);

  document command(const document& command);

private:
  friend class client_pool;
  struct collection_handle;
  client(class client_pool& pool, _mongoc_client_t* handle)
      : pool_(pool)
      , handle_(handle) {}
  collection_handle open(const std::string& name);
  // ask(error): whether it went well.
  template <class Ask>
  void run(const std::string& what, Ask ask);

  class client_pool& pool_;
  _mongoc_client_t* handle_;
};

class client_pool {
public:
  // Connects at the first question, not here. Throws std::runtime_error with a sentence for people when the
  // URI is none.
  explicit client_pool(pool_config config);
  client_pool(const client_pool&) = delete;
  client_pool& operator=(const client_pool&) = delete;
  ~client_pool(); // all clients are back

  // Waits as long as for a connection when all are lent.
  client take();

  const std::string& database() const { return database_; } // of the URI's path, else "tickwire"

private:
  friend class client;
  _mongoc_client_pool_t* pool_ = nullptr;
  command_watch watch_;
  std::string database_;
};

} // namespace tickwire::mongo
