// Where endpoints are that the files list, in place of pods.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sni::lookup {

struct Address {
    std::string host;        ///< an address, a name for DNS, or unix:///PATH
    std::uint16_t port = 0;  ///< 0: of a Unix socket
    std::uint32_t weight = 1;
    auto operator<=>(const Address&) const = default;
};

/// The port of all of them; nothing: they have several, or none.
std::optional<std::uint16_t> common_port(const std::vector<Address>& addresses);

/// "10.0.0.1:8443", "[fd00::1]:8443", "unix:///PATH".
std::string place_of(const Address& address);

/// The place of each; " x9" behind it, in lowest terms, unless all weigh the same.
std::vector<std::string> address_texts(const std::vector<Address>& addresses);

/// The first five of them, printable, and how many more there are.
std::string addresses_text(const std::vector<Address>& addresses);

}  // namespace sni::lookup
