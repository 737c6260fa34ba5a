// Work for one thread from any other, in the order in which each of them sent it. Lock-free: senders push
// onto a stack that the owner takes whole and turns around.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace socketio::detail {

class mailbox {
public:
  mailbox() = default;
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;
  ~mailbox() { discard(); }

  // True: it was empty, so the owner must be woken. Any thread.
  template <class Work>
  bool post(Work&& work) {
    auto* fresh = new letter_of<std::decay_t<Work>>(std::forward<Work>(work));
    waiting_.fetch_add(1, std::memory_order_relaxed);
    letter* before = newest_.load(std::memory_order_relaxed);
    do {
      fresh->next = before;
    } while (
        !newest_.compare_exchange_weak(before, fresh, std::memory_order_release, std::memory_order_relaxed));
    return before == nullptr; // `fresh` is the owner's now
  }

  // Runs what is there. The owner's thread. When a letter throws, the rest is read the next time.
  void read_all() {
    read_unread(); // left by the last time
    if (take()) read_unread();
  }

  // Throws away what is there.
  void discard() {
    while (unread_ || take()) delete std::exchange(unread_, unread_->next);
    waiting_ = 0;
  }

  // Letters that were not read yet. Any thread; about.
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

private:
  struct letter {
    virtual ~letter() = default;
    virtual void run() = 0;
    letter* next = nullptr;
  };
  template <class Work>
  struct letter_of final : letter {
    explicit letter_of(Work work)
        : work(std::move(work)) {}
    void run() override { work(); }
    Work work;
  };

  void read_unread() {
    while (unread_) {
      const std::unique_ptr<letter> mine(std::exchange(unread_, unread_->next));
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      mine->run();
    }
  }

  // What has come, oldest first. False: nothing.
  bool take() {
    letter* all = newest_.exchange(nullptr, std::memory_order_acquire);
    while (all) {
      letter* after = all->next;
      all->next = unread_;
      unread_ = all;
      all = after;
    }
    return unread_ != nullptr;
  }

  std::atomic<letter*> newest_ = nullptr;
  letter* unread_ = nullptr;
  std::atomic<std::size_t> waiting_ = 0;
};

} // namespace socketio::detail
