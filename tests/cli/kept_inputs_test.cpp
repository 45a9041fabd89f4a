#include "cli/kept_inputs.h"

#include <filesystem>
#include <set>
#include <string_view>

#include "cli/command_tree.h"
#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_kept_inputs_test {

namespace fs = std::filesystem;
using namespace sni;
using test::Contains;

namespace {

constexpr std::string_view kGateway =
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\n"
    "spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 443, name: tls, "
    "protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: [a.example]}]}\n";

/// Flags that take a word, which may be the name of a file, and write none of that name.
const std::set<std::string_view> kNotWritten = {
    "--against",    "--backend",    "--backend-admin", "--baseline",      "--cacert",
    "--cert",       "--class",      "--client-ca",     "--client-ca-key", "--client-cert",
    "--client-key", "--connect",    "--days",          "--gateway",       "--gateway-namespace",
    "--identity",   "--image",      "--key",           "--listen",        "--name",
    "--namespace",  "--not-before", "--only-gateway",  "--org",           "--peer",
    "--pin",        "--recipe",     "--request",       "--routes",        "--san",
    "--scenario",   "--sni",        "--state",         "--ticket-swap",   "--trust",
    "--verifier",   "--witness"};

bool may_be_file(const std::string& value) {
    return value == "TEXT" || value.contains("FILE") || value.contains("DIR") ||
           value.contains("PATH");
}

}  // namespace

// A new flag belongs into the table of kept_inputs.cpp, or into the one above.
TEST_CASE("of every flag that takes a file it is known whether that is written", "[cli]") {
    const cli::CommandInfo root = cli::every_command();
    std::size_t written = 0;
    for (const cli::CommandInfo* command : cli::all_commands(root)) {
        for (const cli::FlagInfo& flag : command->flags) {
            if (!may_be_file(flag.value)) continue;
            CAPTURE(command->words(), flag.long_name, flag.value);
            CHECK(cli::is_written(flag.long_name) != kNotWritten.contains(flag.long_name));
            written += cli::is_written(flag.long_name) ? 1 : 0;
        }
    }
    CHECK(written > 15);
}

TEST_CASE("no answer is written over what the command reads", "[cli]") {
    const test::TempFolder folder;
    const auto at = [&](const char* name) { return (folder / name).string(); };
    fs::create_directories(folder / "k/below");
    for (const char* name :
         {"m.yaml", "k/a.yaml", "k/lab.yaml", "k/below/b.yaml", "a.log", "routes", "ca.pem"})
        test::spill(folder / name, kGateway);
    fs::create_symlink("m.yaml", folder / "link");
    struct Slip {
        std::vector<std::string> words;
        std::string said;
    };
    const std::string m = at("m.yaml"), k = at("k"), log = at("a.log");
    const std::vector<Slip> slips = {
        Slip{{"verify", m, "--junit", m}, "--junit"},
        Slip{{"verify", k, "--html", at("k/a.yaml")}, "--html"},
        Slip{{"verify", m, "--save", at("link")}, "--save"},
        Slip{{"verify", "--cacert", at("ca.pem"), "--junit", at("ca.pem")}, "--junit"},
        Slip{{"analyze", m, "--write-baseline", m}, "--write-baseline"},
        Slip{{"analyze", "-R", k, "--write-baseline", at("k/below/b.yaml")}, "--write-baseline"},
        Slip{{"export", k, "--out", at("k/a.yaml")}, "--out"},
        Slip{{"export", k, "--out", at("k/lab.yaml")}, "--out"},
        Slip{{"match", log, at("m.yaml"), "--junit", log}, "--junit"},
        Slip{{"router", "--listen", "127.0.0.1:0", "--routes", at("routes"), "--access-log",
              at("routes")},
             "--access-log"},
        Slip{{"backend", "--listen", "127.0.0.1:0", "--cert", m, "--key", log, "--keylog", log},
             "--keylog"},
        Slip{{"scenario", "run", k, "--junit", at("k/a.yaml")}, "--junit"}};
    for (const Slip& slip : slips) {
        CAPTURE(slip.words);
        const test::Ran ran = test::run(slip.words);
        CHECK(ran.status == 2);
        CHECK_THAT(ran.err, Contains(slip.said + " \"") && Contains("is one of the inputs"));
        for (const char* name :
             {"m.yaml", "k/a.yaml", "k/lab.yaml", "k/below/b.yaml", "a.log", "routes", "ca.pem"})
            CHECK(test::slurp(folder / name) == kGateway);
    }
}

