#include "lab/scenario/catalogue.h"

#include "lab/routing/routing.h"
#include "lab/scenario/checks.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace scenario_catalogue_test {

using namespace sni;

TEST_CASE("what a scenario's checks expect is what its manifests route", "[manifest]") {
    for (const scenario::CatalogueEntry& entry : scenario::catalogue()) {
        CAPTURE(entry.name);
        const auto file = [&](std::string_view name) {
            const auto found = std::ranges::find(entry.files, entry.name + "/" + std::string(name),
                                                 &manifest::File::name);
            REQUIRE(found != entry.files.end());
            return *found;
        };
        const auto has = [&](std::string_view name) {
            return std::ranges::find(entry.files, entry.name + "/" + std::string(name),
                                     &manifest::File::name) != entry.files.end();
        };
        const test::Read read = test::read_files({file("manifests.yaml")});
        CHECK(read.all().empty());
        CHECK(file("README.md").text.starts_with("# " + entry.name + "\n"));
        const scenario::ParsedChecks checks = scenario::parse_checks(file("checks.yaml"));
        CHECK(checks.diagnostics.empty());
        CHECK_FALSE(checks.checks.teaches.empty());

        manifest::Findings findings(read.manifest.files);
        const routing::Routing routing = routing::route(read.manifest, findings);
        for (const scenario::Check& check : checks.checks.checks) {
            CAPTURE(check.name);
            // What lab.yaml or a step does to the lab, or the client to itself, no file tells.
            if (has("lab.yaml") || !check.before.empty() || !check.ordinary()) break;
            const routing::Answer answer =
                routing::ask(routing.listeners, {.sni = check.sni, .port = check.port});
            using proof::Verdict;
            const bool routed = answer.outcome == routing::Outcome::routed;
            const bool ended = answer.outcome == routing::Outcome::terminate;
            CHECK(ended == (check.verdict == Verdict::terminated));
            CHECK((routed || ended) == (check.verdict != Verdict::not_routed));
            if (!check.backend || !routed) continue;
            REQUIRE(answer.destinations.size() == 1);
            // A Service is named like its Deployment here.
            CHECK(answer.destinations[0].ns + "/" + answer.destinations[0].name == *check.backend);
        }
    }
}

}  // namespace scenario_catalogue_test
