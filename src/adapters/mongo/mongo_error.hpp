// What went wrong with MongoDB, and whose fault it is.
#pragma once

#include "store/store_error.hpp"

#include <cstdint>
#include <string>

struct _bson_error_t;

namespace tickwire::mongo {

// Thrown by everything in this folder. `what()` is a sentence without secrets.
class mongo_error : public store_error {
public:
  // `domain` and `code` as libmongoc's error API of version 2 gives them.
  mongo_error(std::uint32_t domain, std::uint32_t code, const std::string& what);
  mongo_error(const std::string& doing, const _bson_error_t& error);

  // A unique index has such a document already. Which index it was is not said: ask for what may be there.
  bool duplicate() const;
  // Nobody knows whether the server has done it.
  bool answer_lost() const;
  // All but what is about one document: one that is too large, or is no BSON.
  bool of_the_store() const override;

private:
  std::uint32_t domain_;
  std::uint32_t code_;
};

} // namespace tickwire::mongo
