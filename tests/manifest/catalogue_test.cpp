#include "lab/manifest/catalogue.h"

#include "lab/manifest/checks.h"
#include "lab/manifest/routing.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

using namespace sni;

TEST_CASE("what a scenario's checks expect is what its manifests route", "[manifest]") {
    for (const manifest::CatalogueEntry& entry : manifest::catalogue()) {
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
        const manifest::ParsedChecks checks = manifest::parse_checks(file("checks.yaml"));
        CHECK(checks.diagnostics.empty());
        CHECK_FALSE(checks.checks.teaches.empty());

        manifest::Findings findings(read.manifest.files);
        const manifest::Routing routing = manifest::route(read.manifest, findings);
        for (const manifest::Check& check : checks.checks.checks) {
            CAPTURE(check.name);
            // What lab.yaml or a step does to the lab, or the client to itself, no file tells.
            if (has("lab.yaml") || !check.before.empty() || !check.ordinary()) break;
            const manifest::Answer answer =
                manifest::ask(routing.listeners, {.sni = check.sni, .port = check.port});
            using manifest::ExpectedVerdict;
            const bool routed = answer.outcome == manifest::Outcome::routed;
            const bool ended = answer.outcome == manifest::Outcome::terminate;
            CHECK(ended == (check.verdict == ExpectedVerdict::terminated));
            CHECK((routed || ended) == (check.verdict != ExpectedVerdict::not_routed));
            if (!check.backend || !routed) continue;
            REQUIRE(answer.destinations.size() == 1);
            // A Service is named like its Deployment here.
            CHECK(answer.destinations[0].ns + "/" + answer.destinations[0].name == *check.backend);
        }
    }
}
