// Every command of a lesson's prose is a command, and a hint is followed to its end.
#include <algorithm>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "lab/scenario/catalogue.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/run_cli.h"

namespace e2e_lesson_commands_test {

using namespace sni;
using nlohmann::json;

namespace {

/// Words behind each "sni-lab" of a text, up to the end of the code.
std::vector<std::vector<std::string>> commands_in(const std::string& text) {
    std::vector<std::vector<std::string>> all;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const bool block = line.starts_with("    ");
        for (std::size_t at = line.find("sni-lab "); at != std::string::npos;
             at = line.find("sni-lab ", at + 1)) {
            if (!block && (at == 0 || line[at - 1] != '`')) continue;
            std::string code = line.substr(at + 8);
            code = code.substr(
                0, std::min({code.find('`'), code.find("    "), code.find("&&"), code.find(';')}));
            std::istringstream words(code);
            std::vector<std::string> command;
            for (std::string word; words >> word;) {
                command.push_back(word);
            }
            if (!command.empty()) all.push_back(command);
        }
    }
    return all;
}

/// The help of the deepest command that the words name.
std::string help_of(const std::vector<std::string>& words) {
    std::vector<std::string> path = {words[0]};
    if (words[0] == "scenario" || words[0] == "proof") path.push_back(words.at(1));
    path.push_back("--help");
    const test::Ran ran = test::run(path);
    CHECK(ran.status == 0);
    return ran.out;
}

}  // namespace

TEST_CASE("every command of the lessons' prose is known, with all its flags", "[e2e]") {
    std::size_t count = 0;
    for (const scenario::EmbeddedFile& file : scenario::embedded_files()) {
        if (!file.path.ends_with(".md")) continue;
        for (const auto& words : commands_in(std::string(file.text))) {
            CAPTURE(std::string(file.path), words);
            ++count;
            const std::string help = help_of(words);
            for (const std::string& word : words) {
                if (!word.starts_with('-')) continue;
                const std::string flag = word.substr(0, word.find('='));
                CAPTURE(flag);
                const bool known = help.find(" " + flag + " ") != std::string::npos ||
                                   help.find(" " + flag + ",") != std::string::npos ||
                                   help.find("," + flag + " ") != std::string::npos ||
                                   help.find(" " + flag + "\n") != std::string::npos ||
                                   help.find("," + flag + "\n") != std::string::npos;
                CHECK(known);
            }
        }
    }
    CHECK(count > 30);
}

TEST_CASE("get sends the headers that it is given, and Host instead of the URL's", "[e2e]") {
    const test::LabFolder folder;
    REQUIRE(folder.run({"up", "host-vs-sni", "--detach", "--listen", "127.0.0.1:0"}).status == 0);
    const test::Finished got = folder.run({"get", "https://apples.example.com/headers", "-H",
                                           "Host: pears.example.com", "-H", "X-One: 1", "--json"});
    INFO(got.out << got.err);
    CHECK(got.status == 0);
    CHECK(got.out.find("pears.example.com") != std::string::npos);
    CHECK(got.out.find("X-One") != std::string::npos);
    for (const char* bad : {"no colon", ": empty", "A: b\r\nC: d", "a b: c"}) {
        CHECK(folder.run({"get", "https://apples.example.com/headers", "-H", bad}).status == 2);
    }
}

TEST_CASE("get sends what the equal curl line sends", "[e2e]") {
    const test::LabFolder folder;
    REQUIRE(folder.run({"up", "--detach", "--listen", "127.0.0.1:0"}).status == 0);
    const auto sent = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"get", "https://httpbin.example.com/headers"});
        const test::Finished got = folder.run(words);
        INFO(got.out << got.err);
        REQUIRE(got.status == 0);
        return json::parse(got.out).at("headers");
    };
    const std::string host = "httpbin.example.com";
    CHECK(sent({"-H", "accept: text/html", "-H", "User-Agent: x"}) ==
          json{{"Accept", "text/html"}, {"Host", host}, {"User-Agent", "x"}});
    CHECK(sent({"-H", "Accept:", "-H", "X-None: ", "-H", "X-Two: 1", "-H", "X-Two: 2"}) ==
          json{{"Host", host}, {"User-Agent", "sni-lab"}, {"X-Two", "1,2"}});
    CHECK(sent({"-H", "Host: a", "-H", "Host: b"}).at("Host") == "a");
    CHECK(folder.run({"get", "https://a/", "--connect", "127.0.0.1:1", "-H", "x"}).status == 2);
}

