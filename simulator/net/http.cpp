#include "simulator/net/http.hpp"

#include <boost/json/serialize.hpp>

namespace simulator {

http_response json_response(int status, const boost::json::value& body) {
  http_response response;
  response.status = status;
  response.body = boost::json::serialize(body);
  return response;
}

http_response problem_response(int status, std::string_view sentence) {
  return json_response(status, {{"error", sentence}});
}

} // namespace simulator
