#include "lab/scenario/default_checks.h"

#include <fmt/format.h>

namespace sni::scenario {

namespace {

using route::HostPattern;

/// A name that `pattern` takes: itself, a made-up label below a suffix, or no SNI at all for "*".
std::optional<std::string> probe_name(const HostPattern& pattern) {
    switch (pattern.kind()) {
        case HostPattern::Kind::exact:
            return pattern.name();
        case HostPattern::Kind::suffix:
            return "sni-lab-probe." + pattern.name();
        case HostPattern::Kind::any:
            break;
    }
    return std::nullopt;
}

Check teapot(const HostPattern& pattern, std::uint16_t port) {
    Check check;
    check.name = fmt::format("{} at port {}", pattern.text(), port);
    check.sni = probe_name(pattern);
    check.port = port;
    check.status = 418;
    return check;
}

}  // namespace

std::vector<Check> routed_checks(const Scenario& scenario) {
    std::vector<Check> checks;
    for (const RouteSpec& route : scenario.routes) {
        Check& check = checks.emplace_back(teapot(route.pattern, route.gateway_port));
        if (route.destinations.size() == 1)
            check.backend = scenario.backends[route.destinations.front().backend].name;
    }
    return checks;
}

std::vector<Check> default_checks(const Scenario& scenario) {
    std::vector<Check> checks = routed_checks(scenario);
    for (const TerminatorSpec& terminator : scenario.terminators) {
        for (const HostPattern& pattern : terminator.patterns) {
            Check& check = checks.emplace_back(teapot(pattern, terminator.gateway_port));
            check.backend = scenario.backends[terminator.backend].name;
        }
    }
    return checks;
}

}  // namespace sni::scenario
