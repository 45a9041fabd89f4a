#include "cli/signals.h"

#include <algorithm>
#include <atomic>
#include <cerrno>

#include <pthread.h>
#include <time.h>

namespace sni::cli {

namespace {

std::atomic<int> stop_signal = 0;

}  // namespace

Signals::Signals(Hangup hangup) : hangup_(hangup) {
    sigemptyset(&ours_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) {
        sigaddset(&ours_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &ours_, &before_);
    if (sigismember(&before_, SIGTERM) == 0) stop_signal = 0;
}

int Signals::stopped_by() {
    return stop_signal;
}

Signals::~Signals() {
    if (sigismember(&before_, SIGTERM) == 1) return;  // whoever blocked it before asks for it
    // One that is pending now came while we were stopping anyway; let through, it would kill the
    // process on its last step.
    const timespec at_once{};
    while (sigtimedwait(&ours_, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Signals::hangup_ends() {
    // A signal that is blocked is queued even when it is ignored, so sigwait() alone cannot tell.
    struct sigaction now{};
    return ::sigaction(SIGHUP, nullptr, &now) != 0 || now.sa_handler != SIG_IGN;
}

bool Signals::stop_waits() const {
    sigset_t pending;
    sigemptyset(&pending);
    ::sigpending(&pending);
    const auto waits = [&](int signal) { return sigismember(&pending, signal) == 1; };
    return waits(SIGTERM) || waits(SIGINT) || (waits(SIGHUP) && !means_reload(SIGHUP));
}

bool Signals::means_reload(int signal) const {
    return signal == SIGHUP && !(hangup_ == Hangup::stops && hangup_ends());
}

Signals::Event Signals::event_of(int signal) const {
    if (means_reload(signal)) return Event::reload;
    if (signal == SIGUSR1) return Event::reopen;
    stop_signal = signal;
    return Event::stop;
}

Signals::Event Signals::wait() {
    int signal = 0;
    while (sigwait(&ours_, &signal) != 0 || signal == SIGUSR2) {
    }
    return event_of(signal);
}

std::optional<Signals::Event> Signals::wait_for(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::max(until - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0)));
        const timespec wait{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
        const int signal = sigtimedwait(&ours_, nullptr, &wait);
        if (signal == SIGUSR2) continue;
        if (signal > 0) return event_of(signal);
        if (errno != EINTR) return std::nullopt;
    }
}

}  // namespace sni::cli
