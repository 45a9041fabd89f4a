// What a command says in JSON that could not do what it was asked for.
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_json_errors_test {

using namespace sni::test;
using nlohmann::json;

namespace {

using Words = std::vector<std::string>;

void check_error_document(const Words& words) {
    CAPTURE(words);
    const Ran ran = run(words);
    CAPTURE(ran.out, ran.err);
    CHECK(ran.status == 2);
    const json document = json::parse(ran.out, nullptr, false);
    REQUIRE(document.is_object());
    CHECK(document["schema"] == "sni-lab/error/1");
    CHECK(document["exit"] == ran.status);
    REQUIRE_FALSE(document["errors"].empty());
    for (const json& error : document["errors"]) {
        CHECK(error["level"] == "error");
        CHECK_FALSE(error["code"].get<std::string>().empty());
        CHECK(ran.err.find(error["message"].get<std::string>()) != std::string::npos);
        for (const char* field : {"file", "line", "column", "why", "hint"}) {
            CHECK(error.contains(field));
        }
    }
}

}  // namespace

TEST_CASE("whoever asks for JSON gets wrong usage as JSON, too, in every command", "[cli]") {
    for (const Words& command : std::vector<Words>{{"analyze"},
                                                   {"certgen"},
                                                   {"demo"},
                                                   {"diff", "a", "b"},
                                                   {"down"},
                                                   {"explain"},
                                                   {"export"},
                                                   {"get"},
                                                   {"logs"},
                                                   {"match-keylogs"},
                                                   {"proof", "check"},
                                                   {"route"},
                                                   {"scenario"},
                                                   {"scenario", "list"},
                                                   {"scenario", "run"},
                                                   {"scenario", "show"},
                                                   {"status"},
                                                   {"up"},
                                                   {"verify"}}) {
        Words words = command;
        words.insert(words.end(), {"--json", "--nonsense"});
        check_error_document(words);
    }
    for (const char* spelled : {"--json=true", "--json=yes", "--json=1"}) {
        check_error_document({"status", spelled, "--nonsense"});
    }
    CHECK(run({"status", "--json=false", "--nonsense"}).out.empty());
    check_error_document({"--json"});
    check_error_document({"nonsense", "--json"});
}

TEST_CASE("whoever asks for JSON gets what is wrong with the input as JSON, too", "[cli]") {
    const TempFolder folder;
    const std::string none = (folder / "none").string();
    check_error_document({"analyze", "--json", none});
    check_error_document({"route", "--json", none, "--sni", "a.example"});
    check_error_document({"get", "--json", "ftp://a.example/"});
    check_error_document({"explain", "--json", "SL9999"});
    check_error_document({"scenario", "show", "--json", none});
    check_error_document({"scenario", "run", "--json", none});
    check_error_document({"certgen", "--json", "--days", "0", "--state", none});
    check_error_document(
        {"proof", "check", "--json", none, "--identity", none, "--verifier", none});
}

TEST_CASE("one document is the answer, and an error's only where there is no other", "[cli]") {
    const TempFolder folder;
    const Ran ran = run(
        {"get", "--json", "https://httpbin.example.com/", "--state", (folder / "none").string()});
    CHECK(ran.status == 4);
    CHECK(json::parse(ran.out)["schema"] == "sni-lab/get/1");
}

TEST_CASE("without --json stdout stays empty, and a command's own words do not count", "[cli]") {
    CHECK(run({"status", "--nonsense"}).out.empty());
    CHECK(run({"status", "--", "cat", "--json"}).out.empty());
}

}  // namespace cli_json_errors_test
