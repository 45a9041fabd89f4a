#include "lab/lookup/address.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"

namespace sni::lookup {

std::string place_of(const Address& address) {
    if (address.port == 0) return address.host;
    const bool bare_ipv6 = address.host.contains(':');
    return bare_ipv6 ? fmt::format("[{}]:{}", address.host, address.port)
                     : fmt::format("{}:{}", address.host, address.port);
}

std::optional<std::uint16_t> common_port(const std::vector<Address>& addresses) {
    if (addresses.empty() || addresses.front().port == 0) return std::nullopt;
    const std::uint16_t port = addresses.front().port;
    const bool common = std::ranges::all_of(
        addresses, [&](const Address& address) { return address.port == port; });
    return common ? std::optional(port) : std::nullopt;
}

std::vector<std::string> address_texts(const std::vector<Address>& addresses) {
    std::uint32_t divisor = 0;
    bool even = true;
    for (const Address& address : addresses) {
        divisor = std::gcd(divisor, address.weight);
        even = even && address.weight == addresses.front().weight;
    }
    std::vector<std::string> texts;
    texts.reserve(addresses.size());
    for (const Address& address : addresses) {
        texts.push_back(place_of(address));
        if (!even) texts.back() += fmt::format(" x{}", address.weight / divisor);
    }
    return texts;
}

std::string addresses_text(const std::vector<Address>& addresses) {
    constexpr std::size_t kShown = 5;
    std::vector<std::string> texts = address_texts(addresses);
    const std::size_t more = texts.size() - std::min(texts.size(), kShown);
    texts.resize(texts.size() - more);
    if (more > 0) texts.push_back(fmt::format("{} more", more));
    return printable(fmt::format("{}", fmt::join(texts, ", ")));
}

}  // namespace sni::lookup
