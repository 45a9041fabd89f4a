// Whatever export writes is read back: by route with the same answers, by analyze without an error
// that was not there before.
#include <algorithm>
#include <filesystem>
#include <map>

#include <nlohmann/json.hpp>

#include "lab/scenario/catalogue.h"
#include "tests/support/answers.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/lab_folder.h"
#include "tests/support/run_cli.h"

namespace cli_export_round_trip_test {

using namespace sni;
using nlohmann::json;

namespace {

/// What is in no file is missing in both APIs, which have a code each for it.
std::string kind_of(std::string code) {
    return code == "X-BACKEND-REF" ? "IST0101" : code;
}

/// How many errors there are of each code.
std::map<std::string, int> errors_in(const std::string& what) {
    std::map<std::string, int> errors;
    const test::Ran ran = test::run({"analyze", what, "--json"});
    const json document = json::parse(ran.out);
    for (const json& finding : document["findings"]) {
        if (finding["level"] == "error") ++errors[kind_of(finding["code"])];
    }
    return errors;
}

void check_no_new_errors(const std::string& before, const std::string& after) {
    const auto known = errors_in(before);
    for (const auto& [code, count] : errors_in(after)) {
        CAPTURE(code);
        const auto was = known.find(code);
        CHECK(count <= (was == known.end() ? 0 : was->second));
    }
}

std::string text_of(const std::vector<manifest::File>& files) {
    std::string text;
    for (const manifest::File& file : files) {
        text += (text.empty() ? "" : "\n---\n") + file.text;
    }
    return text;
}

/// Only names that were routed: what a gateway ends itself is left out. `notes` speak of every rule
/// that is.
void check_same_answers(const std::string& before_text, const std::string& after_text,
                        const std::string& notes) {
    const test::Exporting before(before_text);
    const test::Exporting after(after_text);
    for (const routing::Question& question : test::questions(before.routing.listeners)) {
        const routing::Answer answer = ask(before.routing.listeners, question);
        if (answer.outcome != routing::Outcome::routed) continue;
        if (answer.rule && notes.find("note: " + answer.rule->text()) != std::string::npos)
            continue;
        CHECK(test::answers(after.routing.listeners, {question}) ==
              test::answers(before.routing.listeners, {question}));
    }
}

/// An input that cannot be exported is refused with a reason, which is fine, too. How many exports
/// were read back.
int check_round_trip(const std::string& what, const std::string& text) {
    int read_back = 0;
    const test::TempFolder folder;
    const std::string out = (folder / "out.yaml").string();
    for (const char* api : {"istio", "gateway"}) {
        CAPTURE(what, api);
        const test::Ran ran = test::run(
            {"export", what, "--api", api, "--out", out, "--state", (folder / "none").string()});
        CAPTURE(ran.err);
        if (ran.status == 2) {
            CHECK(ran.err.find("error: ") != std::string::npos);
            continue;
        }
        REQUIRE(ran.status == 0);
        const std::string written = test::slurp(out);
        CAPTURE(written);
        if (written.empty()) continue;
        check_no_new_errors(what, out);
        check_same_answers(text, written, ran.out);
        std::filesystem::remove(out);
        ++read_back;
    }
    return read_back;
}

}  // namespace

TEST_CASE("every export of every scenario is read back with the same answers", "[cli]") {
    int read_back = 0;
    for (const scenario::CatalogueEntry& entry : scenario::catalogue()) {
        const auto main =
            std::ranges::find(entry.files, entry.name + "/manifests.yaml", &manifest::File::name);
        REQUIRE(main != entry.files.end());
        read_back += check_round_trip(entry.name, text_of({*main}));
    }
    CHECK(read_back >= 50);  // nearly all of them can be exported both ways
}

TEST_CASE("every export of public manifests is read back with the same answers", "[cli]") {
    const std::filesystem::path corpus =
        std::filesystem::path(SNI_LAB_SOURCE_DIR) / "tests/data/public";
    REQUIRE(std::filesystem::is_directory(corpus));
    int read_back = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
        if (entry.path().extension() != ".yaml") continue;
        read_back += check_round_trip(entry.path().string(), test::slurp(entry.path()));
    }
    CHECK(read_back > 10);
}

}  // namespace cli_export_round_trip_test
