#include "lab/log/output.h"

#include <cerrno>
#include <climits>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/net/plain_stream.h"
#include "lab/net/wait.h"

namespace sni::log {

namespace {

struct stat status_of(int fd) {
    struct stat status{};
    ::fstat(fd, &status);
    return status;
}

/// A description of our own, so that not waiting is our affair alone. Of a file that others write,
/// too, the place to write at must stay shared.
net::Descriptor own_description(int fd) {
    const struct stat status = status_of(fd);
    if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return {};
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    return net::Descriptor(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

Output::Output(net::Descriptor fd, FilePlace place) : fd_(std::move(fd)), place_(std::move(place)) {
    const struct stat status = status_of(fd_.fd());
    const bool regular = S_ISREG(status.st_mode);
    socket_ = S_ISSOCK(status.st_mode);
    // A pipe that has room at all takes PIPE_BUF bytes at once, even where it could not be opened
    // anew.
    room_ = regular ? std::size_t{1} << 20 : PIPE_BUF;
    size_ = regular ? static_cast<std::size_t>(status.st_size) : 0;
}

Result<Output, int> Output::file(FilePlace place) {
    std::error_code ignored;  // open() says what is wrong
    const auto folder = place.path.parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
                      (place.follow_links ? 0 : O_NOFOLLOW);
    net::Descriptor fd(::open(place.path.c_str(), flags, place.mode));
    if (!fd) return std::unexpected(errno);
    if (place.enforce_mode && ::fchmod(fd.fd(), place.mode) != 0) return std::unexpected(errno);
    Output output(std::move(fd), std::move(place));
    output.torn_ = ends_within_line(output.fd_.fd());
    return output;
}

Result<Output, int> Output::standard(int fd) {
    net::Descriptor own = own_description(fd);
    if (!own) own = net::Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!own) return std::unexpected(errno);
    return Output(std::move(own), {});
}

bool Output::has_room(std::chrono::milliseconds look) const {
    return net::wait_for({{fd_.fd(), net::Io::want_write}}, net::Clock::now() + look);
}

std::optional<std::size_t> Output::write(std::string_view text) {
    const std::string_view part = text.substr(0, room_);
    std::size_t written = 0;
    if (socket_) {
        if (net::send_now(fd_.fd(), part, written) == net::Io::failed) return std::nullopt;
    } else if (const ssize_t count = ::write(fd_.fd(), part.data(), part.size()); count > 0) {
        written = static_cast<std::size_t>(count);
    } else if (count < 0 && errno != EINTR && errno != EAGAIN) {
        return std::nullopt;
    }
    size_ += written;
    if (written > 0) torn_ = part[written - 1] != '\n';
    return written;
}

void Output::before(std::size_t bytes) {
    if (place_.rotate_at == 0 || size_ == 0 || size_ + bytes <= place_.rotate_at) return;
    std::error_code error;
    std::filesystem::rename(place_.path, place_.older, error);
    auto next = file(place_);
    // Without a new file the old one grows on: a log that is too long beats none.
    if (next) *this = std::move(*next);
}

bool ends_within_line(int fd) {
    const struct stat status = status_of(fd);
    if (!S_ISREG(status.st_mode) || status.st_size == 0) return false;
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char last = '\n';
    return file && ::pread(file.fd(), &last, 1, status.st_size - 1) == 1 && last != '\n';
}

}  // namespace sni::log
