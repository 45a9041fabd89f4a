// The commands that verify prints are whole: pasted into a shell, they do what they say.
#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_verify_commands_test {

using namespace sni::test;
using nlohmann::json;

namespace {

/// The line of `text` that has `word`, from there on; empty when none has.
std::string from_word(const std::string& text, const std::string& word) {
    const std::size_t at = text.find(word);
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

Finished in_a_shell(const LabFolder& lab, const std::string& command) {
    const std::string folder = std::filesystem::path(SNI_LAB_BINARY).parent_path().string();
    return lab.run_other(
        {"env", "PATH=" + folder + ":" + std::getenv("PATH"), "bash", "-c", command});
}

Finished up(const LabFolder& lab) {
    return lab.run({"up", "--detach", "--listen", "127.0.0.1:0"});
}

}  // namespace

TEST_CASE("the curl line of verify -v trusts the lab's certificate, and works", "[e2e]") {
    const LabFolder lab;
    REQUIRE(lab.run({"certgen"}).status == 0);
    REQUIRE(up(lab).status == 0);
    const Finished verified = lab.run({"verify", "-v"});
    const std::string line = from_word(verified.out, "curl -v");
    CAPTURE(verified.out, line);
    CHECK(line.find("--cacert .sni-lab/certs/httpbin.example.com.crt") != std::string::npos);
    CHECK(verified.out.find("--insecure") == std::string::npos);
    if (have("curl")) CHECK(in_a_shell(lab, line + " -sS --noproxy '*'").status == 0);

    const json record = json::parse(lab.run({"status", "--json"}).out)["lab"];
    const std::string gate = record["gates"][0]["endpoint"];
    const auto asked = [&](std::vector<std::string> more) {
        std::vector<std::string> words = {"verify",     "-v",
                                          "--gateway",  gate,
                                          "--sni",      "httpbin.example.com",
                                          "--identity", ".sni-lab/identity.key.pub"};
        words.insert(words.end(), more.begin(), more.end());
        return from_word(lab.run(words).out, "curl -v");
    };
    CHECK(asked({}).find("--cacert .sni-lab/certs") != std::string::npos);
    CHECK(asked({"--state", "elsewhere"}).find("--insecure") != std::string::npos);
    spill(lab / "other.pem", slurp(lab / ".sni-lab/certs/httpbin.example.com.crt"));
    CHECK(asked({"--cacert", "other.pem"}).find("--cacert other.pem") != std::string::npos);
}

TEST_CASE("a proof that nobody asked for is named, with the command that judges it", "[e2e]") {
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    const Finished verified = lab.run({"verify"});
    REQUIRE(verified.status == 0);
    CAPTURE(verified.err);
    CHECK(verified.err.starts_with("Kept .sni-lab/proof.json. Judge it again: sni-lab proof"));
    CHECK(std::count(verified.err.begin(), verified.err.end(), '\n') == 1);
    const Finished judged = in_a_shell(lab, from_word(verified.err, "sni-lab proof check"));
    CAPTURE(judged.out, judged.err);
    CHECK(judged.status == 0);
    CHECK(lab.run({"verify", "--quiet"}).err.empty());
}

TEST_CASE("a proof of a lab of verify's own can be judged, too, once there is a folder for it",
          "[e2e]") {
    const LabFolder lab;
    REQUIRE(lab.run({"certgen"}).status == 0);
    const Finished verified = lab.run({"verify"});
    CAPTURE(verified.out, verified.err);
    REQUIRE(verified.status == 0);
    CHECK(in_a_shell(lab, from_word(verified.err, "sni-lab proof check")).status == 0);
}

TEST_CASE("a document on stdout stands there alone", "[e2e]") {
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    for (const char* stdout : {"-", "/dev/stdout"}) {
        for (const std::vector<std::string>& command :
             {std::vector<std::string>{"verify", "--junit", stdout},
              {"verify", "--html", stdout},
              {"verify", "--save", stdout},
              {"scenario", "run", "unknown-sni", "--junit", stdout}}) {
            const Finished ran = lab.run(command);
            CAPTURE(command, ran.out, ran.err);
            CHECK(ran.status == 0);
            const bool alone = ran.out.starts_with("<?xml") || ran.out.starts_with("<!doctype") ||
                               json::accept(ran.out);
            CHECK(alone);
        }
    }
    const Finished piped =
        in_a_shell(lab,
                   "sni-lab verify --save - | sni-lab proof check - --identity "
                   ".sni-lab/identity.key.pub --verifier .sni-lab/verifier.key.pub");
    CAPTURE(piped.out, piped.err);
    CHECK(piped.status == 0);
    CHECK(piped.err.empty());
}

TEST_CASE("a gateway without a port is asked at 443, and verify says so", "[e2e]") {
    const LabFolder lab;
    const Finished asked = lab.run({"verify", "--gateway", "127.0.0.1", "--sni", "a.example",
                                    "--ticket-swap", "127.0.0.1:9", "--json"});
    CHECK(asked.err.find("--gateway 127.0.0.1: no port, so 443 it is\n") != std::string::npos);
    CHECK(json::parse(asked.out)["checks"][0]["gateway"] == "127.0.0.1:443");
    CHECK(lab.run({"verify", "--gateway", "[::1]", "--sni", "a.example", "--ticket-swap",
                   "127.0.0.1:9"})
              .out.find("[::1]:443") != std::string::npos);
    CHECK(lab.run({"verify", "--gateway", "https://gw.example", "--sni", "a.example"}).status == 2);
}

}  // namespace e2e_verify_commands_test
