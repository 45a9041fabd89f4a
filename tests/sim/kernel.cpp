#include "tests/sim/kernel.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "lab/net/address.h"

namespace sni::sim {

namespace {

thread_local Kernel* playing = nullptr;

bool aloud = false;

constexpr std::uint32_t kAlways = EPOLLERR | EPOLLHUP;

}  // namespace

Kernel* Kernel::current() {
    return playing;
}

void Kernel::play(World& world) {
    world_ = &world;
    playing = this;
}

void Kernel::stop_playing() {
    playing = nullptr;
}

Kernel::~Kernel() {
    if (playing == this) playing = nullptr;
}

void Kernel::trace_aloud() {
    aloud = true;
}

void Kernel::add_to_trace(std::string line) {
    if (aloud) fmt::print(stderr, "{} {}\n", tape_.drawn().size(), line);
    trace_.push_back(std::move(line));
}

void Kernel::wrong(std::string what) {
    note([&] { return "WRONG: " + what; });
    if (verdict_.empty()) verdict_ = std::move(what);
}

// Descriptors

int Kernel::open(File file) {
    auto free = std::ranges::find_if(files_, [](const auto& each) { return !each; });
    if (free == files_.end()) free = files_.emplace(files_.end());
    *free = std::make_unique<File>(std::move(file));
    const int fd = kFirst + static_cast<int>(free - files_.begin());
    // The second close comes late, and meets whoever has the number by then.
    if (flaw_ == Flaw::closes_twice && fd == closed_) close(fd);
    return fd;
}

Kernel::File* Kernel::file(int fd) {
    const auto index = static_cast<std::size_t>(fd - kFirst);
    if (index < files_.size() && files_[index]) return files_[index].get();
    wrong(fmt::format("descriptor {} is used, and not open", fd - kFirst));
    errno = EBADF;
    return nullptr;
}

std::size_t Kernel::open_files() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(files_, [](const auto& file) { return file != nullptr; }));
}

std::string Kernel::names_of_open_files() const {
    constexpr const char* kNames[] = {"epoll",  "eventfd",        "listener",
                                      "socket", "pipe's out end", "pipe's in end"};
    std::string names;
    for (const auto& each : files_) {
        if (!each) continue;
        names += fmt::format("{}{}", names.empty() ? "" : ", ",
                             kNames[static_cast<std::size_t>(each->kind)]);
        if (each->conn) names += fmt::format(" of {}", each->conn->id);
    }
    return names;
}

int Kernel::make_listener(const Endpoint& local) {
    local_ = local;
    return open({.kind = Kind::listener});
}

int Kernel::close(int fd) {
    ++calls_;
    File* const closing = file(fd);
    if (!closing) return -1;
    if (flaw_ == Flaw::forgets_descriptors && closing->kind == Kind::stream && ++flawed_ % 8 == 0) {
        return 0;
    }
    std::erase(ready_, fd);
    closed_ = fd;
    if (closing->conn) let_go(*closing);
    files_[static_cast<std::size_t>(fd - kFirst)].reset();
    return 0;
}

/// What the peer of a closed socket hears: a reset when something was not read, or it was asked
/// for; else what was sent, and an end behind it.
void Kernel::let_go(File& file) {
    Conn& conn = *file.conn;
    conn.fd = -1;
    conn.closed = true;
    conn.corked = 0;
    conn.aborted = file.linger_0 || conn.unread() > 0 || conn.state == Conn::State::connecting;
    if (!conn.aborted) conn.shut = true;
    note([&] {
        return fmt::format("{} closes {}{}", now_.count() / 1'000'000, conn.id,
                           conn.aborted ? " with a reset" : "");
    });
    world_->closed(conn);
}

// Epoll

int Kernel::epoll_create() {
    if (const int error = fails(EMFILE)) return error;
    return open({.kind = Kind::epoll});
}

