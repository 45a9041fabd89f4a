// A kernel that is played: sockets, pipes, epoll, eventfd and a clock, as far as lab/net uses them,
// with everything that a kernel may do and mostly does not. The program's own objects are linked
// against it (wrap.cpp); one thread, one kernel, no system call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lab/core/bytes.h"
#include "tests/sim/conn.h"
#include "tests/sim/flaw.h"
#include "tests/sim/tape.h"

namespace sni::sim {

/// Whoever is at the other end of the sockets, and judges what the program does.
class World {
  public:
    virtual ~World() = default;
    /// Lets one thing happen, `between` two steps of the program or while it waits; false when
    /// nothing can but the passing of time.
    virtual bool act(bool between) = 0;
    /// The client that the program accepts next; null when none waits.
    virtual Conn* next_client() = 0;
    virtual bool client_waits() const = 0;
    /// The program dials.
    virtual Conn& dialled(const Endpoint& to) = 0;
    /// The kernel has taken bytes from the program, for the peer of `to`.
    virtual void took(Conn& to, std::uint64_t at, Bytes bytes) = 0;
    /// The same of bytes that never were in the program: those from `at` on of what `from` said.
    virtual void took(Conn& to, const Conn& from, std::uint64_t at, std::uint64_t count) = 0;
    virtual void finished(Conn& conn) = 0;
    virtual void closed(Conn& conn) = 0;
    /// The program gives up its listener, and whoever waits there is reset.
    virtual void stopped_listening() {}
    /// The program waits, and has been told of everything.
    virtual void at_rest() = 0;
    /// The program slept through so much, and what it waits for may wait as much longer.
    virtual void slept(Time time) = 0;
    /// Nothing will ever happen any more.
    virtual void over() = 0;
};

class Kernel {
  public:
    Kernel(Tape& tape, Flaw flaw, bool traced) : tape_(tape), flaw_(flaw), traced_(traced) {}
    ~Kernel();
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;

    /// The one that plays for this thread; null when the real one does.
    static Kernel* current();
    void play(World& world);
    void stop_playing();

    /// One in so many calls that can fail for want of something does; 0: none.
    void set_shortage(std::uint32_t one_in) { shortage_ = one_in; }
    std::uint32_t shortage() const { return shortage_; }
    /// Until when there are no descriptors.
    Time short_until() const { return short_until_; }
    /// One in so many calls finds less than there is, is interrupted, or meets a change; 0: none.
    void set_disorder(std::uint32_t one_in) { disorder_ = one_in; }

    Time now() const { return now_; }
    /// As the program reads it.
    Time clock() const {
        constexpr Time kBegan = std::chrono::hours(1);
        if (flaw_ == Flaw::forgets_deadlines) return kBegan;
        return flaw_ == Flaw::hurries ? kBegan + 10 * (now_ - kBegan) : now_;
    }
    /// When it last asked what there is: it knows of nothing later.
    Time asked() const { return asked_; }
    /// How often it has asked.
    std::uint64_t rounds() const { return rounds_; }
    void pass(Time time) { now_ += time; }
    /// The same while the program is at work, or waits. It reads its clock once a round, so what
    /// passes between two questions makes it late, and two deadlines may be chained: together by no
    /// more than most of the second that judges allow.
    void dawdle(Time time) {
        const Time within = std::min(time, dawdles_);
        dawdles_ -= within;
        now_ += within;
    }
    int make_listener(const Endpoint& local);
    /// A descriptor of the program that is open, of `conn`.
    void changed(Conn& conn, std::uint32_t events);
    void clients_came();
    std::size_t open_files() const;
    std::string names_of_open_files() const;

    /// The first thing that was wrong stays.
    void wrong(std::string what);
    /// Of `flags` that a call was given.
    void must_have(const char* call, int flags, int needed);
    const std::string& verdict() const { return verdict_; }
    template <class Make>
    void note(Make&& make) {
        if (traced_) add_to_trace(make());
    }
    const std::vector<std::string>& trace() const { return trace_; }
    /// Every line of a trace is also written to stderr at once, for when the program crashes.
    static void trace_aloud();
    std::uint64_t calls() const { return calls_; }

