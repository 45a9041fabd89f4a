// A pipe with a name, both ends of it a test's own, so that nobody waits for the other one to open
// it (fifo(7)).
#pragma once

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/net/descriptor.h"
#include "tests/support/peer.h"

namespace sni::test {

/// Whether there is something to read within kPatience.
inline bool is_readable(int fd) {
    pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&wait, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 1;
}

/// What is written into it can be read here. Who reads it elsewhere waits for as long as it is
/// here: `cat PIPE` is a process that does not end by itself, and that no test leaves behind.
class NamedPipe {
  public:
    explicit NamedPipe(const std::filesystem::path& file) : path_(file.string()) {
        std::filesystem::remove(file);
        if (::mkfifo(path_.c_str(), 0600) != 0) throw std::runtime_error("no pipe");
        fd_ = net::Descriptor(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    }
    const std::string& path() const { return path_; }

    /// The next line, without the newline. Throws when it is not whole within kPatience.
    std::string line() const {
        std::string text;
        char next = 0;
        while (is_readable(fd_.fd()) && ::read(fd_.fd(), &next, 1) == 1) {
            if (next == '\n') return text;
            text += next;
        }
        throw std::runtime_error("no line in " + path_);
    }

  private:
    std::string path_;
    net::Descriptor fd_;
};

}  // namespace sni::test
