// Descriptors that are closed, readers that leave, terminals that close.
#include <csignal>

#include <nlohmann/json.hpp>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_descriptors_test {

using namespace sni::test;
using nlohmann::json;

namespace {

/// `script` in bash, where $LAB is the program; pipefail, so that its status is seen.
Finished shell(const LabFolder& lab, const std::string& script) {
    return lab.run_other({"bash", "-c",
                          "set -o pipefail; unset SNI_LAB_STATE; LAB=\"$0\"; " + script,
                          SNI_LAB_BINARY});
}

json status_of(const LabFolder& lab) {
    return json::parse(lab.run({"status", "--json"}).out);
}

}  // namespace

TEST_CASE("a lab that is started with closed descriptors is on record, answers and stops",
          "[e2e]") {
    const std::string closed = GENERATE("<&-", ">&-", "2>&-", "<&- >&- 2>&-");
    CAPTURE(closed);
    const LabFolder lab;
    const Finished up = shell(lab, "\"$LAB\" up --detach --listen 127.0.0.1:0 " + closed);
    CHECK(up.status == 0);
    CHECK(status_of(lab)["running"] == true);
    CHECK(lab.run({"get", "https://httpbin.example.com/status/418"}).status == 0);
    CHECK(lab.run({"down"}).status == 0);
    CHECK(status_of(lab)["running"] == false);
}

TEST_CASE("closed descriptors never become files or sockets that answers are written to", "[e2e]") {
    const LabFolder lab;
    CHECK(shell(lab, "\"$LAB\" certgen <&- >&- 2>&-").status == 0);
    CHECK(lab.run_other(
                 {"openssl", "x509", "-noout", "-in", ".sni-lab/certs/httpbin.example.com.crt"})
              .status == 0);
    CHECK(lab.run_other(
                 {"openssl", "pkey", "-noout", "-in", ".sni-lab/certs/httpbin.example.com.key"})
              .status == 0);
    CHECK(shell(lab, "\"$LAB\" demo >&-").status == 0);
}

TEST_CASE("a reader that leaves ends a command quietly", "[e2e]") {
    const std::string command =
        GENERATE("scenario list", "explain --list", "--help", "completion bash", "verify --junit -",
                 "verify --html /dev/stdout", "scenario run no-sni --junit -");
    CAPTURE(command);
    const LabFolder lab;
    // The reader is gone before the program starts.
    const Finished ran = shell(lab, "exec 3> >(exec true); wait $!; \"$LAB\" " + command + " >&3");
    CHECK(ran.err.empty());
    CHECK(ran.status == 141);
}

TEST_CASE("what cannot be written for another reason is still the machine's failure", "[e2e]") {
    const LabFolder lab;
    const Finished ran = shell(lab, "\"$LAB\" scenario list >/dev/full");
    CHECK(ran.status == 7);
    CHECK(ran.err.find("[SL7003]") != std::string::npos);
}

TEST_CASE("scenario run stops after the lesson that nobody reads the answer of", "[e2e]") {
    const LabFolder lab;
    spill(lab / "bad.yaml",
          lab.run({"scenario", "show", "passthrough", "manifests.yaml"}).out +
              "---\napiVersion: v1\nkind: Secret\nmetadata: {name: httpbin-credential, namespace: "
              "passthrough-test}\nstringData: {tls.crt: none, tls.key: none}\n");
    CHECK(shell(lab, "\"$LAB\" scenario run bad.yaml").err.find("X-BAD-CERT") != std::string::npos);
    const Finished ran = shell(lab,
                               "exec 3> >(exec true); wait $!; "
                               "\"$LAB\" scenario run passthrough bad.yaml >&3");
    // The second one cannot be started, and is never tried.
    CHECK(ran.err.find("X-BAD-CERT") == std::string::npos);
    CHECK(ran.status == 141);
}

TEST_CASE("nothing is played where one of the scenarios cannot be read", "[e2e]") {
    const LabFolder lab;
    const Finished ran = lab.run({"scenario", "run", "passthrough", "no-such-scenario"});
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.find("there is no scenario \"no-such-scenario\"") != std::string::npos);
}

TEST_CASE("a foreground lab ends with its terminal, unless nohup started it", "[e2e]") {
    const bool nohup = GENERATE(false, true);
    CAPTURE(nohup);
    const LabFolder lab;
    std::vector<std::string> command = lab.command({"up", "--listen", "127.0.0.1:0"});
    if (nohup) command.insert(command.begin(), "nohup");
    Background up(command);
    while (up.line().find("Ctrl-C") == std::string::npos) {
    }
    ::kill(up.pid(), SIGHUP);
    if (nohup) {
        CHECK(lab.run({"get", "https://httpbin.example.com/status/418"}).status == 0);
        CHECK(up.end(SIGTERM) == 0);
    } else {
        CHECK(up.end(0) == 0);
    }
    CHECK(status_of(lab)["on_record"] == false);
}

TEST_CASE("a detached lab outlives the terminal", "[e2e]") {
    const LabFolder lab;
    REQUIRE(lab.run({"up", "--detach", "--listen", "127.0.0.1:0"}).status == 0);
    ::kill(status_of(lab)["lab"]["pid"].get<pid_t>(), SIGHUP);
    CHECK(lab.run({"get", "https://httpbin.example.com/status/418"}).status == 0);
    CHECK(status_of(lab)["running"] == true);
}

TEST_CASE("a stopped lab is woken to be ended", "[e2e]") {
    const LabFolder lab;
    REQUIRE(lab.run({"up", "--detach", "--listen", "127.0.0.1:0"}).status == 0);
    ::kill(status_of(lab)["lab"]["pid"].get<pid_t>(), SIGSTOP);
    CHECK(lab.run({"down"}).status == 0);
}

}  // namespace e2e_descriptors_test
