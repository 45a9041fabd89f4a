#include "lab/net/loop/half_open.h"

#include <charconv>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

namespace sni::net {

namespace {

constexpr std::string_view kSynRecv = "03";

std::uint16_t port_of(std::string_view address) {
    std::uint16_t port = 0;
    const std::string_view digits = address.substr(address.rfind(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port, 16);
    return port;
}

}  // namespace

bool shows_half_open(std::istream& table, std::uint16_t port) {
    constexpr auto kRestOfLine = std::numeric_limits<std::streamsize>::max();
    table.ignore(kRestOfLine, '\n');  // the head
    std::string slot, local, remote, state;
    while (table >> slot >> local >> remote >> state) {
        if (state == kSynRecv && port_of(local) == port) return true;
        table.ignore(kRestOfLine, '\n');
    }
    return false;
}

bool has_half_open(std::uint16_t port) {
    std::ifstream v4("/proc/net/tcp");
    std::ifstream v6("/proc/net/tcp6");  // not there where there is no IPv6
    return !v4 || shows_half_open(v4, port) || (v6 && shows_half_open(v6, port));
}

}  // namespace sni::net
