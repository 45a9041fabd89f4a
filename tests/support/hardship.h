// A machine that refuses: no permission although the tests run as root, a full disk, and no
// descriptors.
#pragma once

#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <sys/resource.h>
#include <unistd.h>

namespace sni::test {

/// While this lives, root is somebody whom permissions bind. Others already are.
class Unprivileged {
  public:
    Unprivileged() : root_(::geteuid() == 0) {
        if (root_ && ::seteuid(65534) != 0) throw std::runtime_error("cannot give up root");
    }
    ~Unprivileged() {
        if (root_ && ::seteuid(0) != 0) std::abort();
    }
    Unprivileged(const Unprivileged&) = delete;
    Unprivileged& operator=(const Unprivileged&) = delete;

  private:
    bool root_;
};

/// While this lives, no file can grow beyond `bytes`: a write fails with EFBIG, as it would with
/// ENOSPC on a full disk.
class FullDisk {
  public:
    explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

  private:
    rlimit before_{};
    void (*handler_)(int);
};

/// While this lives, the process can open nothing more.
class NoDescriptors {
  public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit none{.rlim_cur = 3, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

  private:
    rlimit before_{};
};

}  // namespace sni::test
