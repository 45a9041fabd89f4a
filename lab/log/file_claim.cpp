#include "lab/log/file_claim.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace sni::log {

namespace {

bool same_file(int left, int right) {
    struct stat a{};
    struct stat b{};
    return ::fstat(left, &a) == 0 && ::fstat(right, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

bool is_file(int fd) {
    struct stat status{};
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

Result<void, int> FileClaim::claim(const std::filesystem::path& path) {
    net::Descriptor next(
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    // A named pipe without a reader, or a socket, says ENXIO.
    if (!next && errno != ENXIO) return std::unexpected(errno);
    if (!next || !is_file(next.fd())) {
        held_.reset();
        return {};
    }
    // Of one file, a second description would be refused what the first one holds.
    if (held_ && same_file(held_.fd(), next.fd())) return {};
    if (::flock(next.fd(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return std::unexpected(errno);
    held_ = std::move(next);
    return {};
}

}  // namespace sni::log
