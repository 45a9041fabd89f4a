// How a backend begins, where it listens, and how it ends.
#include <atomic>

#include "lab/backend/backend.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/elapsed.h"
#include "tests/support/tls_client.h"

namespace backend_lifetime_test {

using namespace sni;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using test::since;

TEST_CASE("stopping closes listener and idle connections at once", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient idle(server.listening());
    CHECK(idle.get("/uuid").status == 200);
    const test::TcpClient silent(server.listening());
    const Endpoint where = server.listening();
    const auto began = Clock::now();
    server.stop();
    CHECK(since(began) < milliseconds(50));
    CHECK(idle.read_to_end().empty());
    CHECK(silent.read_to_end().empty());
    CHECK_THROWS(test::TcpClient(where));
    server.stop();
}

TEST_CASE("stopping lets a running request finish, and cuts one that takes too long", "[backend]") {
    std::atomic<bool> logged = false;
    backend::Options options = test::backend_options();
    options.access_log = [&](std::string_view) { logged = true; };
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening());
    const auto ask = [&](const std::string& seconds) {
        // The 100 tells that the request has a worker, so that stop() finds it running.
        client.send("POST /delay/" + seconds +
                    " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
        CHECK(client.read_answer().status == 100);
        client.send("x");
    };
    SECTION("within the grace") {
        ask("0.2");
        // The backend has read the body when a second connection is served after it.
        CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
        server.stop(milliseconds(5000));
        const test::Answer answer = client.read_answer();
        CHECK(answer.status == 200);
        CHECK(client.read_to_end().empty());
    }
    SECTION("beyond the grace") {
        ask("10");
        CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
        const auto began = Clock::now();
        server.stop(milliseconds(50));
        CHECK(since(began) < milliseconds(2000));
    }
}

TEST_CASE("two backends never share a port", "[backend]") {
    backend::Backend first(test::backend_options());
    backend::Options options = test::backend_options();
    options.listen = first.listening();
    std::string code;
    Exit exit = Exit::yes;
    try {
        const backend::Backend second(std::move(options));
    } catch (const Failure& failure) {
        code = failure.diagnostics().front().code;
        exit = failure.exit();
    }
    CHECK(code == code::kPortInUse);
    CHECK(exit == Exit::machine);
    CHECK(test::TlsClient(first.listening()).get("/uuid").status == 200);
}

TEST_CASE("a certificate or client CA that cannot be used is a usage failure", "[backend]") {
    backend::Options options = test::backend_options();
    std::string expected;
    SECTION("key of another certificate") {
        options.key = test::client_certificates().second.key;
        expected = code::kBackendCertificate;
    }
    SECTION("broken certificate") {
        options.chain_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        expected = code::kBackendCertificate;
    }
    SECTION("broken key") {
        options.key = certs::KeyPem("no key");
        expected = code::kBackendCertificate;
    }
    SECTION("client certificates without a CA") {
        options.client_cert = backend::ClientCert::required;
        expected = code::kBackendClientCa;
    }
    SECTION("broken client CA") {
        options.client_cert = backend::ClientCert::optional;
        options.client_ca_pem = "no certificate";
        expected = code::kBackendClientCa;
    }
    std::string code;
    Exit exit = Exit::yes;
    try {
        const backend::Backend server(std::move(options));
    } catch (const Failure& failure) {
        code = failure.diagnostics().front().code;
        exit = failure.exit();
    }
    CHECK(code == expected);
    CHECK(exit == Exit::usage);
}

TEST_CASE("IPv6 loopback is served too", "[backend]") {
    backend::Options options = test::backend_options();
    options.listen = {Endpoint::Kind::ipv6, "::1", 0};
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening());
    CHECK(client.get("/ip").body.find("\"::1\"") != std::string::npos);
}

}  // namespace backend_lifetime_test