    // The system calls: as their manual pages say.
    static constexpr int kFirst = 1 << 20;  ///< descriptors from here on are played
    static bool plays(int fd) { return fd >= kFirst; }
    int open_table();  ///< /proc/net/tcp
    int epoll_create();
    int epoll_ctl(int op, int fd, epoll_event* event);
    int epoll_wait(epoll_event* events, int most, int milliseconds);
    int eventfd();
    int eventfd_write(int fd);
    int eventfd_read(int fd, std::uint64_t* calls);
    int accept(int fd, sockaddr* address, socklen_t* size);
    int socket(int family);
    int connect(int fd, const sockaddr* address, socklen_t size);
    int poll(pollfd& entry);
    ssize_t recv(int fd, std::span<std::byte> buffer, int flags);
    ssize_t send(int fd, Bytes bytes, int flags);
    ssize_t splice(int from, int to, std::size_t most);
    ssize_t read(int fd, std::span<std::byte> buffer);
    int shutdown(int fd);
    int close(int fd);
    int pipe(int ends[2]);
    int set_pipe_size(int fd, int size);
    int getsockopt(int fd, int level, int option, void* value, socklen_t* size);
    int setsockopt(int fd, int level, int option, const void* value);
    int getsockname(int fd, sockaddr* address, socklen_t* size);

  private:
    void add_to_trace(std::string line);

    struct Segment {
        const Conn* from;
        std::uint64_t at;
        std::uint64_t size;
    };
    struct Pipe {
        std::deque<Segment> held;
        std::uint64_t bytes = 0;
        std::uint64_t capacity = 65'536;
    };
    enum class Kind { epoll, event, listener, stream, pipe_out, pipe_in, table };
    struct File {
        Kind kind;
        Conn* conn = nullptr;  // stream; none before it is connected
        std::shared_ptr<Pipe> pipe;
        std::uint64_t calls = 0;  // event
        std::string text;         // of a table, as far as it is not read
        bool linger_0 = false;
        bool watched = false;
        bool ready = false;  // in ready_
        std::uint32_t interest = 0;
        void* owner = nullptr;
    };

    int open(File file);
    File* file(int fd);
    std::uint32_t events(File& file);
    void wake(int fd, std::uint32_t events);
    int collect(std::span<epoll_event> events);
    int fails(std::initializer_list<int> errors);
    bool is_short(const char* call, std::initializer_list<int> errors);
    bool disorder() { return disorder_ > 0 && tape_.one_in(disorder_); }
    void meanwhile();
    std::uint64_t space(const Conn& conn) const;
    void moved(Conn& conn) const { conn.moved = conn.worked = now_; }
    ssize_t splice_in(File& from, Pipe& pipe, std::size_t most);
    ssize_t splice_out(Pipe& pipe, File& to, std::size_t most);
    bool begin_read(Conn& conn, ssize_t& answer);
    std::uint64_t until_mark(Conn& conn, bool skip);
    bool begin_write(Conn& conn, ssize_t& answer);
    void let_go(File& file);

    Tape& tape_;
    const Flaw flaw_;
    const bool traced_;
    World* world_ = nullptr;
    Endpoint local_;  // of the listener
    Time now_ = std::chrono::hours(1);
    Time asked_ = now_;
    std::uint64_t rounds_ = 0;
    static constexpr Time kDawdles = std::chrono::milliseconds(400);
    Time dawdles_ = kDawdles;  // what may still pass until it asks again
    std::uint32_t shortage_ = 0;
    Time short_until_{};  // of descriptors
    std::uint32_t disorder_ = 0;
    std::vector<std::unique_ptr<File>> files_;
    std::vector<int> ready_;
    std::uint64_t calls_ = 0;
    int closed_ = -1;           // the last one
    std::uint64_t flawed_ = 0;  // how often the flaw had an occasion
    std::string verdict_;
    std::vector<std::string> trace_;
};

}  // namespace sni::sim
