#include "lab/net/descriptor_limit.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"
#include "lab/net/descriptor.h"

namespace sni::net {

namespace {

Failure unreachable() {
    return Failure(Exit::machine, code::kNoLoopback, "127.0.0.1 cannot be reached on this machine",
                   std::strerror(errno), "bring the loopback interface up: ip link set lo up");
}

}  // namespace

DescriptorLimit raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
    const auto before = static_cast<std::size_t>(limit.rlim_cur);
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return {before, before};
    return {before, static_cast<std::size_t>(limit.rlim_max)};
}

std::size_t descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
    return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t open_descriptors() {
    std::error_code failed;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end; !failed && at != end;
         at.increment(failed)) {
        ++count;
    }
    return count;
}

std::size_t free_descriptors() {
    const std::size_t most = descriptor_limit();
    const std::size_t open = open_descriptors();
    return most > open ? most - open : 0;
}

void require_descriptors(std::size_t needed, const char* what) {
    const std::size_t free = free_descriptors();
    if (free >= needed) return;
    throw Failure(Exit::machine, code::kNoRoomForLab,
                  fmt::format("this process may open {} more files and sockets", free),
                  fmt::format("{} needs {}", what, needed),
                  fmt::format("raise the limit of the shell: ulimit -n {}",
                              needed < 512 ? 1024 : 2 * needed));
}

void require_loopback() {
    const Address any(loopback(0));
    const Descriptor listener(::socket(any.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!listener || ::bind(listener.fd(), any.get(), any.size()) != 0 ||
        ::listen(listener.fd(), 1) != 0)
        throw unreachable();
    const Address there(local_endpoint(listener.fd()));
    const Descriptor client(::socket(any.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!client || ::connect(client.fd(), there.get(), there.size()) != 0) throw unreachable();
}

}  // namespace sni::net
