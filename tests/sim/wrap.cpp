// The seam. The linker sends the system calls of the program's objects here (--wrap), so that what
// is played with is what is shipped; nothing in the program knows, and nothing is paid for it.
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tests/sim/kernel.h"
#include "tests/sim/memory.h"

using sni::sim::Kernel;
using sni::sim::NotTheProgram;

namespace {

/// The kernel that plays, if `fd` is one of its.
Kernel* player(int fd) {
    return Kernel::plays(fd) ? Kernel::current() : nullptr;
}

std::span<std::byte> room(void* buffer, std::size_t size) {
    return {static_cast<std::byte*>(buffer), size};
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names
extern "C" {

int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags) {
    const NotTheProgram here;
    Kernel* const kernel = Kernel::current();
    return kernel ? kernel->epoll_create() : __real_epoll_create1(flags);
}

int __real_epoll_ctl(int epoll, int op, int fd, epoll_event* event);
int __wrap_epoll_ctl(int epoll, int op, int fd, epoll_event* event) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->epoll_ctl(op, fd, event) : __real_epoll_ctl(epoll, op, fd, event);
}

int __real_epoll_wait(int epoll, epoll_event* events, int most, int time);
int __wrap_epoll_wait(int epoll, epoll_event* events, int most, int time) {
    const NotTheProgram here;
    Kernel* const kernel = player(epoll);
    return kernel ? kernel->epoll_wait(events, most, time)
                  : __real_epoll_wait(epoll, events, most, time);
}

int __real_eventfd(unsigned calls, int flags);
int __wrap_eventfd(unsigned calls, int flags) {
    const NotTheProgram here;
    Kernel* const kernel = Kernel::current();
    return kernel ? kernel->eventfd() : __real_eventfd(calls, flags);
}

int __real_eventfd_write(int fd, std::uint64_t calls);
int __wrap_eventfd_write(int fd, std::uint64_t calls) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->eventfd_write(fd) : __real_eventfd_write(fd, calls);
}

int __real_eventfd_read(int fd, std::uint64_t* calls);
int __wrap_eventfd_read(int fd, std::uint64_t* calls) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->eventfd_read(fd, calls) : __real_eventfd_read(fd, calls);
}

int __real_accept4(int fd, sockaddr* address, socklen_t* size, int flags);
int __wrap_accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    if (!kernel) return __real_accept4(fd, address, size, flags);
    kernel->must_have("accept4", flags, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return kernel->accept(fd, address, size);
}

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol) {
    const NotTheProgram here;
    Kernel* const kernel = Kernel::current();
    if (!kernel) return __real_socket(family, type, protocol);
    kernel->must_have("socket", type, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
    return kernel->socket(family);
}

int __real_connect(int fd, const sockaddr* address, socklen_t size);
int __wrap_connect(int fd, const sockaddr* address, socklen_t size) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->connect(fd, address, size) : __real_connect(fd, address, size);
}

int __real_poll(pollfd* entries, nfds_t count, int time);
int __wrap_poll(pollfd* entries, nfds_t count, int time) {
    const NotTheProgram here;
    Kernel* const kernel = count == 1 ? player(entries->fd) : nullptr;
    return kernel ? kernel->poll(*entries) : __real_poll(entries, count, time);
}

ssize_t __real_recv(int fd, void* buffer, std::size_t size, int flags);
ssize_t __wrap_recv(int fd, void* buffer, std::size_t size, int flags) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->recv(fd, room(buffer, size), flags)
                  : __real_recv(fd, buffer, size, flags);
}

ssize_t __real_send(int fd, const void* bytes, std::size_t size, int flags);
ssize_t __wrap_send(int fd, const void* bytes, std::size_t size, int flags) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->send(fd, {static_cast<const std::byte*>(bytes), size}, flags)
                  : __real_send(fd, bytes, size, flags);
}

ssize_t __real_splice(int from, off64_t* from_at, int to, off64_t* to_at, std::size_t most,
                      unsigned flags);
