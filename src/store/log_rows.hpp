// What a store does for the log: rows in, rows out, all or nothing. What is decided about them stands once,
// in log_writer, for every store.
#pragma once

#include "app/ports.hpp"
#include "core/views.hpp"
#include "store/store_error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

// An entry as it is kept.
struct log_row {
  const entry& what;                   // completed, with its seq
  std::string_view data;               // its data as JSON, see wire::encode
  const encoded_event* said = nullptr; // what pages are told of it, if anything
  bool follows = false;                // belongs to the one before: that one is nowhere without this one
};

// An entry read back from the log.
struct log_entry {
  entry what;
  std::optional<encoded_event> said;
  bool ours = false;       // of this writer
  std::vector<entry> then; // what follows it, see log_row; it may be missing where this is the newest
};

// One thread's. Everything may throw; a store_error says whose fault it is.
class log_rows {
public:
  virtual ~log_rows() = default;

  // A transaction: what is written after begin() is there after commit(), or not at all. Where several may
  // write, commit() throws `overtaken` when another one has written since head() was asked; and when it
  // throws something else, some of the first entries may be there after all: entries_after() says.
  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void roll_back() noexcept = 0;

  // What is likely to be asked when these are appended or applied: a store that is far away gets it at once.
  // Within a transaction.
  virtual void prefetch(const std::vector<const entry*>&) {}

  // A point within the transaction to go back to; points nest. Each is ended by one of the two.
  virtual void set_point() = 0;
  virtual void keep_since_point() = 0;
  virtual void undo_since_point() = 0;

  virtual std::uint64_t head() = 0; // seq of the newest entry that the views have

  // For stores that several write to. The next entries behind `seq`, as many as one transaction takes; none:
  // that is all. Those behind head() are to be applied in a transaction of their own, whose commit() makes
  // their last one the head.
  virtual std::vector<log_entry> entries_after(std::uint64_t) { return {}; }
  virtual std::string epoch() = 0; // see log_store

  virtual std::optional<entry> find(const std::string& key) = 0;
  // Whether the key is there. A store may take it for absent unasked when it hardly ever is there; if it was,
  // commit() is `overtaken`, and the next answer is right.
  virtual bool has(const std::string& key) { return find(key).has_value(); }
  virtual void write(const log_row& row) = 0;
  virtual class views& views() = 0;

  // Writes so many bytes over those of the time before: whether there is room is seen only by writing.
  virtual void write_probe(std::size_t bytes) = 0;
};

// For tests: puts something of theirs between the rows and who writes them.
using wrap_rows = std::function<std::unique_ptr<log_rows>(std::unique_ptr<log_rows>)>;

} // namespace tickwire
