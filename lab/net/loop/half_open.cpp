#include "lab/net/loop/half_open.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "lab/net/descriptor.h"

namespace sni::net {

namespace {

constexpr std::string_view kSynRecv = "03";

std::uint16_t port_of(std::string_view address) {
    std::uint16_t port = 0;
    const std::string_view digits = address.substr(address.rfind(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port, 16);
    return port;
}

/// The next word of `line`, which is taken from it.
std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

/// shows_half_open() of the file at `path`, read piece by piece: it has a line for each connection
/// of the machine. Nothing when it cannot be read.
std::optional<bool> table_shows(const char* path, std::uint16_t port) {
    const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
    if (!file) return std::nullopt;
    std::array<char, 16u << 10> text;
    std::size_t held = 0;  // of a line that is not whole
    for (;;) {
        const ssize_t got = ::read(file.fd(), text.data() + held, text.size() - held);
        if (got == 0) return false;
        if (got < 0 && errno != EINTR) return std::nullopt;
        if (got < 0) continue;
        const std::string_view all(text.data(), held + static_cast<std::size_t>(got));
        const std::size_t whole = all.rfind('\n') + 1;
        if (shows_half_open(all.substr(0, whole), port)) return true;
        const std::string_view rest = all.substr(whole);
        std::copy(rest.begin(), rest.end(), text.begin());
        held = rest.size();
    }
}

}  // namespace

bool shows_half_open(std::string_view table, std::uint16_t port) {
    while (!table.empty()) {
        std::string_view line = table.substr(0, table.find('\n'));
        table.remove_prefix(std::min(line.size() + 1, table.size()));
        take_word(line);  // the slot
        const std::string_view local = take_word(line);
        take_word(line);
        if (take_word(line) == kSynRecv && port_of(local) == port) return true;
    }
    return false;
}

bool has_half_open(std::uint16_t port) {
    // There is no second table where there is no IPv6.
    return table_shows("/proc/net/tcp", port).value_or(true) ||
           table_shows("/proc/net/tcp6", port).value_or(false);
}

}  // namespace sni::net