int Kernel::epoll_ctl(int op, int fd, epoll_event* event) {
    meanwhile();
    File* const watched = file(fd);
    if (!watched) return -1;
    if (op == EPOLL_CTL_DEL) {
        watched->watched = false;
        std::erase(ready_, fd);
        watched->ready = false;
        return 0;
    }
    if (watched->watched != (op == EPOLL_CTL_MOD)) {
        wrong(fmt::format("epoll_ctl: {} is {} already", fd - kFirst,
                          watched->watched ? "watched" : "not watched"));
    }
    if (const int error = fails(ENOMEM)) return error;
    watched->watched = true;
    watched->interest = event->events;
    watched->owner = event->data.ptr;
    if (events(*watched) & (watched->interest | kAlways)) wake(fd, 0);
    return 0;
}

/// As the kernel wakes a waiter: by what happened, or whatever that is.
void Kernel::wake(int fd, std::uint32_t events) {
    File& woken = *files_[static_cast<std::size_t>(fd - kFirst)];
    if (!woken.watched || woken.ready) return;
    if (events != 0 && !(events & (woken.interest | kAlways))) return;
    woken.ready = true;
    ready_.push_back(fd);
}

/// What poll(2) would say. To have asked for room, and not found it, is to be told when it comes.
std::uint32_t Kernel::events(File& file) {
    switch (file.kind) {
        case Kind::event:
            return file.calls > 0 ? EPOLLIN : 0u;
        case Kind::listener:
            return world_->client_waits() ? EPOLLIN : 0u;
        case Kind::stream:
            break;
        default:
            return 0;
    }
    if (!file.conn) return EPOLLOUT | EPOLLHUP;
    Conn& conn = *file.conn;
    if (conn.state == Conn::State::connecting) return 0;
    std::uint32_t all = 0;
    const bool over = conn.reset || conn.state == Conn::State::refused;
    if (conn.unread() > 0 || conn.ended || over) all |= EPOLLIN;
    if (conn.ended || over) all |= EPOLLRDHUP;
    if (over || (conn.ended && conn.shut)) all |= EPOLLHUP;
    if (conn.error != 0) all |= EPOLLERR;
    if (conn.mark >= conn.taken && conn.mark <= conn.arrived) all |= EPOLLPRI;
    if (over || conn.shut || (!conn.squeezed && space(conn) >= conn.room / 3)) {
        all |= EPOLLOUT;
    } else {
        conn.full = true;
    }
    return all;
}

int Kernel::collect(std::span<epoll_event> told) {
    std::size_t count = 0;
    const std::vector<int> ready = std::exchange(ready_, {});
    for (const int fd : ready) {
        File& each = *files_[static_cast<std::size_t>(fd - kFirst)];
        const std::uint32_t now = events(each) & (each.interest | kAlways);
        each.ready = false;
        if (now == 0) continue;
        // Some are told another time, but never all of them.
        const bool later = count == told.size() || (count > 0 && disorder_ > 0 && tape_.one_in(8));
        const bool again = later || !(each.interest & EPOLLET);
        if (again) {
            each.ready = true;
            ready_.push_back(fd);
        }
        if (later) continue;
        if (flaw_ == Flaw::drops_event && each.conn && ++flawed_ % 8 == 0) continue;
        told[count++] = {.events = now, .data = {.ptr = each.owner}};
        note([&] {
            return fmt::format("{} tells {} of {:#x}", now_.count() / 1'000'000,
                               each.conn                     ? fmt::format("{}", each.conn->id)
                               : each.kind == Kind::listener ? "the listener"
                                                             : "the eventfd",
                               now);
        });
    }
    if (count > 1 && disorder_ > 0)
        std::swap(told[0], told[tape_.choose(static_cast<std::uint32_t>(count))]);
    return static_cast<int>(count);
}

