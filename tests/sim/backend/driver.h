// Stands for the backend's poller and its workers, on one thread: calls sessions when, and as, they
// do (lab/backend/poller.cpp), and takes them to their end.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "lab/backend/session.h"
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

  private:
    using Session = backend::Session;
    using Clock = Session::Clock;

    struct Place {
        std::unique_ptr<Session> session;
        bool taken = false;
        bool missed = false;
        bool watched = false;
        bool writing = false;
        std::size_t hello_bytes = 0;
        Clock::time_point look = Clock::time_point::max();
        std::uint64_t moved = 0;  ///< bytes, when it was last given a turn
        int turns = 0;            ///< in which it moved none
    };
    struct Job {
        Place* place;  ///< null: look for clients
    };

    void end_some();
    void run_job();
    std::chrono::milliseconds timeout() const;
    void watch(Place& place, std::uint32_t events);
    void accept_some();
    void adopt(net::PlainStream socket, Endpoint peer);
    bool make_room();
    void pause_accepting();
    void expire();
    void ready(Place& place);
    void work(Place& place);
    void judge_turn(Place& place);
    bool park(Place& place);
    void look_at(Place& place, Clock::time_point when);
    void count_hello(Place& place);
    void drop_oldest_hello();
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
    std::deque<Place> places_;
    std::vector<Place*> free_;
    std::deque<Job> jobs_;
    std::set<std::pair<Clock::time_point, Place*>> looks_;
    std::size_t sessions_ = 0;
    std::size_t hello_bytes_ = 0;
    std::uint64_t flawed_ = 0;
    const std::uint64_t refused_before_;
    bool accepting_ = true;
    bool stopping_ = false;
    bool cutting_ = false;
    Time cuts_at_{};
};

}  // namespace sni::sim
