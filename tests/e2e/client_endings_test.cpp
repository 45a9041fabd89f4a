// How somebody's own client is named, told where to go, and judged where it shows nothing.
#include <chrono>
#include <filesystem>

#include "tests/e2e/client_site.h"
#include "tests/support/elapsed.h"
#include "tests/support/lab_folder.h"

namespace e2e_client_endings_test {

using namespace sni;
using namespace sni::e2e;
using test::have;

TEST_CASE("a client that shows nothing is inconclusive, whatever its reason", "[e2e]") {
    if (!have("curl")) return;
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const Endpoint gateway = honest.listening();
    const std::string curl = "curl -sk --connect-to \"$SNI_LAB_CONNECT_TO\" \"$0\"";

    const Ran silent = site.verify(gateway, shell("exit 35"));
    CHECK(silent.status == 3);
    CHECK(silent.line("signed")["text"] ==
          "no statement: the client ended with status 35 and printed none");
    CHECK_THAT(silent.line("signed")["hint"].get<std::string>(),
               test::Contains("run the command by itself"));
    CHECK_THAT(silent.line("signed")["hint"].get<std::string>(),
               !test::Contains("--backend-admin"));
    CHECK(silent.line("way")["text"] ==
          "sh made no TLS connection by the way to the gateway: it ended with status 35");
    const Ran unlogged = site.verify(gateway, shell("unset SSLKEYLOGFILE; " + curl));
    CHECK(unlogged.status == 3);
    CHECK(unlogged.line("session")["code"] == "SL2334");
    // The statement of another nonce is no answer.
    CHECK(site.verify(gateway, shell("curl -sk --connect-to \"$SNI_LAB_CONNECT_TO\" "
                                     "\"${0%=*}=$(printf '%064d' 0)\""))
              .status == 1);
    CHECK(site.verify(gateway, {"--", "/nowhere/client", "{url}"}).status == 2);
}

TEST_CASE("a client that does not end is ended, with what it started", "[e2e]") {
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::string> args = {"--timeout", "300ms"};
    const auto more = shell("tail -f /dev/null & tail -f /dev/null");
    args.insert(args.end(), more.begin(), more.end());
    const Ran late = site.verify(honest.listening(), args);
    CHECK(late.status == 3);
    CHECK_THAT(late.line("signed")["text"].get<std::string>(),
               test::Contains("did not end within 300 ms"));
    CHECK(test::since(began) < std::chrono::seconds(30));
}

TEST_CASE("what belongs to our own client is refused beside another", "[e2e]") {
    const Site site;
    const Endpoint gateway = site.direct();
    CHECK(site.verify(gateway, {"--clients", "netscape"}).status == 2);
    CHECK(site.verify(gateway, {"--canary", "--", "true"}).status == 2);
    CHECK(site.verify(gateway, {"--as", "python", "--", "true"}).status == 2);
    CHECK(site.verify(gateway, {"--clients", "curl", "--", "true"}).status == 2);
    CHECK(site.verify(gateway, {"--save", "x.json", "--clients", "curl"}).status == 2);
    const Ran tls_only =
        site.verify(gateway, {"--witness", "127.0.0.1:1", "--tls-only", "--", "true"});
    CHECK(tls_only.status == 2);
    CHECK_THAT(tls_only.err, test::Contains("--tls-only belongs to verify's own client"));
}

TEST_CASE("a client that a signal ends is told of by that signal", "[e2e]") {
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const auto signed_by = [&](const std::vector<std::string>& command) {
        std::vector<std::string> args = {"--json", "--"};
        args.insert(args.end(), command.begin(), command.end());
        const Ran ran = site.verify(honest.listening(), args);
        CHECK(ran.status == 3);
        return ran.line("signed")["text"].get<std::string>();
    };
    CHECK(signed_by({"sh", "-c", "kill -SEGV $$"}) ==
          "no statement: the client was ended by signal 11 (Segmentation fault) and printed none");
    // As a shell passes on that its own command was.
    CHECK(signed_by({"sh", "-c", "exit 139"}) ==
          "no statement: the client ended with status 139, a shell's word for a command that was "
          "ended by signal 11 (Segmentation fault) and printed none");
    CHECK(signed_by({"sh", "-c", "exit 255"}) ==
          "no statement: the client ended with status 255 and printed none");
}

TEST_CASE("how a client ends is told, and changes no verdict", "[e2e]") {
    if (!have("curl")) return;
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const Ran ran = site.verify(
        honest.listening(), shell("curl -sk --connect-to \"$SNI_LAB_CONNECT_TO\" \"$0\"; exit 3"));
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.line("ended")["text"] ==
          "the client ended with status 3; that is no part of the verdict");
    CHECK(site.verify(honest.listening(), kCurl).line("ended").is_null());
}

TEST_CASE("nothing behind -- is refused: verify's own client does not stand in", "[e2e]") {
    const Site site;
    for (const std::vector<std::string>& nothing :
         {std::vector<std::string>{"--"}, std::vector<std::string>{"--", ""}}) {
        const Ran ran = site.verify(site.direct(), nothing);
        CHECK(ran.status == 2);
        CHECK_THAT(ran.err, test::Contains("no command behind -- [SL"));
        CHECK_THAT(ran.err, test::Contains("was a variable not set?"));
    }
    CHECK(test::run({"up", "--"}).status == 2);
    CHECK(test::run({"up", "--once", "--"}).status == 2);
}

TEST_CASE("a client is called by its program, and asked once however often it is named", "[e2e]") {
    if (!have("curl")) return;
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const auto name = [&](const std::vector<std::string>& args) {
        const Ran ran = site.verify(honest.listening(), args);
        CHECK(json::parse(ran.out)["checks"].size() == 1);
        return ran.check()["name"].get<std::string>();
    };
    CHECK(name({"--json", "--", "/bin/sh", "-c", "(true); kill $$"}) ==
          "httpbin.example.com by sh");
    CHECK(name({"--json", "--clients", "curl,curl"}) == "httpbin.example.com by curl");
    const auto odd = site.folder / "my\nclient";
    std::filesystem::create_symlink("/bin/true", odd);
    CHECK(name({"--json", "--", odd.string()}) == "httpbin.example.com by my\\x0aclient");
}

}  // namespace e2e_client_endings_test
