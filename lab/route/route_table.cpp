#include "lab/route/route_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>
#include <functional>
#include <numeric>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::route {

namespace {

constexpr std::uint32_t kMaxWeight = 1'000'000;

std::uint32_t hash_of(HostPattern::Kind kind, std::string_view name) {
    const std::size_t hash = std::hash<std::string_view>{}(name);
    const auto folded = static_cast<std::uint32_t>(hash ^ (hash >> 32));
    return folded + static_cast<std::uint32_t>(kind);
}

}  // namespace

RouteTable::RouteTable(std::vector<Route> routes) {
    routes_.reserve(routes.size());
    // Sized for all of them at once; merged routes only leave it emptier.
    slots_.resize(std::bit_ceil(routes.size() * 4 / 3 + 2));
    for (Route& route : routes) {
        Slot& slot = slots_[slot_of(route.pattern.kind(), route.pattern.name())];
        if (slot.route == 0) {
            slot.hash = hash_of(route.pattern.kind(), route.pattern.name());
            slot.route = static_cast<std::uint32_t>(routes_.size() + 1);
            has_suffixes_ |= route.pattern.kind() == HostPattern::Kind::suffix;
            routes_.push_back(std::move(route));
        } else {
            std::vector<Backend>& known = routes_[slot.route - 1].backends;
            known.insert(known.end(), route.backends.begin(), route.backends.end());
        }
    }
    assert(routes_.size() < slots_.size() && "a search ends at a free slot");
}

const Route* RouteTable::find(std::optional<std::string_view> name) const {
    if (slots_.empty()) return nullptr;
    if (name) {
        if (const Route* exact = lookup(HostPattern::Kind::exact, *name)) return exact;
        std::string_view rest = *name;
        for (auto dot = rest.find('.'); has_suffixes_ && dot != std::string_view::npos;
             dot = rest.find('.')) {
            rest.remove_prefix(dot + 1);
            if (const Route* suffix = lookup(HostPattern::Kind::suffix, rest)) return suffix;
        }
    }
    return lookup(HostPattern::Kind::any, "");
}

/// The slot that holds the pattern, or the free one where it would go.
std::size_t RouteTable::slot_of(HostPattern::Kind kind, std::string_view name) const {
    const std::uint32_t hash = hash_of(kind, name);
    std::size_t at = hash & (slots_.size() - 1);
    for (;; at = (at + 1) & (slots_.size() - 1)) {
        const Slot& slot = slots_[at];
        if (slot.route == 0) return at;
        if (slot.hash != hash) continue;
        const HostPattern& pattern = routes_[slot.route - 1].pattern;
        if (pattern.kind() == kind && pattern.name() == name) return at;
    }
}

const Route* RouteTable::lookup(HostPattern::Kind kind, std::string_view name) const {
    const std::uint32_t found = slots_[slot_of(kind, name)].route;
    return found == 0 ? nullptr : &routes_[found - 1];
}

Result<Backend, std::string> parse_backend(std::string_view text) {
    Backend backend;
    std::string_view address = text;
    if (const auto star = text.rfind('*'); star != std::string_view::npos) {
        const std::string_view digits = text.substr(star + 1);
        address = text.substr(0, star);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), backend.weight);
        if (error != std::errc{} || end != digits.data() + digits.size() ||
            backend.weight > kMaxWeight) {
            return std::unexpected(fmt::format("weight \"{}\" is not a number from 0 to {}",
                                               printable(digits), kMaxWeight));
        }
    }
    auto endpoint = parse_endpoint(address);
    if (!endpoint) return std::unexpected(std::move(endpoint.error()));
    if (endpoint->port == 0 && endpoint->kind != Endpoint::Kind::unix_path) {
        return std::unexpected(
            fmt::format("\"{}\" has port 0, where no backend can listen", printable(address)));
    }
    backend.endpoint = std::move(*endpoint);
    return backend;
}

Result<Route, std::string> parse_route(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        return std::unexpected(fmt::format(
            "\"{}\" has no '='; write NAME=HOST:PORT, as in httpbin.example.com=127.0.0.1:9443",
            printable(text)));
    }
    auto pattern = HostPattern::parse(text.substr(0, equals));
    if (!pattern) return std::unexpected(std::move(pattern.error()));
    auto backend = parse_backend(text.substr(equals + 1));
    if (!backend) return std::unexpected(std::move(backend.error()));
    return Route{std::move(*pattern), {std::move(*backend)}};
}

std::optional<Choice> choose(std::span<const std::uint32_t> weights, std::uint64_t turn) {
    __extension__ using Wide = unsigned __int128;  // thousands of large weights pass 2^32
    const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    if (total == 0) return std::nullopt;
    // A stride near the golden section and without a common divisor visits every place once and
    // keeps neighbours apart.
    std::uint64_t stride = std::max<std::uint64_t>(1, total * 618 / 1000);
    while (std::gcd(stride, total) != 1)
        ++stride;
    auto place = static_cast<std::uint64_t>(Wide{turn % total} * stride % total);
    std::size_t chosen = 0;
    while (place >= weights[chosen])
        place -= weights[chosen++];
    assert(chosen < weights.size() && "a place is less than all weights together");
    // A round visits each of its places once: so many rounds before, and the place in this one.
    return Choice{chosen, turn / total * weights[chosen] + place};
}

}  // namespace sni::route
