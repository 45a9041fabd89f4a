// Connections: how they come and are made, what is read and written, and their options.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "lab/net/address.h"
#include "tests/sim/kernel.h"

namespace sni::sim {

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
    client->since = client->moved = client->worked = now_;
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
    conn.since = conn.moved = conn.worked = now_;
    using enum Conn::Answer;
    conn.state = conn.answer == at_once           ? Conn::State::open
                 : conn.answer == refuses_at_once ? Conn::State::refused
                                                  : Conn::State::connecting;
    if (conn.state == Conn::State::refused) conn.error = conn.refusal;
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

ssize_t Kernel::recv(int fd, std::span<std::byte> buffer, int flags) {
    meanwhile();
    File* const from = file(fd);
    if (!from) return -1;
    Conn& conn = *from->conn;
    ssize_t answer = 0;
    if (begin_read(conn, answer)) {
        if (answer != 0 || flaw_ != Flaw::hears_no_end) return answer;
        errno = EAGAIN;
        return -1;
    }
    const bool peeks = (flags & MSG_PEEK) != 0;
    if (flaw_ == Flaw::loses_input && !peeks && conn.unread() > 1 && ++flawed_ % 8 == 0)
        ++conn.taken;
    const std::uint64_t count = std::min<std::uint64_t>(until_mark(conn, true), buffer.size());
    conn.says.copy(conn.taken, buffer.first(count));
    if (peeks) return static_cast<ssize_t>(count);
    conn.taken += count;
    conn.read_at = now_;
    conn.spliced = false;
    moved(conn);
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
        if (conn.shut && conn.one_end) wrong(fmt::format("writes to {} behind the end", conn.id));
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
    constexpr std::size_t kAlert = 7;
    if (flaw_ == Flaw::swallows_alert && conn.client && !conn.partner && bytes.size() == kAlert)
        return kAlert;
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
    conn.written_at = now_;
    conn.corked = flags & MSG_MORE ? conn.corked + count : 0;
    moved(conn);
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
    if (conn.shut && conn.one_end) wrong(fmt::format("ends {} twice", conn.id));
    if (conn.shut) return 0;
    if (conn.reset) {
        errno = ENOTCONN;
        return -1;
    }
    conn.shut = true;
    conn.corked = 0;
    note([&] { return fmt::format("ends {}", conn.id); });
    world_->finished(conn);
    moved(conn);  // a half-closed time begins, and is no reason to end
    wake(fd, 0);
    return 0;
}

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
    // To turn it on pushes what is kept back.
    if (level == IPPROTO_TCP && option == TCP_NODELAY && asked->conn &&
        *static_cast<const int*>(value) != 0 && flaw_ != Flaw::leaves_corked) {
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