int Kernel::epoll_wait(epoll_event* events, int most, int milliseconds) {
    ++calls_;
    const std::span<epoll_event> room(events, static_cast<std::size_t>(most));
    const auto within = std::chrono::milliseconds(milliseconds);
    asked_ = now_;
    for (std::uint32_t happen = tape_.choose(4); happen > 0; --happen)
        world_->act(false);
    for (;;) {
        if (!verdict_.empty()) {
            world_->over();
            return 0;
        }
        if (const int count = collect(room); count > 0) return count;
        if (milliseconds == 0) return 0;
        if (disorder() && tape_.one_in(4)) {
            errno = EINTR;
            return -1;
        }
        world_->at_rest();
        if (world_->act(false)) continue;
        if (milliseconds < 0) {
            world_->over();
            return 0;
        }
        // A thread that was asleep for long, now and then.
        now_ += within;
        if (disorder_ > 0 && tape_.one_in(64)) {
            const Time more = std::chrono::seconds(tape_.choose(60));
            now_ += more;
            world_->slept(more);
        }
        return 0;
    }
}

void Kernel::changed(Conn& conn, std::uint32_t events) {
    if (conn.fd >= 0) wake(conn.fd, events);
}

void Kernel::clients_came() {
    for (std::size_t i = 0; i < files_.size(); ++i) {
        if (files_[i] && files_[i]->kind == Kind::listener)
            wake(kFirst + static_cast<int>(i), EPOLLIN);
    }
}

int Kernel::eventfd() {
    if (const int error = fails(EMFILE)) return error;
    return open({.kind = Kind::event});
}

int Kernel::eventfd_write(int fd) {
    File* const event = file(fd);
    if (!event) return -1;
    ++event->calls;
    wake(fd, EPOLLIN);
    return 0;
}

int Kernel::eventfd_read(int fd, std::uint64_t* calls) {
    File* const event = file(fd);
    if (!event) return -1;
    if (event->calls == 0) {
        errno = EAGAIN;
        return -1;
    }
    *calls = std::exchange(event->calls, 0);
    return 0;
}

// What goes wrong

/// Something else happens while a call is made.
void Kernel::meanwhile() {
    ++calls_;
    if (disorder_ > 0 && tape_.one_in(16)) world_->act(true);
}

/// 0, or -1 with `error`, as for want of something.
int Kernel::fails(int error) {
    ++calls_;
    if (shortage_ == 0 || !tape_.one_in(shortage_)) return 0;
    note([&] { return fmt::format("fails with {}", error); });
    errno = error;
    return -1;
}

bool Kernel::is_short(const char* call, std::initializer_list<int> errors) {
    if (shortage_ == 0 || !tape_.one_in(shortage_)) return false;
    errno = errors.begin()[tape_.choose(static_cast<std::uint32_t>(errors.size()))];
    note([&] { return fmt::format("{} fails with {}", call, errno); });
    return true;
}

// Connections

int Kernel::accept(int fd, sockaddr* address, socklen_t* size) {
    meanwhile();
    if (!file(fd)) return -1;
    if (disorder() && tape_.one_in(2)) {
        errno = EINTR;
        return -1;
    }
    if (is_short("accept4", {EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, EPROTO})) return -1;
    Conn* const client = world_->next_client();
    if (!client) {
        errno = EAGAIN;
        return -1;
    }
    if (is_short("accept4", {ECONNABORTED})) {
        client->closed = client->aborted = true;
        world_->closed(*client);
        return -1;
    }
    client->state = Conn::State::open;
    client->since = client->moved = now_;
    const net::Address peer(client->peer);
    *size = std::min(*size, peer.size());
    std::memcpy(address, peer.get(), *size);
    client->fd = open({.kind = Kind::stream, .conn = client});
    note([&] { return fmt::format("{} accepts {}", now_.count() / 1'000'000, client->id); });
    return client->fd;
}

int Kernel::socket(int) {
    meanwhile();
    if (is_short("socket", {EMFILE, ENFILE, ENOBUFS, ENOMEM})) return -1;
    return open({.kind = Kind::stream});
}

