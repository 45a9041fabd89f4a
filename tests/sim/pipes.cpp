// Pipes, which hold no bytes: only whose they are, and from where.
#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "tests/sim/kernel.h"

namespace sni::sim {

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
    conn.read_at = now_;
    conn.spliced = true;
    moved(conn);
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
    conn.written_at = now_;
    conn.corked = 0;
    moved(conn);
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
    if (out->kind == Kind::table) {
        const std::size_t count =
            out->text.copy(reinterpret_cast<char*>(buffer.data()), buffer.size());
        out->text.erase(0, count);
        return static_cast<ssize_t>(count);
    }
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

}  // namespace sni::sim
