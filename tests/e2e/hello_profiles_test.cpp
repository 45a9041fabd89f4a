// Hellos that look like those of other clients, measured beside the real ones.
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

#include "lab/client/offer.h"
#include "lab/client/tls_client.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/process.h"

namespace e2e_hello_profiles_test {

using namespace sni;
using nlohmann::json;

namespace {

/// What the backend saw of the hello that `offer` makes.
json seen(const backend::Backend& backend, client::Offer offer) {
    auto connection = client::TlsConnection::open(
        {.to = backend.listening(), .sni = "httpbin.example.com", .offer = std::move(offer)});
    REQUIRE(connection);
    const auto answer = connection->get("/tls/hello", "httpbin.example.com");
    REQUIRE(answer);
    return json::parse(answer->body);
}

json seen(const backend::Backend& backend, const std::string& client) {
    return seen(backend, client::offer_like(client).value());
}

/// Another OpenSSL makes another hello: compared where both sides have the one that was measured.
bool measured(const std::string& theirs) {
    if (OPENSSL_version_major() == 3 && OPENSSL_version_minor() == 0 &&
        theirs.find("3.0.") != std::string::npos) {
        return true;
    }
    WARN("not compared: measured with OpenSSL 3.0 at both sides");
    return false;
}

json told_by(const std::vector<std::string>& command) {
    const test::Finished finished = test::run_program(command);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    return json::parse(finished.out);
}

}  // namespace

TEST_CASE("an ordinary hello of ours is the one that curl sends", "[e2e]") {
    if (!test::have("curl")) return;
    if (!measured(test::run_program({"curl", "--version"}).out)) return;
    const backend::Backend backend(test::backend_options());
    const std::string port = std::to_string(backend.listening().port);
    const json curl = told_by({"curl", "-sk", "--connect-to", "::127.0.0.1:" + port,
                               "https://httpbin.example.com:" + port + "/tls/hello"});
    const json ours = seen(backend, "curl");
    CHECK(ours["ja4"] == curl["ja4"]);
    CHECK(ours["ja3"] == curl["ja3"]);
    CHECK(ours["hello"]["message_bytes"] == curl["hello"]["message_bytes"]);
    CHECK(seen(backend, client::Offer{})["ja4"] == curl["ja4"]);
    const json http_1 = told_by({"curl", "-sk", "--http1.1", "--connect-to", "::127.0.0.1:" + port,
                                 "https://httpbin.example.com:" + port + "/tls/hello"});
    CHECK(seen(backend, client::Offer{.alpn = {"http/1.1"}})["ja4"] == http_1["ja4"]);
}

TEST_CASE("a hello as Python's is the one that Python sends", "[e2e]") {
    if (!test::have("python3")) return;
    if (!measured(
            test::run_program({"python3", "-c", "import ssl; print(ssl.OPENSSL_VERSION)"}).out))
        return;
    const backend::Backend backend(test::backend_options());
    // Debian's Python has OpenSSL's own suites; set_ciphers() makes it offer everybody else's.
    const std::string script = fmt::format(
        "import http.client, ssl\n"
        "c = ssl._create_unverified_context()\n"
        "c.set_ciphers('@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS"
        ":!SHA1:!AESCCM')\n"
        "c.set_alpn_protocols(['http/1.1'])\n"
        "c.post_handshake_auth = True\n"
        "wrap = c.wrap_socket\n"
        "class Context:\n"
        "    def __getattr__(self, name): return getattr(c, name)\n"
        "    def wrap_socket(self, s, server_hostname=None):\n"
        "        return wrap(s, server_hostname='httpbin.example.com')\n"
        "h = http.client.HTTPSConnection('127.0.0.1', {}, context=c)\n"
        "h._context = Context()\n"
        "h.request('GET', '/tls/hello')\n"
        "print(h.getresponse().read().decode())\n",
        backend.listening().port);
    CHECK(seen(backend, "python")["ja4"] == told_by({"python3", "-c", script})["ja4"]);
}

TEST_CASE("a hello as Node's is the one that Node sends", "[e2e]") {
    if (!test::have("node")) return;
    if (!measured(test::run_program({"node", "-p", "process.versions.openssl"}).out)) return;
    const backend::Backend backend(test::backend_options());
    const std::string script = fmt::format(
        "require('https').get({{host: '127.0.0.1', port: {}, path: '/tls/hello', servername: "
        "'httpbin.example.com', rejectUnauthorized: false}}, a => a.pipe(process.stdout))",
        backend.listening().port);
    CHECK(seen(backend, "node")["ja4"] == told_by({"node", "-e", script})["ja4"]);
}

}  // namespace e2e_hello_profiles_test