int Kernel::connect(int fd, const sockaddr* address, socklen_t size) {
    meanwhile();
    File* const dialling = file(fd);
    if (!dialling) return -1;
    if (is_short("connect", {ENETUNREACH, EADDRNOTAVAIL, EAGAIN, EHOSTUNREACH})) return -1;
    Endpoint to = net::Address(address, size).endpoint();
    if (flaw_ == Flaw::dials_elsewhere) ++to.port;
    Conn& conn = world_->dialled(to);
    dialling->conn = &conn;
    conn.fd = fd;
    conn.since = conn.moved = now_;
    using enum Conn::Answer;
    conn.state = conn.answer == at_once           ? Conn::State::open
                 : conn.answer == refuses_at_once ? Conn::State::refused
                                                  : Conn::State::connecting;
    if (conn.state == Conn::State::refused) conn.error = ECONNREFUSED;
    note([&] {
        return fmt::format("{} dials {} as {}", now_.count() / 1'000'000, to_string(to), conn.id);
    });
    errno = EINPROGRESS;
    return -1;
}

int Kernel::poll(pollfd& entry) {
    meanwhile();
    File* const asked = file(entry.fd);
    if (!asked) return -1;
    const std::uint32_t all = events(*asked);
    entry.revents =
        static_cast<short>(all & (static_cast<std::uint32_t>(entry.events) | POLLERR | POLLHUP));
    return entry.revents != 0 ? 1 : 0;
}

/// True when there is an answer before anything is read.
bool Kernel::begin_read(Conn& conn, ssize_t& answer) {
    answer = -1;
    if (disorder() && tape_.one_in(4)) {
        errno = EINTR;
        return true;
    }
    if (conn.unread() > 0) return false;
    if (conn.error != 0) {
        errno = std::exchange(conn.error, 0);
    } else if (conn.ended || conn.reset || conn.state == Conn::State::refused) {
        answer = 0;
    } else {
        errno = EAGAIN;
    }
    return true;
}

/// How much is there before a byte that was sent out of band; a read of its own steps over it.
std::uint64_t Kernel::until_mark(Conn& conn, bool skip) {
    if (conn.mark < conn.taken || conn.mark > conn.arrived) return conn.unread();
    if (conn.mark > conn.taken) return conn.mark - conn.taken;
    if (!skip) return 0;
    conn.mark = std::numeric_limits<std::uint64_t>::max();
    return conn.unread();
}

ssize_t Kernel::recv(int fd, std::span<std::byte> buffer) {
    meanwhile();
    File* const from = file(fd);
    if (!from) return -1;
    Conn& conn = *from->conn;
    ssize_t answer = 0;
    if (begin_read(conn, answer)) return answer;
    const std::uint64_t count = std::min<std::uint64_t>(until_mark(conn, true), buffer.size());
    conn.says.copy(conn.taken, buffer.first(count));
    conn.taken += count;
    conn.moved = now_;
    note([&] { return fmt::format("reads {} of {}", count, conn.id); });
    meanwhile();
    return static_cast<ssize_t>(count);
}

std::uint64_t Kernel::space(const Conn& conn) const {
    return conn.room - std::min(conn.room, conn.undelivered());
}

/// True when there is an answer before anything is written.
bool Kernel::begin_write(Conn& conn, ssize_t& answer) {
    answer = -1;
    if (conn.error != 0) {
        errno = std::exchange(conn.error, 0);
        return true;
    }
    if (conn.reset || conn.shut || conn.state == Conn::State::refused) {
        if (conn.shut) wrong(fmt::format("writes to {} behind the end", conn.id));
        errno = EPIPE;
        return true;
    }
    if (conn.state != Conn::State::open) {
        wrong(fmt::format("writes to {}, which is not connected", conn.id));
        errno = ENOTCONN;
        return true;
    }
    if (disorder() && tape_.one_in(4)) {
        errno = EINTR;
        return true;
    }
    if (disorder() && tape_.one_in(2)) conn.squeezed = true;
    if (conn.squeezed || space(conn) == 0) {
        conn.full = true;
        errno = EAGAIN;
        if (flaw_ == Flaw::ends_early && conn.partner && conn.partner->ended) conn.shut = true;
        return true;
    }
    return false;
}