ssize_t __wrap_splice(int from, off64_t* from_at, int to, off64_t* to_at, std::size_t most,
                      unsigned flags) {
    const NotTheProgram here;
    Kernel* const kernel = player(from);
    if (!kernel) return __real_splice(from, from_at, to, to_at, most, flags);
    kernel->must_have("splice", static_cast<int>(flags), SPLICE_F_NONBLOCK);
    return kernel->splice(from, to, most);
}

ssize_t __real_read(int fd, void* buffer, std::size_t size);
ssize_t __wrap_read(int fd, void* buffer, std::size_t size) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->read(fd, room(buffer, size)) : __real_read(fd, buffer, size);
}

int __real_open(const char* path, int flags, mode_t mode);
int __wrap_open(const char* path, int flags, ...) {
    const NotTheProgram here;
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    Kernel* const kernel = Kernel::current();
    return kernel && std::string_view(path).starts_with("/proc/net/")
               ? kernel->open_table()
               : __real_open(path, flags, mode);
}

int __real_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    if (!kernel) return __real_shutdown(fd, how);
    if (how != SHUT_WR) kernel->wrong("shutdown of more than what is sent");
    return kernel->shutdown(fd);
}

int __real_close(int fd);
int __wrap_close(int fd) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->close(fd) : __real_close(fd);
}

int __real_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags) {
    const NotTheProgram here;
    Kernel* const kernel = Kernel::current();
    if (!kernel) return __real_pipe2(ends, flags);
    kernel->must_have("pipe2", flags, O_NONBLOCK | O_CLOEXEC);
    return kernel->pipe(ends);
}

int __real_fcntl(int fd, int command, long argument);
int __wrap_fcntl(int fd, int command, ...) {
    const NotTheProgram here;
    std::va_list more;
    va_start(more, command);
    const long argument = va_arg(more, long);
    va_end(more);
    Kernel* const kernel = player(fd);
    if (!kernel) return __real_fcntl(fd, command, argument);
    if (command != F_SETPIPE_SZ) kernel->wrong("fcntl of what is no pipe's size");
    return kernel->set_pipe_size(fd, static_cast<int>(argument));
}

int __real_getsockopt(int fd, int level, int option, void* value, socklen_t* size);
int __wrap_getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->getsockopt(fd, level, option, value, size)
                  : __real_getsockopt(fd, level, option, value, size);
}

int __real_setsockopt(int fd, int level, int option, const void* value, socklen_t size);
int __wrap_setsockopt(int fd, int level, int option, const void* value, socklen_t size) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->setsockopt(fd, level, option, value)
                  : __real_setsockopt(fd, level, option, value, size);
}

int __real_getsockname(int fd, sockaddr* address, socklen_t* size);
int __wrap_getsockname(int fd, sockaddr* address, socklen_t* size) {
    const NotTheProgram here;
    Kernel* const kernel = player(fd);
    return kernel ? kernel->getsockname(fd, address, size) : __real_getsockname(fd, address, size);
}

int __real_malloc_trim(std::size_t keep);
int __wrap_malloc_trim(std::size_t keep) {
    return Kernel::current() ? 0 : __real_malloc_trim(keep);
}

/// std::chrono::steady_clock::now(): nanoseconds.
std::int64_t __real__ZNSt6chrono3_V212steady_clock3nowEv();
std::int64_t __wrap__ZNSt6chrono3_V212steady_clock3nowEv() {
    Kernel* const kernel = Kernel::current();
    return kernel ? kernel->clock().count() : __real__ZNSt6chrono3_V212steady_clock3nowEv();
}

/// std::chrono::system_clock::now(): stands still, so that a date is as long in every run.
std::int64_t __real__ZNSt6chrono3_V212system_clock3nowEv();
std::int64_t __wrap__ZNSt6chrono3_V212system_clock3nowEv() {
    constexpr std::int64_t kThen = 1'800'000'000'000'000'000;
    return Kernel::current() ? kThen : __real__ZNSt6chrono3_V212system_clock3nowEv();
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
