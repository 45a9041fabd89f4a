#include "lab/net/wakeup.h"

#include <cerrno>

#include <sys/eventfd.h>

#include "lab/net/error.h"
#include "lab/net/wait.h"

namespace sni::net {

Wakeup::Wakeup() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!descriptor_) throw Error(errno);
}

void Wakeup::call() const noexcept {
    ::eventfd_write(fd(), 1);
}

void Wakeup::clear() const noexcept {
    eventfd_t calls = 0;
    ::eventfd_read(fd(), &calls);
}

bool Wakeup::called(std::chrono::milliseconds within) const {
    return wait_for({{fd()}}, Clock::now() + within);
}

}  // namespace sni::net
