#include "adapters/mongo/mongo_error.hpp"

#include <mongoc/mongoc.h>

namespace tickwire::mongo {

namespace {

// Codes of the server about one document. 17419, 17420: it has grown too large by an update.
bool about_one_document(std::uint32_t code) {
  switch (code) {
  case 2:     // BadValue
  case 9:     // FailedToParse
  case 14:    // TypeMismatch
  case 22:    // InvalidBSON
  case 52:    // DollarPrefixedFieldName
  case 10334: // BSONObjectTooLarge
  case 17419:
  case 17420:
  case 11000:
    return true;
  default:
    return false;
  }
}

} // namespace

mongo_error::mongo_error(std::uint32_t domain, std::uint32_t code, const std::string& what)
    : store_error(what)
    , domain_(domain)
    , code_(code) {}

mongo_error::mongo_error(const std::string& doing, const _bson_error_t& error)
    : mongo_error(error.domain, error.code, "MongoDB: " + doing + ": " + error.message) {}

bool mongo_error::duplicate() const {
  return domain_ == MONGOC_ERROR_SERVER && (code_ == 11000 || code_ == 11001 || code_ == 12582);
}

// Of the selection of a server, nothing was sent.
bool mongo_error::answer_lost() const {
  return domain_ == MONGOC_ERROR_STREAM || domain_ == MONGOC_ERROR_WRITE_CONCERN ||
         domain_ == MONGOC_ERROR_PROTOCOL;
}

bool mongo_error::of_the_store() const {
  if (domain_ == MONGOC_ERROR_BSON) return false;
  if (domain_ == MONGOC_ERROR_COMMAND && code_ == MONGOC_ERROR_COMMAND_INVALID_ARG) return false;
  return domain_ != MONGOC_ERROR_SERVER || !about_one_document(code_);
}

} // namespace tickwire::mongo
