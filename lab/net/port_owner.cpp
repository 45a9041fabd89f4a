#include "lab/net/port_owner.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::net {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// The message waits for the search, so a machine with very many processes goes without the name.
constexpr auto kSearchTime = std::chrono::milliseconds(300);

/// As /proc/net/tcp and tcp6 print an address: 32-bit words in the machine's own byte order.
std::string proc_address(const Endpoint& endpoint) {
    const bool v6 = endpoint.kind == Endpoint::Kind::ipv6;
    std::uint32_t words[4] = {};
    inet_pton(v6 ? AF_INET6 : AF_INET, endpoint.host.c_str(), words);
    std::string text;
    for (int i = 0; i < (v6 ? 4 : 1); ++i) {
        fmt::format_to(std::back_inserter(text), "{:08X}", words[i]);
    }
    return text;
}

/// Inodes of the listening sockets in one /proc/net table that stand in the way of `endpoint`.
void collect_inodes(const char* table, const Endpoint& endpoint, std::set<std::string>& inodes) {
    std::ifstream file(table);
    const std::string wanted = proc_address(endpoint);
    const std::string port = fmt::format("{:04X}", endpoint.port);
    std::string line;
    std::getline(file, line);  // the heading
    while (std::getline(file, line)) {
        std::istringstream fields(line);
        std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
        fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
            timeout >> inode;
        const std::size_t colon = local.find(':');
        if (state != "0A" || colon == std::string::npos || local.substr(colon + 1) != port) {
            continue;
        }
        const std::string address = local.substr(0, colon);
        const bool everywhere = address.find_first_not_of('0') == std::string::npos;
        const bool asked_everywhere = wanted.find_first_not_of('0') == std::string::npos;
        if (address == wanted || everywhere || asked_everywhere) {
            inodes.insert(fmt::format("socket:[{}]", inode));
        }
    }
}

bool holds_any(const fs::path& process, const std::set<std::string>& sockets) {
    std::error_code ignored;  // processes end, and other users' descriptors cannot be read
    for (fs::directory_iterator fd(process / "fd", ignored), end; fd != end;
         fd.increment(ignored)) {
        if (sockets.contains(fs::read_symlink(fd->path(), ignored).string())) return true;
    }
    return false;
}

std::string command_of(const fs::path& process) {
    std::ifstream file(process / "comm");
    std::string name;
    std::getline(file, name);
    return name;
}

std::string who(const PortOwner& owner) {
    if (owner.pid == ::getpid()) return "this very process listens there already";
    return fmt::format("process {} ({}) listens there", owner.pid, printable(owner.command));
}

}  // namespace

std::optional<PortOwner> port_owner(const Endpoint& endpoint) {
    if (endpoint.kind == Endpoint::Kind::unix_path || endpoint.kind == Endpoint::Kind::name) {
        return std::nullopt;
    }
    std::set<std::string> sockets;
    collect_inodes("/proc/net/tcp", endpoint, sockets);
    collect_inodes("/proc/net/tcp6", endpoint, sockets);
    if (sockets.empty()) return std::nullopt;

    const auto give_up = Clock::now() + kSearchTime;
    std::error_code ignored;
    for (fs::directory_iterator process("/proc", ignored), end;
         process != end && Clock::now() < give_up; process.increment(ignored)) {
        const std::string name = process->path().filename().string();
        pid_t pid = 0;
        const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || rest != name.data() + name.size()) continue;
        if (holds_any(process->path(), sockets)) return PortOwner{pid, command_of(process->path())};
    }
    return std::nullopt;
}

Failure cannot_listen(const Endpoint& endpoint, int error, std::string_view chosen_by) {
    const std::string with = chosen_by.empty() ? "" : fmt::format(" with {}", chosen_by);
    const std::string where = to_string(endpoint);
    const std::string reason = std::generic_category().message(error);
    switch (error) {
        case EADDRINUSE: {
            const auto owner = port_owner(endpoint);
            const std::string hint =
                fmt::format("stop it, or choose another address{}; port 0 takes a free one", with);
            return {Exit::machine, code::kPortInUse,
                    fmt::format("cannot listen on {}: the port is in use", where),
                    owner ? who(*owner) : "another process listens there, maybe another user's",
                    hint};
        }
        case EACCES:
        case EPERM:
            return {
                Exit::machine, code::kNoPermission,
                fmt::format("cannot listen on {}: permission denied", where),
                endpoint.port < 1024 ? "ports below 1024 are for root" : "",
                fmt::format("choose a port from 1024 on{}, or grant CAP_NET_BIND_SERVICE", with)};
        case EADDRNOTAVAIL:
            return {Exit::machine, code::kCannotListen,
                    fmt::format("cannot listen on {}: this machine has no such address", where), "",
                    "use 127.0.0.1 or [::1], or see `ip address` for the addresses it has"};
        default:
            return {Exit::machine, code::kCannotListen,
                    fmt::format("cannot listen on {}: {}", where, reason)};
    }
}

}  // namespace sni::net
