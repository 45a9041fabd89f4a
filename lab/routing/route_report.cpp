#include "lab/routing/route_report.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/route/host_match.h"

namespace sni::routing {

namespace {

using Json = nlohmann::ordered_json;

Json optional(const std::optional<std::string>& text) {
    return text ? Json(*text) : Json(nullptr);
}

Json port_or_null(const std::optional<std::uint16_t>& port) {
    return port ? Json(*port) : Json(nullptr);
}

std::string_view kind_of(const Target& target) {
    return target.kind == Target::Kind::service ? "Service" : "ServiceEntry";
}

Json json_of(const std::vector<lookup::Address>& addresses) {
    Json all = Json::array();
    for (const lookup::Address& address : addresses) {
        all.push_back({{"address", address.host},
                       {"port", address.port == 0 ? Json(nullptr) : Json(address.port)},
                       {"weight", address.weight}});
    }
    return all;
}

Json json_of(const Listeners& listeners, const Answer& answer) {
    Json destinations = Json::array();
    for (const Target& target : answer.destinations) {
        destinations.push_back({{"kind", kind_of(target)},
                                {"namespace", target.ns},
                                {"name", target.name},
                                {"port", target.port},
                                {"target_port", port_or_null(target.target_port)},
                                {"weight", target.weight}});
        if (!target.addresses.empty()) destinations.back()["addresses"] = json_of(target.addresses);
        if (!target.wrapped.empty()) destinations.back()["wrapped"] = target.wrapped;
        if (target.proxy_header != 0) destinations.back()["proxy_header"] = target.proxy_header;
        if (!target.subset.empty()) destinations.back()["subset"] = target.subset;
    }
    if (answer.outcome == Outcome::routed) {
        for (const Target& target : answer.dead) {
            destinations.push_back({{"kind", kind_of(target)},
                                    {"namespace", target.ns},
                                    {"name", target.name},
                                    {"port", target.port},
                                    {"target_port", port_or_null(target.target_port)},
                                    {"weight", target.weight},
                                    {"problem", target.problem}});
            if (!target.subset.empty()) destinations.back()["subset"] = target.subset;
        }
    }
    Json rule = nullptr;
    if (answer.rule) {
        const Place place = place_of(*listeners.files, answer.rule->at);
        rule = {{"kind", answer.rule->kind},
                {"namespace", answer.rule->ns},
                {"name", answer.rule->name},
                {"file", place.file},
                {"line", place.line}};
    }
    Json json = {{"sni", optional(answer.question.sni)},
                 {"plaintext", answer.question.plaintext},
                 {"port", answer.question.port},
                 {"outcome", to_string(answer.outcome)},
                 {"destinations", std::move(destinations)},
                 {"rule", std::move(rule)},
                 {"why", answer.why}};
    if (!answer.gateways.empty()) json["gateways"] = answer.gateways;
    if (answer.uncertain) json["uncertain"] = true;
    return json;
}

/// One name of one filter chain.
struct Row {
    std::string name;
    const FilterChain* chain = nullptr;
};

/// Exact names first, then wildcards from the longest, then what takes everything: the order in
/// which they are asked, by name where that does not decide.
std::vector<Row> rows_of(const Listener& listener) {
    std::vector<Row> rows;
    for (const FilterChain& chain : listener.chains) {
        if (chain.takes_all()) {
            rows.push_back({"*", &chain});
            continue;
        }
        for (const Text& name : chain.names) {
            rows.push_back({to_lower_ascii(name.value), &chain});
        }
    }
    std::ranges::stable_sort(rows, {}, [](const Row& row) {
        const bool all = row.name == "*";
        const bool wild = row.name.starts_with("*.");
        const auto labels = std::ranges::count(row.name, '.');
        return std::tuple(all, wild, wild ? -labels : 0, std::string_view(row.name));
    });
    return rows;
}

std::string where_to(const FilterChain& chain) {
    if (chain.ends == FilterChain::Ends::gateway) return "ends TLS at the gateway";
    if (chain.ends == FilterChain::Ends::plain) return "plain HTTP at the gateway";
    std::vector<std::string> parts;
    for (const Target& target : chain.targets) {
        std::string part = fmt::format("{} {}/{}:{}", kind_of(target), printable(target.ns),
                                       printable(target.name), target.port);
        if (!target.subset.empty()) part += fmt::format(" subset {}", printable(target.subset));
        if (!target.problem.empty()) {
            part += " (closed)";
        } else if (!target.addresses.empty()) {
            part += fmt::format(" -> {}", lookup::addresses_text(target.addresses));
        } else if (target.target_port) {
            part += fmt::format(" -> {}", *target.target_port);
        }
        if (!target.wrapped.empty()) part += " (in TLS of the gateway's own)";
        if (chain.targets.size() > 1) part += fmt::format(" x{}", target.weight);
        parts.push_back(std::move(part));
    }
    return parts.empty() ? "nowhere" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string lines_of(const std::vector<Row>& rows, const std::vector<Row>& shown,
                     const FilterChain* chosen, const std::string& chosen_name) {
    std::size_t width = 0;
    for (const Row& row : shown) {
        width = std::max(width, row.name.size());
    }
    width = std::min<std::size_t>(width, 48);
    std::string text;
    for (const Row& row : shown) {
        const bool takes = row.chain == chosen && row.name == chosen_name;
        text += fmt::format("  {} {:{}}  {}  {}\n", takes ? ">" : " ", printable(row.name), width,
                            where_to(*row.chain), row.chain->rule.text());
    }
    if (shown.size() < rows.size()) {
        text +=
            fmt::format("    and {} more names; --table lists them\n", rows.size() - shown.size());
    }
    return text;
}

std::string subject_of(const Question& question) {
    if (question.plaintext) return "plain text";
    return question.sni ? printable(*question.sni) : "no SNI";
}

std::string_view explain(const Answer& answer) {
    switch (answer.outcome) {
        case Outcome::routed:
            return std::ranges::all_of(answer.destinations, &std::string::empty, &Target::wrapped)
                       ? "routed: TLS passes the gateway untouched"
                       : "routed: TLS passes the gateway, which puts TLS of its own around it";
        case Outcome::terminate:
            return "terminate: the gateway answers itself";
        case Outcome::reset:
            return answer.uncertain ? "reset, as far as it was looked at"
                                    : "reset: the gateway closes the connection";
        case Outcome::closed_port:
            return answer.uncertain ? "closed port, as far as it was looked at"
                                    : "closed port: nothing listens there";
        case Outcome::listener_rejected:
            return "listener rejected: Envoy does not take the configuration";
    }
    return "";
}

}  // namespace

std::vector<ServiceTarget> service_targets(const Manifest& manifest,
                                           const Environment& environment) {
    const Services services(manifest, environment);
    std::vector<ServiceTarget> targets;
    for (const Service& service : manifest.services) {
        for (const ServicePort& port : service.ports) {
            targets.push_back({.service = service.meta.path(),
                               .port = static_cast<std::uint16_t>(port.port.value),
                               .target_port = services.target(service, port).target_port});
        }
    }
    return targets;
}

Json to_json(const Listeners& listeners, const std::vector<Answer>& answers,
             const std::vector<ServiceTarget>& targets) {
    Json document = {{"schema", "sni-lab/route/1"},
                     {"answers", Json::array()},
                     {"conditions", Json::array()},
                     {"attached", Json::array()},
                     {"targets", Json::array()}};
    for (const Answer& answer : answers) {
        document["answers"].push_back(json_of(listeners, answer));
    }
    for (const Condition& c : listeners.conditions) {
        document["conditions"].push_back({{"kind", c.kind},
                                          {"namespace", c.ns},
                                          {"name", c.name},
                                          {"parent", optional(c.parent)},
                                          {"listener", optional(c.listener)},
                                          {"type", c.type},
                                          {"status", c.status ? "True" : "False"},
                                          {"reason", c.reason}});
    }
    for (const Attached& a : listeners.attached) {
        Json entry = {{"gateway", a.gateway}, {"listener", a.listener}, {"routes", a.routes}};
        if (a.names_kinds) entry["supported_kinds"] = a.kinds;
        document["attached"].push_back(std::move(entry));
    }
    for (const ServiceTarget& t : targets) {
        document["targets"].push_back({{"service", t.service},
                                       {"port", t.port},
                                       {"target_port", port_or_null(t.target_port)}});
    }
    return document;
}

std::string to_text(const Listeners& listeners, const Answer& answer) {
    constexpr std::size_t kMostRows = 20;
    const Question& question = answer.question;
    std::string where;
    for (const std::string& gateway : answer.gateways) {
        where += fmt::format("{}{}", where.empty() ? " of Gateway " : " and ", printable(gateway));
    }
    std::string text = fmt::format("{} at port {}{}: {}\n", subject_of(question), question.port,
                                   where, explain(answer));
    for (const std::string& why : answer.why) {
        text += fmt::format("  - {}\n", printable(why));
    }
    const Listener* listener = listeners.find(question.port);
    if (!listener || listener->chains.empty()) return text;
    const std::vector<Row> rows = rows_of(*listener);
    const std::string name =
        question.sni && !question.plaintext ? to_lower_ascii(*question.sni) : std::string("*");
    const auto fits = [&](const Row& row) { return route::takes(row.name, name); };
    const auto first = std::ranges::find_if(rows, fits);
    std::vector<Row> shown = rows;
    if (rows.size() > kMostRows) std::erase_if(shown, [&](const Row& row) { return !fits(row); });
    text += fmt::format("filter chains of port {}, the most specific name first\n", question.port);
    text += lines_of(rows, shown, first == rows.end() ? nullptr : first->chain,
                     first == rows.end() ? std::string() : first->name);
    const bool all = !rows.empty() && rows.back().name == "*";
    text += all ? "  whatever has no name here goes to \"*\"\n"
                : "  whatever has no name here is closed without an answer\n";
    return text;
}

std::string notes(const Listeners& listeners) {
    constexpr std::size_t kMost = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(kMost, listeners.unread.size()); ++i) {
        const Unread& unread = listeners.unread[i];
        const Place at = place_of(*listeners.files, unread.rule.at);
        text += printable(fmt::format("{}:{}: note: {}: {} is not looked at", at.file, at.line,
                                      unread.rule.text(), unread.what)) +
                "\n";
    }
    if (listeners.unread.size() > kMost)
        text += fmt::format("and {} more notes\n", listeners.unread.size() - kMost);
    return text;
}

std::string table_text(const Listeners& listeners) {
    std::string text;
    for (const Listener& listener : listeners.all) {
        if (!text.empty()) text += "\n";
        text += fmt::format("port {}\n", listener.port);
        if (!listener.rejected.empty()) {
            text += fmt::format("  rejected by Envoy: {}\n", printable(listener.rejected));
            continue;
        }
        const std::vector<Row> rows = rows_of(listener);
        text += lines_of(rows, rows, nullptr, {});
    }
    for (const auto& [port, why] : listeners.closed) {
        if (listeners.find(port)) continue;
        text += fmt::format("{}port {}\n  closed: {}\n", text.empty() ? "" : "\n", port,
                            printable(why));
    }
    return text.empty() ? "no gateway listens anywhere\n" : text;
}

namespace {

/// A route's parent: a Gateway or a ListenerSet has a status of its own here, a Service has none.
std::string parent_text(const Listeners& listeners, const std::string& path) {
    const auto own = std::ranges::find_if(listeners.conditions, [&](const Condition& c) {
        return !c.parent && c.ns + "/" + c.name == path;
    });
    return own == listeners.conditions.end() ? path : own->kind + " " + path;
}

}  // namespace

std::string status_text(const Listeners& listeners) {
    std::string text;
    std::string last;
    for (const Condition& c : listeners.conditions) {
        const std::string object = fmt::format(
            "{} {}/{}{}{}", c.kind, c.ns, c.name,
            c.parent ? " at " + parent_text(listeners, *c.parent) : std::string(),
            c.listener ? fmt::format(", listener {}", printable(*c.listener)) : std::string());
        if (object != last) text += object + "\n";
        last = object;
        text += fmt::format("  {:<13} {:<6} {}\n", c.type, c.status ? "True" : "False", c.reason);
        const bool at_end = c.type == "Programmed" && c.listener;
        if (!at_end) continue;
        const std::string path = c.ns + "/" + c.name;
        for (const Attached& a : listeners.attached) {
            const bool here = c.kind == "Gateway" ? a.gateway == path && a.listener == *c.listener
                                                  : a.listener == path + "/" + *c.listener;
            if (here) text += fmt::format("  attached routes: {}\n", a.routes);
            if (here && a.names_kinds)
                text += fmt::format("  supported kinds: {}\n", fmt::join(a.kinds, ", "));
        }
    }
    return text.empty() ? "there is no object of the Gateway API here\n" : text;
}

}  // namespace sni::routing
