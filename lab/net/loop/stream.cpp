#include "lab/net/loop/stream.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lab/net/dial.h"

namespace sni::net {

Stream::Stream(Loop& loop, Descriptor descriptor, Slot slot)
    : descriptor_(std::move(descriptor)), loop_(loop), slot_(std::move(slot)) {}

Stream::~Stream() = default;

ssize_t Stream::receive(std::span<std::byte> buffer) {
    ssize_t count = 0;
    do {
        count = ::recv(fd(), buffer.data(), buffer.size(), 0);
    } while (count < 0 && errno == EINTR);
    if (count == 0 && failed_) {
        // The kernel tells of a reset once; a send may have heard it, and reads find an end then.
        errno = ECONNRESET;
        return -1;
    }
    if (count < 0) {
        if (errno == EAGAIN) {
            may_receive_ = false;
        } else {
            fail();
        }
    } else if (count > 0 && static_cast<std::size_t>(count) < buffer.size() && !ending_ &&
               !urgent_) {
        // Less than there was room for: the kernel is empty, and epoll tells of the next byte. But
        // an end that was already told is told no more, so with one pending read on to meet it;
        // and a read stops at an urgent byte, with more behind it.
        may_receive_ = false;
    }
    return count;
}

ssize_t Stream::send(Bytes bytes, bool more) {
    const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t count = ::send(fd(), bytes.data() + sent, bytes.size() - sent, flags);
        if (count >= 0) {
            sent += static_cast<std::size_t>(count);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN) {
            may_send_ = false;
            break;
        }
        fail();
        if (sent == 0) return -1;
        break;
    }
    return static_cast<ssize_t>(sent);
}

/// tcp(7): to set this, again or not, flushes what is pending.
void Stream::push() {
    const int on = 1;
    ::setsockopt(fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

ssize_t Stream::receive_into(Pipe& pipe, std::size_t most) {
    ssize_t count = 0;
    do {
        count =
            ::splice(fd(), nullptr, pipe.in.fd(), nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    } while (count < 0 && errno == EINTR);
    if (count > 0) pipe.held += static_cast<std::size_t>(count);
    // What the kernel cannot splice says nothing about the connection. Anything else does, and is
    // told once: a read behind it would find an end.
    const bool cannot = errno == EAGAIN || errno == EINVAL || errno == ENOMEM;
    if (count < 0 && !cannot) fail();
    return count;
}

ssize_t Stream::send_from(Pipe& pipe) {
    std::size_t sent = 0;
    while (pipe.held > 0) {
        const ssize_t count = ::splice(pipe.out.fd(), nullptr, fd(), nullptr, pipe.held,
                                       SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (count > 0) {
            sent += static_cast<std::size_t>(count);
            pipe.held -= static_cast<std::size_t>(count);
            continue;
        }
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            may_send_ = false;
            break;
        }
        fail();
        if (sent == 0) return -1;
        break;
    }
    return static_cast<ssize_t>(sent);
}

/// errno says why.
void Stream::fail() {
    failed_ = true;
    timed_out_ |= errno == ETIMEDOUT;
}

bool Stream::timed_out() const {
    // Where epoll alone told of it, no call has been told why.
    return timed_out_ || pending_error(fd()) == ETIMEDOUT;
}

void Stream::finish_sending() {
    sent_end_ = true;
    ::shutdown(fd(), SHUT_WR);
}

void Stream::abort() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void Stream::close() {
    waiter_ = nullptr;
    loop_.timers().clear(*this);
    descriptor_.reset();  // takes itself off epoll, as its only descriptor
    slot_ = Slot();
}

void Stream::close_or_cut() {
    const bool cut = descriptor_ && loop_.clearing() && !sent_end_;
    cut ? abort() : close();
}

std::size_t Stream::room() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof memory;
    if (::getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return 0;
    // TCP counts in the one, a Unix socket in the other.
    const std::uint32_t used =
        std::max(memory[SK_MEMINFO_WMEM_QUEUED], memory[SK_MEMINFO_WMEM_ALLOC]);
    const std::uint32_t most = memory[SK_MEMINFO_SNDBUF];
    return most > used ? most - used : 0;
}

void Stream::crowd_out(bool tell) {
    crowded_out_ = failed_ = true;
    if (tell && waiter_) waiter_->on_ready(*this);
}

void Stream::listen_for_input() {
    if (watched_ == Watched::nothing) watch(Watched::input);
}

void Stream::listen_for_room() {
    if (watched_ != Watched::input_and_room) watch(Watched::input_and_room);
}

/// What the kernel refuses is not watched, and may be asked for again.
void Stream::watch(Watched what) {
    std::uint32_t events = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
    if (what == Watched::input_and_room) events |= EPOLLOUT;
    if (watched_ != Watched::nothing) {
        loop_.rewatch(fd(), events, *this);
    } else {
        loop_.watch(fd(), events, *this);
    }
    watched_ = what;
}

void Stream::on_events(std::uint32_t events) {
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) may_receive_ = true;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ending_ = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) may_send_ = true;
    if (events & EPOLLERR) failed_ = true;
    if (events & EPOLLPRI) urgent_ = true;
    if (waiter_) waiter_->on_ready(*this);
}

void Stream::on_deadline() {
    expired_ = true;
    if (waiter_) waiter_->on_expired(*this);
}

void Retire::operator()(Stream* stream) const {
    stream->close_or_cut();
    stream->loop().retire(std::unique_ptr<Watcher>(stream));
}

}  // namespace sni::net
