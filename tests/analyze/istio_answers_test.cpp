// What istioctl's analyzers say, kept as data: "# > analyze KIND NS/NAME: CODE: said" in
// tests/data/istio/*.yaml, and "# ~" for what one side says alone, which lab/analyze/README.md
// explains.
#include <set>

#include "lab/manifest/documents/documents.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"
#include "tests/support/istio_sets.h"
#include "tests/support/temp_folder.h"

namespace analyze_istio_answers_test {

using namespace sni;

namespace {

using Said = std::set<std::string>;

/// Istio's codes in a report, as the files spell them.
Said said_of(const std::vector<manifest::File>& files) {
    Said said;
    const auto report =
        analyze::analyze(manifest::parse_manifests(files, "default"), test::analyze_options());
    for (const analyze::Finding& finding : report.findings) {
        const analyze::Object& object = finding.object;
        if (!finding.diagnostic.code.starts_with("IST")) continue;
        said.insert("analyze " + object.kind + " " + object.ns + (object.ns.empty() ? "" : "/") +
                    object.name + ": " + finding.diagnostic.code);
    }
    return said;
}

/// Both sides' words, and what we say alone.
Said expected_in(const std::string& text) {
    Said expected;
    for (const std::string& line : test::lines_of(text, "# > analyze ")) {
        expected.insert("analyze " + line.substr(0, line.rfind(": ")));
    }
    for (const std::string& line : test::lines_of(text, "# ~ analyze ")) {
        const std::size_t why = line.rfind(": ");
        if (line.substr(why + 2).starts_with("sni-lab alone")) {
            expected.insert("analyze " + line.substr(0, why));
        }
    }
    return expected;
}

}  // namespace

TEST_CASE("of the kept sets analyze says what istioctl's analyzers say", "[analyze]") {
    const manifest::File backends{.name = "backends.yaml",
                                  .text = test::slurp(test::kIstioSets / "backends.yaml")};
    const Said of_backends = said_of({backends});
    std::size_t codes = 0;
    for (const std::filesystem::path& path : test::istio_sets()) {
        CAPTURE(path.filename().string());
        const std::string text = test::slurp(path);
        Said said = said_of({{.name = "set.yaml", .text = text}, backends});
        std::erase_if(said, [&](const std::string& each) { return of_backends.contains(each); });
        CHECK(said == expected_in(text));
        codes += said.size();
    }
    CHECK(codes >= 40);
}

}  // namespace analyze_istio_answers_test