TEST_CASE("no answer is written over what a lab keeps in the state folder", "[cli]") {
    const test::TempFolder folder;
    fs::create_directories(folder / "s");
    test::spill(folder / "s/lab.json", "{}");
    const std::string state = (folder / "s").string();
    for (const char* flag : {"--save", "--junit", "--html"}) {
        for (const char* name : {"lab.json", "lab.lock", "lab.log", "identity.key",
                                 "identity.key.pub", "verifier.key", "./lab.json"}) {
            CAPTURE(flag, name);
            const test::Ran ran = test::run({"verify", "--state", state, flag, state + "/" + name});
            CHECK(ran.status == 2);
            CHECK_THAT(ran.err, Contains("is a file of the state folder's own"));
        }
    }
    CHECK(test::slurp(folder / "s/lab.json") == "{}");
    CHECK_FALSE(fs::exists(folder / "s/lab.lock"));

    // Where verify keeps its latest proof, a proof may be saved, and nothing else.
    const auto beside = [&](const char* flag) {
        return test::run({"verify", "--gateway", "127.0.0.1:1", "--no-sni", "--state", state, flag,
                          state + "/proof.json"})
            .err;
    };
    CHECK_THAT(beside("--html"), Contains("is a file of the state folder's own"));
    CHECK_THAT(beside("--save"), !Contains("is a file of the state folder's own"));
}

TEST_CASE("two answers are two files", "[cli]") {
    const test::TempFolder folder;
    const std::string new_one = (folder / "new").string();
    const test::Ran ran = test::run({"verify", "--junit", new_one, "--html", new_one});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains("--junit and --html \"" + new_one + "\" are the same file"));
    CHECK_FALSE(fs::exists(new_one));
}

TEST_CASE("two answers in one file are noticed however it is spelled", "[cli]") {
    const test::TempFolder folder;
    const std::string plain = fs::relative(folder / "new").string();
    for (const std::string& other :
         {"./" + plain, (folder / "new").string(), (folder / "below/../new").string()}) {
        CAPTURE(other);
        CHECK(test::run({"verify", "--junit", plain, "--html", other}).status == 2);
        CHECK_FALSE(fs::exists(folder / "new"));
    }
}

TEST_CASE("a file that is no baseline is not written over as one", "[cli]") {
    const test::TempFolder folder;
    test::spill(folder / "first.yaml", kGateway);
    test::spill(folder / "second.yaml", kGateway);
    const std::string first = (folder / "first.yaml").string();
    // As of --write-baseline *.yaml.
    const test::Ran ran =
        test::run({"analyze", "--write-baseline", first, (folder / "second.yaml").string()});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains("is there, and is no baseline"));
    CHECK(test::slurp(folder / "first.yaml") == kGateway);
}

TEST_CASE("what is no baseline is neither compared with nor written over", "[cli]") {
    const test::TempFolder folder;
    test::spill(folder / "first.yaml", kGateway);
    test::spill(folder / "second.yaml", kGateway);
    const std::string first = (folder / "first.yaml").string();
    const std::string second = (folder / "second.yaml").string();
    for (const std::vector<std::string>& more :
         {std::vector<std::string>{}, {"--write-baseline", second}}) {
        std::vector<std::string> words = {"analyze", first, "--baseline", second};
        words.insert(words.end(), more.begin(), more.end());
        const test::Ran ran = test::run(words);
        CHECK(ran.status == 2);
        CHECK_THAT(ran.err, Contains("--baseline \"" + second + "\" is no baseline"));
        CHECK(test::slurp(folder / "second.yaml") == kGateway);
    }
}

TEST_CASE("a report may lie beside what is read, and replace an older one", "[cli]") {
    const test::TempFolder folder;
    test::spill(folder / "m.yaml", kGateway);
    test::spill(folder / "known", "");
    const std::string known = (folder / "known").string();
    CHECK(test::run({"analyze", folder.path().string(), "--write-baseline", known}).status == 0);
    const std::string once = test::slurp(folder / "known");
    CHECK_FALSE(once.empty());
    CHECK(test::run(
              {"analyze", folder.path().string(), "--baseline", known, "--write-baseline", known})
              .status == 0);
    CHECK(test::slurp(folder / "known") == once);
    CHECK(test::run({"analyze", folder.path().string(), "--write-baseline", "/dev/null"}).status ==
          0);
}

}  // namespace cli_kept_inputs_test
