// What stores throw.
#pragma once

#include <stdexcept>

namespace tickwire {

// `of_the_store`: it cannot be used as a whole now (full, locked, broken, gone); it is not about what was to
// be stored.
struct store_error : std::runtime_error {
  using std::runtime_error::runtime_error;
  virtual bool of_the_store() const = 0;
};

// Another writer of the same log was faster: what was decided is void, as it was decided without knowing what
// stands there now. Whoever reads that and decides again loses nothing.
struct overtaken : std::runtime_error {
  overtaken()
      : std::runtime_error("another writer was faster") {}
};

} // namespace tickwire
