// Descriptors that are watched together: epoll(7).
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include <sys/epoll.h>

#include "lab/net/descriptor.h"

namespace sni::net {

class PollSet {
  public:
    /// What to tell of: something to read, or an end; room to write; and each time they come, as
    /// against as long as they last. Errors are always told.
    static constexpr std::uint32_t kInput = EPOLLIN;
    static constexpr std::uint32_t kRoom = EPOLLOUT;
    static constexpr std::uint32_t kEachTime = EPOLLET;

    /// `data.ptr` is the owner.
    using Event = epoll_event;

    /// Throws Error.
    PollSet();

    /// Begins to tell `owner` of `fd`, until that is closed or removed. Closed it may still be told
    /// of while another process has it, if only between fork(2) and exec(2). False when the kernel
    /// refuses: errno says why.
    bool add(int fd, std::uint32_t events, void* owner) const;
    /// The same for one that is there already.
    bool change(int fd, std::uint32_t events, void* owner) const;
    void remove(int fd) const;

    /// Waits until some are ready, for `time` at most, or for ever where that is negative: the
    /// front of `ready`, with nothing when time is up. Threads may wait at once, and each is told
    /// something else as far as that is told each time.
    std::span<const Event> wait(std::span<Event> ready, std::chrono::milliseconds time) const;

  private:
    Descriptor epoll_;
};

}  // namespace sni::net