ssize_t Kernel::send(int fd, Bytes bytes, int flags) {
    meanwhile();
    File* const to = file(fd);
    if (!to) return -1;
    Conn& conn = *to->conn;
    if (!(flags & MSG_NOSIGNAL)) wrong("send without MSG_NOSIGNAL");
    ssize_t answer = 0;
    const bool was_full = conn.full;
    if (begin_write(conn, answer)) {
        if (flaw_ == Flaw::ignores_pressure && errno == EAGAIN && conn.full && ++flawed_ % 4 == 0)
            return static_cast<ssize_t>(bytes.size());
        return answer;
    }
    std::size_t count = std::min<std::uint64_t>(bytes.size(), space(conn));
    if (was_full && flaw_ == Flaw::swallows_byte && count > 1) {
        bytes = bytes.subspan(1);
        --count;
    } else if (was_full && flaw_ == Flaw::repeats_byte) {
        world_->took(conn, conn.accepted, bytes.first(1));
        ++conn.accepted;
    }
    world_->took(conn, conn.accepted, bytes.first(count));
    conn.accepted += count;
    conn.corked = flags & MSG_MORE ? conn.corked + count : 0;
    conn.moved = now_;
    note([&] { return fmt::format("writes {} to {}", count, conn.id); });
    if (count < bytes.size()) conn.full = true;
    meanwhile();
    return static_cast<ssize_t>(count);
}

int Kernel::shutdown(int fd) {
    meanwhile();
    File* const to = file(fd);
    if (!to) return -1;
    if (flaw_ == Flaw::loses_end) return 0;
    Conn& conn = *to->conn;
    if (conn.shut) wrong(fmt::format("ends {} twice", conn.id));
    if (conn.reset) {
        errno = ENOTCONN;
        return -1;
    }
    conn.shut = true;
    conn.corked = 0;
    conn.moved = now_;  // a half-closed time begins
    note([&] { return fmt::format("ends {}", conn.id); });
    world_->finished(conn);
    wake(fd, 0);
    return 0;
}

// Pipes

int Kernel::pipe(int ends[2]) {
    meanwhile();
    if (is_short("pipe2", {EMFILE, ENFILE})) return -1;
    const auto pipe = std::make_shared<Pipe>();
    ends[0] = open({.kind = Kind::pipe_out, .pipe = pipe});
    ends[1] = open({.kind = Kind::pipe_in, .pipe = pipe});
    return 0;
}

int Kernel::set_pipe_size(int fd, int size) {
    File* const pipe = file(fd);
    if (!pipe) return -1;
    if (is_short("F_SETPIPE_SZ", {EPERM})) return -1;
    pipe->pipe->capacity = static_cast<std::uint64_t>(size);
    return size;
}

ssize_t Kernel::splice(int from, int to, std::size_t most) {
    meanwhile();
    File* const source = file(from);
    File* const target = file(to);
    if (!source || !target) return -1;
    if (is_short("splice", {ENOMEM, EINVAL})) return -1;
    const ssize_t count = source->kind == Kind::stream ? splice_in(*source, *target->pipe, most)
                                                       : splice_out(*source->pipe, *target, most);
    if (count > 0) meanwhile();
    return count;
}

ssize_t Kernel::splice_in(File& from, Pipe& pipe, std::size_t most) {
    Conn& conn = *from.conn;
    ssize_t answer = 0;
    if (begin_read(conn, answer)) return answer;
    std::uint64_t count = std::min<std::uint64_t>(until_mark(conn, false), most);
    count = std::min(count, pipe.capacity - pipe.bytes);
    if (count == 0) {
        errno = EAGAIN;
        return -1;
    }
    pipe.held.push_back({&conn, conn.taken, count});
    pipe.bytes += count;
    conn.taken += count;
    conn.moved = now_;
    note([&] { return fmt::format("splices {} of {}", count, conn.id); });
    return static_cast<ssize_t>(count);
}

