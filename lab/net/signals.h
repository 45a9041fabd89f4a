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

/// A thread that takes no signal, from its first step on: neither SIGPIPE of a reader that is gone
/// nor those that the command waits for. Every thread of lab starts here.
/// `Thread` is std::thread or std::jthread. Throws std::system_error when there is none to be had.
template <class Thread = std::thread, class Run>
Thread start_thread(Run run) {
    const SignalsHeldBack held_back;
    return Thread(std::move(run));
}

}  // namespace sni::net
