// X-Hub-Signature-256: HMAC-SHA256 of the raw body under the app secret. The only proof that a webhook is
// Meta's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire::meta {

class signature_check {
public:
  // One secret, or two during a rotation; each must not be empty. One thread.
  explicit signature_check(const std::vector<std::string>& app_secrets);
  ~signature_check();

  // Whether `header` is "sha256=" and 64 lower-case hex digits that fit the body under one of the secrets.
  // Takes the same time wherever they differ.
  bool valid(std::string_view header, std::string_view body);

private:
  struct keyed;
  std::vector<std::unique_ptr<keyed>> keys_;
};

} // namespace tickwire::meta
