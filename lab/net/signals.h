// Threads that signals are none of the business of.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace sni::net {

/// Keeps every signal away from the thread that makes it, while it lives; a thread that is started
/// meanwhile never takes one.
class SignalsHeldBack {
  public:
    SignalsHeldBack();
    ~SignalsHeldBack();
    SignalsHeldBack(const SignalsHeldBack&) = delete;
    SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;

  private:
    sigset_t before_;
};

/// A thread that takes no signal, from its first step on.
template <class Run>
std::thread start_thread(Run run) {
    const SignalsHeldBack held_back;
    return std::thread(std::move(run));
}

/// Keeps every signal away from the thread that calls it: SIGPIPE of a reader that is gone, and
/// those that the command waits for.
void block_all_signals();

}  // namespace sni::net