ssize_t Kernel::splice_out(Pipe& pipe, File& to, std::size_t most) {
    Conn& conn = *to.conn;
    if (pipe.bytes == 0) {
        errno = EAGAIN;
        return -1;
    }
    ssize_t answer = 0;
    if (begin_write(conn, answer)) return answer;
    Segment& first = pipe.held.front();
    const std::uint64_t count = std::min({first.size, std::uint64_t{most}, space(conn)});
    const std::uint64_t stale = flaw_ == Flaw::mixes_pipes ? 1 : 0;
    world_->took(conn, *first.from, first.at - stale, count);
    conn.accepted += count;
    conn.corked = 0;
    conn.moved = now_;
    first.at += count;
    first.size -= count;
    pipe.bytes -= count;
    if (first.size == 0) pipe.held.pop_front();
    note([&] { return fmt::format("splices {} to {}", count, conn.id); });
    if (space(conn) == 0) conn.full = true;
    return static_cast<ssize_t>(count);
}

/// Of a pipe alone: nothing else is read(2).
ssize_t Kernel::read(int fd, std::span<std::byte> buffer) {
    meanwhile();
    File* const out = file(fd);
    if (!out) return -1;
    Pipe& pipe = *out->pipe;
    if (pipe.bytes == 0) {
        errno = EAGAIN;
        return -1;
    }
    if (disorder()) {
        errno = EINTR;
        return -1;
    }
    Segment& first = pipe.held.front();
    const std::uint64_t count = std::min<std::uint64_t>(first.size, buffer.size());
    first.from->says.copy(first.at, buffer.first(count));
    first.at += count;
    first.size -= count;
    pipe.bytes -= count;
    if (first.size == 0) pipe.held.pop_front();
    return static_cast<ssize_t>(count);
}

// Options

int Kernel::getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
    File* const asked = file(fd);
    if (!asked) return -1;
    if (level == SOL_SOCKET && option == SO_ERROR) {
        const int error = asked->conn ? std::exchange(asked->conn->error, 0) : 0;
        std::memcpy(value, &error, sizeof error);
        return 0;
    }
    if (level == SOL_SOCKET && option == SO_MEMINFO && asked->conn) {
        auto* const memory = static_cast<std::uint32_t*>(value);
        std::fill_n(memory, *size / sizeof *memory, 0u);
        memory[SK_MEMINFO_WMEM_QUEUED] = static_cast<std::uint32_t>(asked->conn->undelivered());
        memory[SK_MEMINFO_SNDBUF] = static_cast<std::uint32_t>(asked->conn->room);
        return 0;
    }
    errno = ENOPROTOOPT;
    return -1;
}

int Kernel::setsockopt(int fd, int level, int option, const void* value) {
    File* const asked = file(fd);
    if (!asked) return -1;
    if (level == SOL_SOCKET && option == SO_LINGER && flaw_ != Flaw::resets_quietly) {
        const auto& how = *static_cast<const linger*>(value);
        asked->linger_0 = how.l_onoff != 0 && how.l_linger == 0;
    }
    if (level == IPPROTO_TCP && option == TCP_NODELAY && asked->conn &&
        flaw_ != Flaw::leaves_corked) {
        asked->conn->corked = 0;
    }
    return 0;
}

int Kernel::getsockname(int fd, sockaddr* address, socklen_t* size) {
    File* const asked = file(fd);
    if (!asked) return -1;
    const net::Address here(local_);  // clients come to nothing else
    *size = std::min(*size, here.size());
    std::memcpy(address, here.get(), *size);
    return 0;
}

}  // namespace sni::sim
