// What a newcomer types, with the program itself in an empty folder.
#include <csignal>

#include <nlohmann/json.hpp>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/named_pipe.h"

namespace e2e_lifecycle_test {

using namespace sni::test;
using nlohmann::json;

namespace {

json status_of(const LabFolder& lab) {
    return json::parse(lab.run({"status", "--json"}).out);
}

/// "127.0.0.1:PORT" of the router.
std::string gate_of(const LabFolder& lab) {
    return status_of(lab)["lab"]["gates"][0]["endpoint"];
}

Finished up(const LabFolder& lab) {
    return lab.run({"up", "--detach", "--listen", "127.0.0.1:0"});
}

}  // namespace

TEST_CASE("certgen, up, verify and down succeed in an empty folder", "[e2e]") {
    const LabFolder lab;
    CHECK(lab.run({"certgen"}).status == 0);
    CHECK(up(lab).status == 0);
    const Finished verified = lab.run({"verify"});
    INFO(verified.out << verified.err);
    CHECK(verified.status == 0);
    CHECK(verified.out.starts_with("Looking at the running lab, scenario passthrough\n"));
    CHECK(verified.out.find("PASSTHROUGH PROVEN") != std::string::npos);
    const Finished down = lab.run({"down"});
    CHECK(down.status == 0);
    CHECK(down.out.starts_with("Stopped scenario passthrough"));
    CHECK(status_of(lab)["on_record"] == false);
}

TEST_CASE("the tutorial's own text runs as it is, in the namespace of its kubectl lines", "[e2e]") {
    const LabFolder lab;
    const std::string text = std::string(SNI_LAB_SOURCE_DIR) + "/tests/data/manifest/tutorial.yaml";
    const Finished started = lab.run(
        {"up", text, "--namespace", "passthrough-test", "--detach", "--listen", "127.0.0.1:0"});
    INFO(started.err);
    REQUIRE(started.status == 0);
    const Finished verified = lab.run({"verify", "--running"});
    INFO(verified.out);
    CHECK(verified.status == 0);
    CHECK(verified.out.find("PASSTHROUGH PROVEN") != std::string::npos);
    const Finished answer = lab.run({"get", "https://httpbin.example.com/status/418"});
    CHECK(answer.status == 0);
    CHECK(answer.out.find("-=[ teapot ]=-") != std::string::npos);
}

TEST_CASE("openssl and curl agree with what was printed", "[e2e]") {
    const LabFolder lab;
    const std::string certificate = ".sni-lab/certs/httpbin.example.com.crt";
    const Finished made = lab.run({"certgen"});
    REQUIRE(made.status == 0);

    const Finished fingerprint =
        lab.run_other({"openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", certificate});
    const std::string digest = fingerprint.out.substr(fingerprint.out.find('=') + 1, 95);
    CHECK(made.out.find(digest) != std::string::npos);
    CHECK(lab.run_other({"openssl", "verify", "-CAfile", certificate, certificate}).status == 0);

    REQUIRE(up(lab).status == 0);
    const std::string gate = gate_of(lab);
    const std::string port = gate.substr(gate.find(':') + 1);
    const Finished curl = lab.run_other({"curl", "-sv", "--cacert", certificate, "--resolve",
                                         "httpbin.example.com:" + port + ":127.0.0.1",
                                         "https://httpbin.example.com:" + port + "/status/418"});
    INFO(curl.err);
    CHECK(curl.status == 0);
    // The tutorial's two checks.
    CHECK(curl.err.find("subject: CN=httpbin.example.com; O=myorg") != std::string::npos);
    CHECK(curl.err.find("HTTP/1.1 418 I'm a teapot") != std::string::npos);
    CHECK(curl.out.find("teapot") != std::string::npos);

    const Finished verified = lab.run({"verify", "--pin", digest});
    CHECK(verified.status == 0);
    CHECK(verified.out.find(digest) != std::string::npos);
}

TEST_CASE("up makes the certificate that nobody made, and says so", "[e2e]") {
    const LabFolder lab;
    const Finished started = up(lab);
    REQUIRE(started.status == 0);
    CHECK(started.out.find("made just now") != std::string::npos);
    CHECK(mode_of(lab / ".sni-lab/certs/httpbin.example.com.key") == 0600);
    CHECK(mode_of(lab / ".sni-lab") == 0700);
    lab.run({"down"});
    CHECK(up(lab).out.find("made just now") == std::string::npos);
}

TEST_CASE("a lab that was killed makes verify exit 4, and stops nothing that comes after",
          "[e2e]") {
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    const pid_t pid = status_of(lab)["lab"]["pid"];
    ::kill(pid, SIGKILL);
    while (status_of(lab)["running"] == true) {
    }
    const Finished verified = lab.run({"verify", "--json"});
    CHECK(verified.status == 4);
    const json report = json::parse(verified.out);
    CHECK(report["lab"] == "running");
    CHECK(report["verdict"] == "not_routed");
    CHECK(report["checks"][0]["lines"][0]["code"] == "SL1104");
    CHECK(lab.run({"get", "https://httpbin.example.com/get"}).status == 4);

    CHECK(up(lab).status == 0);
    CHECK(lab.run({"verify"}).status == 0);
}

TEST_CASE("a second up on a port in use exits 7, says who has it, and the first goes on", "[e2e]") {
    const LabFolder first;
    const LabFolder second;
    REQUIRE(up(first).status == 0);
    const std::string gate = gate_of(first);

    const Finished refused = second.run({"up", "--detach", "--listen", gate});
    CHECK(refused.status == 7);
    CHECK(refused.err.find(gate) != std::string::npos);
    CHECK(refused.err.find("SL7001") != std::string::npos);
    CHECK(status_of(second)["on_record"] == false);
    const Finished in_json = second.run({"up", "--detach", "--json", "--listen", gate});
    CHECK(in_json.status == 7);
    CHECK(in_json.err == refused.err);
    CHECK(nlohmann::json::parse(in_json.out)["errors"][0]["code"] == "SL7001");

    const Finished same_folder = first.run({"up", "--detach", "--listen", "127.0.0.1:0"});
    CHECK(same_folder.status == 7);
    CHECK(same_folder.err.find("SL1102") != std::string::npos);
    CHECK(first.run({"verify"}).status == 0);
}

TEST_CASE("up --admin tells of every session that reached a backend", "[e2e]") {
    const LabFolder lab;
    const Finished started =
        lab.run({"up", "--detach", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"});
    REQUIRE(started.status == 0);
    const std::string word = "admin     http://";
    const std::size_t at = started.out.find(word);
    REQUIRE(at != std::string::npos);
    const std::string url =
        started.out.substr(at + 10, started.out.find("/sessions", at) - at - 10);
    CHECK(lab.run({"get", "https://httpbin.example.com/status/418"}).status == 0);
    CHECK(lab.run({"get", "--sni", "nobody.example.com", "https://httpbin.example.com/"}).status ==
          4);
    const Finished asked = lab.run_other({"curl", "-sS", "--noproxy", "*", url + "/sessions"});
    INFO(asked.out << asked.err);
    const json sessions = json::parse(asked.out).at("sessions");
    REQUIRE(sessions.size() == 1);  // what the router refused reached nobody
    CHECK(sessions[0]["sni"] == "httpbin.example.com");
    CHECK(sessions[0]["outcome"] == "established");
    CHECK(sessions[0]["backend"] == status_of(lab)["lab"]["backends"][0]["name"]);
    CHECK(lab.run({"up", "--admin", "9901"}).status == 2);
}

TEST_CASE("up --once runs a command against the lab and passes its status on", "[e2e]") {
    const LabFolder lab;
    const auto once = [&](std::vector<std::string> words) {
        std::vector<std::string> all = {"up", "--once", "--listen", "127.0.0.1:0", "--"};
        all.insert(all.end(), words.begin(), words.end());
        return lab.run(all);
    };
    CHECK(once({"true"}).status == 0);
    CHECK(once({"sh", "-c", "exit 42"}).status == 42);
    CHECK(once({"sh", "-c", "kill -TERM $$"}).status == 143);
    CHECK(once({"there-is-no-such-program"}).status == 2);
    const Finished verified = once({SNI_LAB_BINARY, "verify", "--running", "--quiet"});
    CHECK(verified.status == 0);
    CHECK(verified.out.find("PASSTHROUGH PROVEN") != std::string::npos);
    const Finished curl = once({"sh", "-c",
                                "curl -s --cacert $SNI_LAB_CACERT --connect-to ::$SNI_LAB_GATEWAY "
                                "https://$SNI_LAB_SNI/status/418"});
    CHECK(curl.status == 0);
    CHECK(curl.out.find("teapot") != std::string::npos);
    CHECK(status_of(lab)["running"] == false);
}

TEST_CASE("up --once passes the signal on that ended it", "[e2e]") {
    const LabFolder lab;
    const int signal = GENERATE(SIGINT, SIGTERM);
    const NamedPipe pipe(lab / "pipe");
    Background up(lab.command({"up", "--once", "--listen", "127.0.0.1:0", "--", "sh", "-c",
                               "trap 'kill $!; exit 31' INT; trap 'kill $!; exit 32' TERM; "
                               "cat \"$0\" & echo ready; wait",
                               pipe.path()}));
    while (up.line() != "ready") {
    }
    CHECK(up.end(signal) == (signal == SIGINT ? 31 : 32));
}

TEST_CASE("get is the tutorial's curl line, with its answer on stdout", "[e2e]") {
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    const Finished teapot = lab.run({"get", "https://httpbin.example.com/status/418"});
    CHECK(teapot.status == 0);
    CHECK(teapot.out.find("teapot") != std::string::npos);
    CHECK(teapot.err.find("< HTTP/1.1 418 I'm a teapot") != std::string::npos);
    CHECK(teapot.err.find("* subject  CN=httpbin.example.com, O=myorg") != std::string::npos);

    const Finished unknown = lab.run({"get", "https://htpbin.example.com/"});
    CHECK(unknown.status == 4);
    CHECK(unknown.err.find("alert unrecognized_name (112)") != std::string::npos);
    const Finished without = lab.run({"get", "--no-sni", "https://httpbin.example.com/"});
    CHECK(without.status == 4);
    CHECK(without.err.find("alert missing_extension (109)") != std::string::npos);
    // SNI decides the route; the certificate is for the other name.
    const Finished other =
        lab.run({"get", "--sni", "httpbin.example.com", "https://other.example.com/get"});
    CHECK(other.status == 0);
}

TEST_CASE("demo proves the router and catches the gateway that cheats", "[e2e]") {
    const LabFolder lab;
    const Finished demo = lab.run({"demo"});
    INFO(demo.out << demo.err);
    CHECK(demo.status == 0);
    CHECK(demo.out.find("PASSTHROUGH PROVEN; the cheating gateway was caught.") !=
          std::string::npos);
    CHECK(demo.out.find("certificate: fingerprint is the backend's    passes           passes") !=
          std::string::npos);
    CHECK(demo.out.find("one TLS session from end to end              passes           FAILS") !=
          std::string::npos);
    CHECK(picture_of(lab.path()).empty());
}

TEST_CASE("wrong usage exits 2 with the nearest right word", "[e2e]") {
    const LabFolder lab;
    const std::pair<std::vector<std::string>, std::string> rows[] = {
        {{"verfy"}, "did you mean sni-lab verify?"},
        {{"verify", "--tiemout", "5s"}, "did you mean --timeout?"},
        {{"up", "pasthrough"}, "did you mean"},
        {{"up", "--listen", "127.0.0.1:99999"}, "is not a number from 0 to 65535"},
        {{"up", "no-such-file.yaml"}, "no-such-file.yaml"},
        {{"verify", "--gateway", "127.0.0.1:1"}, "--sni"},
        {{"verify", "--gateway", "127.0.0.1:1", "--sni", "a.example"}, "SL1106"},
        {{"verify", "--timeout", "5"}, "write a number and ms, s, m or h"},
        {{"verify", "--pin", "abc"}, "64 hex digits"},
        {{"verify", "--cacert", "missing.pem"}, "missing.pem"},
        {{"get", "http://a.example/"}, "https://"},
        {{"router", "--listen", "127.0.0.1:0", "--admin", "9901"}, "--admin: \"9901\" has no port"},
        {{"backend", "--listen", "127.0.0.1:0", "--plian", "127.0.0.1:0"}, "did you mean --plain?"},
        // A variable that was not set must never turn one question into another.
        {{"verify", "--gateway", "", "--sni", "httpbin.example.com"}, "--gateway is empty"},
        {{"verify", "--pin", ""}, "--pin is empty"},
        {{"verify", "--identity", "missing.pub"}, "missing.pub"},
        {{"verify", "--running", "--gateway", "127.0.0.1:1"}, "--gateway"},
        {{"verify", "passthrough", "--gateway", "127.0.0.1:1"}, "scenario"},
        {{"verify", "--sni", "a b"}, "cannot be sent as SNI"},
        {{"verify", "--request", "foo"}, "is no path to ask for"},
        {{"get", "--connect", "", "https://a.example/"}, "--connect is empty"},
        {{"up", "--once"}, "sni-lab up --once -- COMMAND"},
        {{"up", "--listen", "[::ffff:7f00:1]:0"}, "write 127.0.0.1:0"},
        {{"up", "--listen", "unix:/tmp/x"}, "only what is dialled can be a Unix socket"},
        {{"scenario", "run", "--all", "passthrough"}, "--all is every scenario of the catalogue"},
        {{"down", "--", "true"}, "only sni-lab up --once and sni-lab verify"},
    };
    for (const auto& [words, expected] : rows) {
        const Finished refused = lab.run(words);
        INFO(refused.err);
        CHECK(refused.status == 2);
        CHECK(refused.err.find(expected) != std::string::npos);
    }
    CHECK(picture_of(lab.path()).empty());
    CHECK(lab.run({"--help"}).status == 0);
    CHECK(lab.run({"--version"}).out.find("OpenSSL 3.") != std::string::npos);
}

}  // namespace e2e_lifecycle_test
