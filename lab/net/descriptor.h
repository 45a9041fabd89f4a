// Owns one file descriptor. Nothing above lab/net holds one, but for what hands sockets to a
// foreign library.
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
