// Istio's own answers, kept as data: tests/data/istio/*.yaml open with what its control plane makes
// of them.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/manifest/documents/documents.h"
#include "lab/routing/routing.h"
#include "tests/support/catch.h"
#include "tests/support/istio_sets.h"
#include "tests/support/temp_folder.h"

namespace routing_istio_answers_test {

using namespace sni;

namespace {

/// "routed dock/cargo:443 75% + closed 25%"; what is lost altogether is a reset.
std::string shown(const routing::Answer& answer) {
    std::map<std::string, std::int64_t> shares;
    std::int64_t total = 0;
    for (const routing::Target& target : answer.destinations) {
        const bool service = target.kind == routing::Target::Kind::service;
        const std::string name = service
                                     ? fmt::format("{}.{}:{}", target.name, target.ns, target.port)
                                     : fmt::format("{}:{}", target.name, target.port);
        shares[name] += target.weight;
        total += target.weight;
    }
    for (const routing::Target& target : answer.dead) {
        shares["closed"] += target.weight;
        total += target.weight;
    }
    std::string text(to_string(answer.outcome));
    if (answer.outcome != routing::Outcome::routed) return text;
    std::vector<std::string> parts;
    parts.reserve(shares.size());
    for (const auto& [name, weight] : shares) {
        parts.push_back(fmt::format(
            "{} {}%", name,
            std::lround(100.0 * static_cast<double>(weight) / static_cast<double>(total))));
    }
    return text + " " + fmt::format("{}", fmt::join(parts, " + "));
}

/// "443 cargo.harbor.example at dock/quay": the port, the name or "-", and whose answer.
std::string asked(const routing::Routing& routing, const std::string& question) {
    std::istringstream in(question);
    std::uint16_t port = 0;
    std::string name;
    std::string word;
    std::string gateway;
    in >> port >> name >> word >> gateway;
    const auto answers = ask_each(routing, {.sni = name == "-" ? std::nullopt : std::optional(name),
                                            .plaintext = false,
                                            .port = port});
    const auto own = std::ranges::find_if(answers, [&](const routing::Answer& answer) {
        return std::ranges::find(answer.gateways, gateway) != answer.gateways.end();
    });
    if (own != answers.end()) return shown(*own);
    const bool asked_of_all = gateway.empty() && answers.size() == 1;
    const bool nobody_has_the_port = answers.front().gateways.empty();
    return asked_of_all || nobody_has_the_port ? shown(answers.front()) : "nothing of " + gateway;
}

/// Every condition and count, as the files spell them.
std::map<std::string, std::string> status_of(const routing::Listeners& listeners) {
    std::map<std::string, std::string> lines;
    for (const routing::Condition& c : listeners.conditions) {
        std::string key = fmt::format("{} {}/{}", c.kind, c.ns, c.name);
        if (c.parent) key += " at " + *c.parent;
        if (c.listener)
            key += fmt::format(" {} {}", c.parent ? "section" : "listener", *c.listener);
        lines[key + ": " + c.type] =
            fmt::format("{} {} {}", c.type, c.status ? "True" : "False", c.reason);
    }
    for (const routing::Attached& a : listeners.attached) {
        const bool set = a.listener.contains('/');
        const std::string listener = set ? a.listener : a.gateway + "/" + a.listener;
        lines["attached " + listener + ": " + std::to_string(a.routes)] = std::to_string(a.routes);
    }
    return lines;
}

}  // namespace

TEST_CASE("what is asked of the kept sets is answered as Istio's control plane answers",
          "[routing]") {
    const std::vector<std::filesystem::path> all = test::istio_sets();
    REQUIRE(all.size() >= 50);
    const std::string backends = test::slurp(test::kIstioSets / "backends.yaml");
    for (const std::filesystem::path& path : all) {
        CAPTURE(path.filename().string());
        const std::string text = test::slurp(path);
        const auto parsed = manifest::parse_manifests(
            {{.name = "set.yaml", .text = text}, {.name = "backends.yaml", .text = backends}},
            "default");
        std::string mistakes;
        for (const Diagnostic& d : parsed.diagnostics) {
            const bool read = d.level == Level::error && !manifest::is_unsupported(d);
            if (read) mistakes += render(d);
        }
        CHECK(mistakes.empty());
        manifest::Findings findings(parsed.manifest.files);
        const routing::Routing routing = routing::route(parsed.manifest, findings);
        const auto status = status_of(routing.listeners);
        std::size_t conditions = 0;
        const std::vector<std::string> expected = test::lines_of(text, "# > ");
        REQUIRE(!expected.empty());
        for (const std::string& line : expected) {
            CAPTURE(line);
            if (line.starts_with("analyze ")) continue;
            const std::size_t colon = line.find(": ");
            REQUIRE(colon != std::string::npos);
            const std::string answer = line.substr(colon + 2);
            if (line[0] >= '0' && line[0] <= '9') {
                CHECK(asked(routing, line.substr(0, colon)) == answer);
                continue;
            }
            ++conditions;
            const auto found =
                status.find(line.substr(0, colon) + ": " + answer.substr(0, answer.find(' ')));
            CHECK((found == status.end() ? "nothing" : found->second) == answer);
        }
        CHECK(conditions == status.size());
    }
}

}  // namespace routing_istio_answers_test
