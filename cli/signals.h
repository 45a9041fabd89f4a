// The signals a serving command lives by: SIGHUP reloads, SIGUSR1 opens logs anew,
// SIGTERM and SIGINT stop, and where a command asks for it the hangup of its terminal.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace sni::cli {

/// Takes SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 out of the way of this thread and of every
/// thread started later, until it is destroyed; so make it before anything that starts threads.
/// Nothing runs in a signal handler: whoever holds this asks for the next one. SIGUSR2, with which
/// nginx is told to begin its upgrade, is nothing here.
class Signals {
  public:
    enum class Event { reload, reopen, stop };
    /// What a SIGHUP is where hangup_ends().
    enum class Hangup { reloads, stops };

    explicit Signals(Hangup hangup = Hangup::reloads);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Whether SIGHUP means that the terminal closed: it does where a terminal's command runs in
    /// the foreground, unless whoever started it asked to ignore that (nohup).
    static bool hangup_ends();

    /// Blocks until one comes.
    Event wait();
    /// Nothing when none came in time.
    std::optional<Event> wait_for(std::chrono::milliseconds time);

    /// True while one to stop has come that nobody has asked for yet: the next of the two above
    /// tells of it. For whoever asks for signals and waits for something else meanwhile.
    bool stop_waits() const;

    /// The signal to stop that anybody who holds one of these took since the first of them was
    /// made; 0: none. From any thread: for whoever has to end early and asks for no signals itself.
    static int stopped_by();

  private:
    bool means_reload(int signal) const;
    Event event_of(int signal) const;

    Hangup hangup_;
    sigset_t ours_{};
    sigset_t before_{};
};

}  // namespace sni::cli
