// What sni-lab backend tells its operator.
#include <nlohmann/json.hpp>

#include "tests/cli/backend_command.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/run_cli.h"
#include "tests/support/tls_client.h"

namespace cli_backend_admin_test {

using namespace sni;
using test::Command;
using test::contains;
using test::Files;
using test::Ran;
using test::run;

TEST_CASE("sni-lab backend tells operators of itself, also while it drains", "[cli]") {
    const Files files;
    Command command(files.args({"--name", "pod-7", "--admin", "127.0.0.1:0", "--max-stalled",
                                "100000", "--threads", "1"}));
    const Endpoint where = command.ready();
    const Endpoint admin = command.admin();
    const auto page = [&](const std::string& path) {
        const test::TcpClient client(admin);
        client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return client.read_to_end();
    };
    CHECK(contains(page("/readyz"), " 200 OK\r\n"));
    CHECK(contains(page("/healthz"), " 200 OK\r\n"));
    test::TlsClient client(where, {.sni = "a.example.com"});
    CHECK(client.get("/status/418").status == 418);

    const std::string answer = page("/sessions");
    CHECK(contains(answer, "Content-Type: application/json\r\n"));
    const auto document = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n")));
    CHECK(document.at("schema") == "sni-lab/sessions/1");
    REQUIRE(document.at("sessions").size() == 1);
    const auto& session = document.at("sessions").at(0);
    CHECK(session.at("sni") == "a.example.com");
    CHECK(session.at("outcome") == "established");
    CHECK(session.at("backend") == "pod-7");

    test::spill(files.cert, "this is no PEM\n");
    ::kill(::getpid(), SIGHUP);
    command.wait_for_talk("not reloaded");
    const std::string figures = page("/metrics");
    CHECK(contains(figures, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    CHECK(contains(figures, "\nsni_lab_backend_connections{backend=\"pod-7\"} 1\n"));
    CHECK(
        contains(figures, "\nsni_lab_backend_answers_total{backend=\"pod-7\",status=\"4xx\"} 1\n"));
    CHECK(
        contains(figures, "\nsni_lab_backend_stalled_hello_bytes_max{backend=\"pod-7\"} 100000\n"));
    CHECK(contains(figures, "\nsni_lab_backend_threads{backend=\"pod-7\"} 1\n"));
    CHECK(contains(figures, "\nsni_lab_backend_reloads_total{result=\"failed\"} 1\n"));

    client.send(
        "POST /delay/10 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        "Content-Length: 1\r\n\r\n");
    CHECK(client.read_answer().status == 100);
    client.send("x");
    CHECK(test::TlsClient(where).get("/uuid").status == 200);
    ::kill(::getpid(), SIGTERM);
    command.wait_for_talk("stopping");
    CHECK(contains(page("/readyz"), " 503 "));
    CHECK(contains(page("/healthz"), " 200 "));
    CHECK(contains(page("/sessions"), "a.example.com"));
    CHECK(command.stop() == 0);
    CHECK_THROWS(test::TcpClient(admin));
}

TEST_CASE("a lame duck takes clients while /readyz says that it will not", "[cli]") {
    const Files files;
    Command command(files.args({"--admin", "127.0.0.1:0", "--lame-duck", "10m"}));
    const Endpoint where = command.ready();
    const Endpoint admin = command.admin();
    ::kill(::getpid(), SIGTERM);
    command.wait_for_talk("draining: clients are still served for 10m");
    const test::TcpClient page(admin);
    page.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(contains(page.read_to_end(), " 503 "));
    test::TlsClient client(where);
    CHECK(client.get("/uuid").status == 200);
    CHECK_FALSE(client.get("/uuid").header("Connection"));
    CHECK(command.stop() == 0);  // the second signal ends that
    CHECK(contains(command.err(), "stopping"));
}

TEST_CASE("a lame duck's time that is none is refused", "[cli]") {
    const Files files;
    const Ran ended = run(files.args({"--lame-duck", "soon"}));
    CHECK(ended.status == 2);
    CHECK(contains(ended.err, "--lame-duck"));
}

TEST_CASE("an admin address of sni-lab backend that others can reach is warned of", "[cli]") {
    const Files files;
    Command command(files.args({"--admin", "0.0.0.0:0"}));
    const Endpoint admin = command.admin();
    CHECK(command.stop() == 0);
    CHECK(contains(command.err(), to_string(admin) + " can be reached from other machines"));
}

TEST_CASE("sni-lab backend does not begin when its admin address is in use", "[cli]") {
    const Files files;
    const backend::Backend first(test::backend_options());
    const Ran ended = run(files.args({"--admin", to_string(first.listening())}));
    CHECK(ended.status == 7);
    CHECK(contains(ended.err, "[SL7001]"));
    CHECK(ended.out.empty());
}

}  // namespace cli_backend_admin_test
