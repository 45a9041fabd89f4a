// epoll for the load's two ends: level-triggered, one interest for each connection.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include <sys/epoll.h>

#include "lab/net/descriptor.h"

namespace sni::bench {

class PollSet {
  public:
    /// Throws Failure(Exit::machine).
    PollSet();

    /// False when the kernel refuses; errno says why.
    bool add(int fd, std::uint32_t events);
    bool change(int fd, std::uint32_t events);

    /// What is ready, by descriptor in data.fd; empty when time is up. Valid until the next call.
    std::span<const epoll_event> wait(std::chrono::milliseconds time);

  private:
    bool control(int operation, int fd, std::uint32_t events);

    net::Descriptor epoll_;
    std::array<epoll_event, 256> ready_{};
};

}  // namespace sni::bench
