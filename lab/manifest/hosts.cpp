#include "lab/manifest/hosts.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "lab/core/endpoint.h"

namespace sni::manifest {

namespace {

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::optional<std::string> domain_problem(std::string_view domain) {
    if (domain.size() > 255) return "is longer than 255 bytes";
    if (domain.ends_with('.')) domain.remove_suffix(1);
    std::string_view label;
    for (std::size_t start = 0; start <= domain.size(); start += label.size() + 1) {
        label = domain.substr(start, domain.find('.', start) - start);
        if (label.empty()) return "has an empty label";
        if (label.size() > 63) return "has a label of more than 63 bytes";
        if (label.contains('*')) return "has a wildcard that is not its whole first label";
        const bool letters =
            std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; });
        if (!letters) return "has characters other than letters, digits, '-' and '.'";
        if (!is_alnum(label.front()) || !is_alnum(label.back())) {
            return "has a label that starts or ends with '-'";
        }
    }
    const bool numeric = std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
    if (numeric) return "ends in a number, as no domain does";
    return std::nullopt;
}

/// Of an object's name, between its dots (apimachinery, pkg/util/validation, dns1123LabelFmt).
bool is_part_of_name(std::string_view part) {
    const auto is_small = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !part.empty() && is_small(part.front()) && is_small(part.back()) &&
           std::ranges::all_of(part, [&](char c) { return is_small(c) || c == '-'; });
}

std::string reverse(std::string_view text) {
    return {text.rbegin(), text.rend()};
}

}  // namespace

std::optional<std::string> host_problem(std::string_view host) {
    if (host.empty()) return "is empty";
    if (host == "*" || is_ip_address(host)) return std::nullopt;
    if (host.starts_with("*.")) {
        host.remove_prefix(2);
    } else if (host.starts_with('*')) {
        host.remove_prefix(host.starts_with("*-") ? 2 : 1);
    }
    return domain_problem(host);
}

std::optional<std::string> destination_problem(std::string_view host) {
    if (is_ip_address(host)) return "is an address, and not a host";
    return host_problem(host);
}

std::string_view without_direction(std::string_view host) {
    constexpr std::string_view kPrefix = "outbound_.";
    if (!host.starts_with(kPrefix)) return host;
    std::string_view rest = host.substr(kPrefix.size());
    for (int part = 0; part < 2; ++part) {  // the port's number, and the subset
        const std::size_t dot = rest.find('.');
        if (dot == std::string_view::npos || dot == 0 || rest[dot - 1] != '_') return host;
        rest.remove_prefix(dot + 1);
    }
    return rest;
}

std::optional<std::string> server_host_problem(std::string_view host) {
    if (host == "*" || is_ip_address(host)) return std::nullopt;
    if (is_partial_wildcard(host)) return "has a wildcard that is not its whole first label";
    if (const auto problem = host_problem(host)) return problem;
    if (!host.contains('.')) return "is a short name, which a gateway does not know";
    return std::nullopt;
}

bool is_label_name(std::string_view name) {
    constexpr std::size_t kMost = 63;
    return name.size() <= kMost && is_part_of_name(name);
}

bool is_object_name(std::string_view name) {
    constexpr std::size_t kMost = 253;
    if (name.empty() || name.size() > kMost) return false;
    return std::ranges::all_of(name | std::views::split('.'),
                               [](auto part) { return is_part_of_name(std::string_view(part)); });
}

bool is_ip_address(std::string_view text) {
    return !text.starts_with('[') && is_ip_literal(text);
}

bool is_partial_wildcard(std::string_view host) {
    return host.size() > 1 && host.starts_with('*') && host[1] != '.';
}

ServerHost server_host(std::string_view text, std::string_view gateway_namespace) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return {.ns = {}, .host = std::string(text)};
    std::string_view ns = text.substr(0, slash);
    if (ns == ".") ns = gateway_namespace;
    if (ns == "*") ns = {};
    return {.ns = std::string(ns), .host = std::string(text.substr(slash + 1))};
}

bool overlap(std::string_view one, std::string_view other) {
    if (one.size() > other.size()) std::swap(one, other);
    if (one.starts_with('*')) return other.ends_with(one.substr(1));
    return other.starts_with('*') ? one.ends_with(other.substr(1)) : one == other;
}

void HostSet::add(std::string_view host) {
    const bool wildcard = host.starts_with('*');
    std::string reversed = reverse(wildcard ? host.substr(1) : host);
    if (wildcard) {
        wildcard_sizes_.insert(reversed.size());
        wildcards_.insert(reversed);
    } else {
        exact_.insert(reversed);
    }
    reversed_.insert(std::move(reversed));
}

bool HostSet::under_wildcard(std::string_view reversed) const {
    return std::ranges::any_of(wildcard_sizes_, [&](std::size_t size) {
        return size <= reversed.size() && wildcards_.contains(reversed.substr(0, size));
    });
}

bool HostSet::overlaps(std::string_view host) const {
    const bool wildcard = host.starts_with('*');
    const std::string reversed = reverse(wildcard ? host.substr(1) : host);
    if (under_wildcard(reversed)) return true;
    if (!wildcard) return exact_.contains(reversed);
    const auto below = reversed_.lower_bound(reversed);
    return below != reversed_.end() && below->starts_with(reversed);
}

bool HostSet::covers(std::string_view host) const {
    const bool wildcard = host.starts_with('*');
    const std::string reversed = reverse(wildcard ? host.substr(1) : host);
    return under_wildcard(reversed) || (!wildcard && exact_.contains(reversed));
}

}  // namespace sni::manifest
