#include "cluster/redis/resp.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace socketio::cluster {

void redis_command::release::operator()(char* data) const { redisFreeCommand(data); }

redis_command::redis_command(std::initializer_list<std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data() ? word.data() : "");
    sizes.push_back(word.size());
  }
  char* data = nullptr;
  const auto size = redisFormatCommandArgv(&data, static_cast<int>(texts.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  data_.reset(data);
  size_ = static_cast<std::size_t>(size);
}

namespace {

// No reply to us has longer lists; a claimed length is memory at once.
constexpr std::size_t max_list = 4096;

// hiredis builds what these functions give it. An element goes to its place in the list that its parent task
// made; the outermost reply is the only one that is owned by pointer.
redis_reply* place(const redisReadTask* task) {
  if (!task->parent) return new (std::nothrow) redis_reply;
  auto* parent = static_cast<redis_reply*>(task->parent->obj);
  return &parent->list[static_cast<std::size_t>(task->idx)];
}

void* make_string(const redisReadTask* task, char* text, std::size_t size) {
  redis_reply* reply = place(task);
  if (!reply) return nullptr;
  reply->is = task->type == REDIS_REPLY_ERROR    ? redis_reply::kind::error
              : task->type == REDIS_REPLY_STATUS ? redis_reply::kind::status
                                                 : redis_reply::kind::text;
  reply->text.assign(text, size);
  return reply;
}

// The type of the count is int in hiredis 0.14 and size_t in 1.0.
template <class Count>
void* make_list(const redisReadTask* task, Count count) {
  if (static_cast<std::size_t>(count) > max_list) return nullptr;
  redis_reply* reply = place(task);
  if (!reply) return nullptr;
  reply->is = redis_reply::kind::list;
  reply->list.resize(static_cast<std::size_t>(count));
  return reply;
}

void* make_integer(const redisReadTask* task, long long number) {
  redis_reply* reply = place(task);
  if (!reply) return nullptr;
  reply->is = redis_reply::kind::integer;
  reply->integer = number;
  return reply;
}

void* make_nil(const redisReadTask* task) { return place(task); }

void drop(void* reply) { delete static_cast<redis_reply*>(reply); }

redisReplyObjectFunctions builders() {
  redisReplyObjectFunctions functions{};
  functions.createString = make_string;
  functions.createArray = make_list;
  functions.createInteger = make_integer;
  functions.createNil = make_nil;
  functions.freeObject = drop;
  return functions;
}

} // namespace

void redis_reader::release::operator()(redisReader* reader) const { redisReaderFree(reader); }

redis_reader::redis_reader(std::size_t max_bytes)
    : max_bytes_(max_bytes) {
  static redisReplyObjectFunctions functions = builders();
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (!reader_) throw std::bad_alloc();
}

redis_reader::~redis_reader() = default;

void redis_reader::feed(std::string_view bytes) {
  if (!wrong_.empty()) return;
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) wrong_ = reader_->errstr;
}

std::optional<redis_reply> redis_reader::next() {
  if (!wrong_.empty()) return std::nullopt;
  void* found = nullptr;
  if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
    wrong_ = reader_->errstr;
    return std::nullopt;
  }
  if (!found) {
    if (reader_->len - reader_->pos > max_bytes_)
      wrong_ = "a message over the limit of " + std::to_string(max_bytes_) + " bytes";
    return std::nullopt;
  }
  const std::unique_ptr<redis_reply> reply(static_cast<redis_reply*>(found));
  return std::move(*reply);
}

} // namespace socketio::cluster