TEST_CASE("a lesson of one's own is shown as those of the catalogue are", "[e2e]") {
    const test::LabFolder folder;
    REQUIRE(folder.run({"scenario", "new", "my-lesson"}).status == 0);
    const test::Finished shown = folder.run({"scenario", "show", "./my-lesson"});
    CHECK(shown.status == 0);
    CHECK(shown.out.starts_with("# my-lesson\n"));
    CHECK(shown.out.find("sni-lab scenario show ./my-lesson checks.yaml") != std::string::npos);
    CHECK(folder.run({"scenario", "show", "./my-lesson", "checks.yaml"}).out.find("teaches:") !=
          std::string::npos);
    CHECK(folder.run({"scenario", "fields"}).out.find("checks.yaml") != std::string::npos);
}

TEST_CASE("the hint for an expired certificate leads to a proof", "[e2e]") {
    const test::LabFolder folder;
    REQUIRE(folder.run({"certgen", "--not-before", "-400d", "httpbin.example.com"}).status == 0);
    REQUIRE(folder.run({"up", "--detach", "--listen", "127.0.0.1:0"}).status == 0);
    const test::Finished expired = folder.run({"verify", "--json"});
    CHECK(expired.status == 5);
    std::string hint;
    const json report = json::parse(expired.out);
    for (const json& check : report["checks"]) {
        for (const json& line : check["lines"]) {
            if (line["code"] == "SL2202") hint = line["hint"];
        }
    }
    const std::size_t start = hint.find("sni-lab certgen");
    REQUIRE(start != std::string::npos);
    std::string line = hint.substr(start) + " --listen 127.0.0.1:0";
    for (std::size_t at = 0; (at = line.find("sni-lab ", at)) != std::string::npos;) {
        line.replace(at, 7, SNI_LAB_BINARY);
        at += std::string(SNI_LAB_BINARY).size();
    }
    const test::Finished followed = folder.run_other({"sh", "-c", line});
    INFO(line << followed.out << followed.err);
    CHECK(followed.status == 0);
    // certgen notices the lab that still has the old pair.
    CHECK(followed.out.find("Next: sni-lab down && sni-lab up") != std::string::npos);
    CHECK(folder.run({"verify"}).status == 0);
}

TEST_CASE("a pair that is made anew beside its lab leads to that lab's next start", "[e2e]") {
    const test::LabFolder folder;
    REQUIRE(folder.run({"up", "many-backends", "--detach", "--listen", "127.0.0.1:0"}).status == 0);
    const auto next = [&](const std::string& name) {
        return folder.run({"certgen", "--force", name}).out;
    };
    CHECK(next("apples.example.com").find("Next: sni-lab down && sni-lab up many-backends\n") !=
          std::string::npos);
    CHECK(next("nobody.example.com").find("Next: sni-lab backend ") != std::string::npos);
}

TEST_CASE("verify and scenario run agree about every ordinary check", "[e2e]") {
    const test::LabFolder folder;
    for (const char* name : {"mtls-end-to-end", "backend-down", "negative-simple", "unknown-sni"}) {
        CAPTURE(name);
        const test::Finished verified = folder.run({"verify", name, "--json"});
        const test::Finished played = folder.run({"scenario", "run", name, "--json"});
        std::map<std::string, bool> met;
        const json runs = json::parse(played.out);
        const json report = json::parse(verified.out);
        for (const json& check : runs["scenarios"][0]["checks"]) {
            met[check["name"]] = check["met"];
        }
        for (const json& check : report["checks"]) {
            CAPTURE(check.dump());
            CHECK(check["unmet"].empty() == met.at(check["name"]));
        }
    }
}

TEST_CASE("a lab without room for it says so, and blames nobody", "[e2e]") {
    const test::LabFolder folder;
    const auto limited = [&](const std::string& files, const std::string& what) {
        return folder.run_other(
            {"sh", "-c", "ulimit -n " + files + "; exec " + std::string(SNI_LAB_BINARY) + what});
    };
    for (const char* what : {" demo", " scenario run passthrough", " verify passthrough"}) {
        const test::Finished run = limited("20", what);
        CAPTURE(what, run.out, run.err);
        CHECK(run.status == 7);
        CHECK(run.err.find("SL1220") != std::string::npos);
        CHECK(run.out.find("NOT caught") == std::string::npos);
    }
    const test::Finished streams = limited("100", " scenario run hot-reload");
    CHECK(streams.status == 7);
    CHECK(streams.err.find("ulimit -n") != std::string::npos);
}

}  // namespace e2e_lesson_commands_test
