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

namespace tickwire {

// An entry as it is kept.
struct log_row {
  const entry& what;                   // completed, with its seq
  std::string_view data;               // its data as JSON, see wire::encode
  const encoded_event* said = nullptr; // what pages are told of it, if anything
};

// One thread's. Everything may throw; a store_error says whose fault it is.
class log_rows {
public:
  virtual ~log_rows() = default;

  // A transaction: what is written after begin() is there after commit(), or not at all.
  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void roll_back() noexcept = 0;

  // A point within the transaction to go back to; points nest. Each is ended by one of the two.
  virtual void set_point() = 0;
  virtual void keep_since_point() = 0;
  virtual void undo_since_point() = 0;

  virtual std::uint64_t head() = 0; // seq of the newest entry
  virtual std::string epoch() = 0;  // see log_store

  virtual std::optional<entry> find(const std::string& key) = 0;
  virtual void write(const log_row& row) = 0;
  virtual class views& views() = 0;

  // Writes so many bytes over those of the time before: whether there is room is seen only by writing.
  virtual void write_probe(std::size_t bytes) = 0;
};

// For tests: puts something of theirs between the rows and who writes them.
using wrap_rows = std::function<std::unique_ptr<log_rows>(std::unique_ptr<log_rows>)>;

} // namespace tickwire
