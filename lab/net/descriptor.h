// Owns one file descriptor: of a file, a pipe or a process anywhere, of a socket for lab/net, and
// for those who hand a listener from there to there.
#pragma once

#include <utility>

#include <unistd.h>

namespace sni::net {

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Descriptor() { reset(); }

    int fd() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    /// The caller closes it from now on.
    int release() { return std::exchange(fd_, -1); }
    void reset() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

  private:
    int fd_ = -1;
};

}  // namespace sni::net
