// Stands for the threads of the backend's poller and of its workers: calls sessions when, and as,
// they do (lab/backend/poller.cpp), and takes them to their end. Who is called, looked at and sent
// away is the poller's own decision (lab/backend/places.h).
#pragma once

#include <deque>
#include <string>

#include "lab/backend/places.h"
#include "lab/backend/session.h"
#include "lab/net/address.h"
#include "lab/net/poll_set.h"
#include "tests/sim/backend/clients.h"
#include "tests/sim/kernel.h"

namespace sni::sim {

class Driver {
  public:
    struct Setting {
        /// One in so many pieces is refused to sessions, until one is; 0: none. More would meet
        /// what the JSON library does when it destroys a document, which ends the process.
        std::uint32_t memory = 0;
        Time grace{};  ///< for requests, when it stops
        Flaw flaw = Flaw::none;
    };

    Driver(Tape& tape, Kernel& kernel, HttpClients& clients, backend::Service& service,
           Setting setting, net::Descriptor listener);

    /// Until everybody has come and gone.
    void run();
    void stop();
    /// What is held beyond a limit, in a few words; empty: nothing.
    std::string exceeds() const;

  private:
    using Session = backend::Session;
    using Clock = Session::Clock;

    struct Place : backend::Seat<Session, Place> {
        bool watched = false;
        std::uint64_t moved = 0;  ///< bytes, when it was last given a turn
        int turns = 0;            ///< in which it moved none
    };
    struct Job {
        Place* place;  ///< null: look for clients
    };

    void end_some();
    void run_job();
    std::chrono::milliseconds timeout();
    Clock::time_point soonest() const;
    void watch(Place& place, std::uint32_t events);
    void accept_some();
    void adopt(net::PlainStream socket, const net::Address& peer);
    bool make_room();
    void pause_accepting();
    void try_again();
    void expire();
    void ready(Place& place);
    void work(Place& place);
    void judge_turn(Place& place);
    bool park(Place& place);
    void crowd_out_hellos();
    void close_all(bool busy_too);
    void finish(Place& place);
    void close(Place& place);
    std::uint32_t refuses() const;
    template <class Do>
    auto in_program(Place& place, Do what);

    Tape& tape_;
    Kernel& kernel_;
    HttpClients& clients_;
    backend::Service& service_;
    const Setting setting_;
    net::Descriptor listener_;
    net::PollSet polls_;
    backend::Places<Place> places_;
    std::deque<Job> jobs_;
    Clock::time_point wakes_{};
    std::uint64_t flawed_ = 0;
    const std::uint64_t refused_before_;
    Time cuts_at_{};
};

}  // namespace sni::sim
