#include "lab/core/cert_facts.h"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/endpoint.h"

namespace sni {

namespace {

bool host_matches(std::string_view pattern, std::string_view host) {
    if (!pattern.starts_with("*.")) return pattern == host;
    if (!pattern.substr(2).contains('.')) return false;
    const std::size_t dot = host.find('.');
    return dot != std::string_view::npos && dot > 0 && host.substr(dot) == pattern.substr(1);
}

}  // namespace

NameMatch match_name(const CertFacts& facts, std::string_view name) {
    if (is_ip_literal(name)) {
        const bool listed = std::ranges::find(facts.ip_addresses, name) != facts.ip_addresses.end();
        return listed ? NameMatch::covered : NameMatch::not_covered;
    }
    const std::string host = to_lower_ascii(name);
    const auto covers = [&](const std::string& pattern) {
        return host_matches(to_lower_ascii(pattern), host);
    };
    if (std::ranges::any_of(facts.dns_names, covers)) return NameMatch::covered;
    const bool has_san = !facts.dns_names.empty() || !facts.ip_addresses.empty();
    return !has_san && covers(facts.common_name) ? NameMatch::common_name_only
                                                 : NameMatch::not_covered;
}

Dates match_dates(const CertFacts& facts, std::chrono::sys_seconds now) {
    if (now < facts.not_before) return Dates::not_yet_valid;
    return now > facts.not_after ? Dates::expired : Dates::valid;
}

std::string to_string(std::chrono::sys_seconds time) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                       fmt::gmtime(static_cast<std::time_t>(time.time_since_epoch().count())));
}

}  // namespace sni
