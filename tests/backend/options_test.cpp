// What a backend does when it is told to: versions, ciphers, protocols, key log, plain HTTP,
// faults, and another certificate while it runs.
#include <mutex>

#include <openssl/x509.h>

#include "certs/inspect.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/proof/statement.h"
#include "tests/backend/contract.h"

namespace backend_options_test {

using namespace sni;
using backend::TlsVersion;
using http::Fault;
using nlohmann::json;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

std::string refusal(backend::Options options) {
    try {
        const backend::Backend server(std::move(options));
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::usage);
        return failure.diagnostics().front().code;
    }
    return "served";
}

std::string leaf_seen(const test::TlsClient& client) {
    X509* const leaf = SSL_get1_peer_certificate(client.ssl());
    const std::string seen = to_fingerprint(certs::facts_of(leaf).sha256);
    X509_free(leaf);
    return seen;
}

std::string fingerprint(const certs::CertBundle& bundle) {
    return to_fingerprint(certs::inspect(bundle.cert_pem)->front().sha256);
}

/// How the connection ended for a client that asked for /uuid: what it got, or that it was reset.
std::string ending_of(const Endpoint& server, const std::string& target) {
    test::TlsClient client(server);
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    char byte = 0;
    const int got = SSL_read(client.ssl(), &byte, 1);
    if (got > 0) return "answered";
    const int error = SSL_get_error(client.ssl(), got);
    const std::string ending = error == SSL_ERROR_ZERO_RETURN                      ? "closed"
                               : error == SSL_ERROR_SYSCALL && errno == ECONNRESET ? "reset"
                                                                                   : "other";
    ERR_clear_error();
    return ending;
}

}  // namespace

TEST_CASE("the lowest and the highest TLS version are as told", "[backend]") {
    backend::Options options = test::backend_options();
    SECTION("1.3 only") {
        options.min_tls = TlsVersion::v1_3;
        const backend::Backend server(std::move(options));
        CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
        CHECK_THROWS(test::TlsClient(server.listening(), {.max_version = TLS1_2_VERSION}));
    }
    SECTION("1.2 only") {
        options.max_tls = TlsVersion::v1_2;
        const backend::Backend server(std::move(options));
        CHECK(json::parse(test::TlsClient(server.listening()).get("/tls").body).at("version") ==
              "TLSv1.2");
        CHECK_THROWS(test::TlsClient(server.listening(), {.min_version = TLS1_3_VERSION}));
    }
    SECTION("none at all") {
        options.min_tls = TlsVersion::v1_3;
        options.max_tls = TlsVersion::v1_2;
        CHECK(refusal(std::move(options)) == code::kBackendPolicy);
    }
}

TEST_CASE("ciphers are those of the list, for each version its own", "[backend]") {
    backend::Options options = test::backend_options();
    SECTION("taken") {
        options.ciphers = "TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256";
        const backend::Backend server(std::move(options));
        const auto suite = [&](const test::TlsClientOptions& client) {
            return json::parse(test::TlsClient(server.listening(), client).get("/tls").body)
                .at("cipher_suite");
        };
        CHECK(suite({}) == "TLS_CHACHA20_POLY1305_SHA256");
        CHECK(suite({.max_version = TLS1_2_VERSION}) == "ECDHE-ECDSA-AES128-GCM-SHA256");
        CHECK_THROWS(test::TlsClient(
            server.listening(),
            {.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"}));
    }
    SECTION("refused") {
        options.ciphers = GENERATE("NONSENSE", "TLS_NONSENSE", "TLS_AES_128_GCM_SHA256:TLS_NO");
        CHECK(refusal(std::move(options)) == code::kBackendPolicy);
    }
}

TEST_CASE("ALPN names are chosen in the backend's order", "[backend]") {
    backend::Options options = test::backend_options();
    SECTION("taken") {
        options.alpn = {"lab/1", "http/1.1"};
        const backend::Backend server(std::move(options));
        const auto facts = [&](const std::vector<std::string>& offered) {
            return json::parse(
                test::TlsClient(server.listening(), {.alpn = offered}).get("/tls").body);
        };
        const json chosen = facts({"http/1.1", "x", "lab/1"});
        CHECK(chosen.at("alpn") == "lab/1");
        CHECK(chosen.at("alpn_offered") == json({"http/1.1", "x", "lab/1"}));
        CHECK(facts({"x", "http/1.1"}).at("alpn") == "http/1.1");
        CHECK(facts({"x"}).at("alpn").is_null());
        CHECK(facts({}).at("alpn_offered") == json::array());
    }
    SECTION("h2 is none, nor is h3") {
        options.alpn = {"http/1.1", GENERATE("h2", "h2c", "h3")};
        CHECK(refusal(std::move(options)) == code::kBackendPolicy);
    }
    SECTION("an empty name is none") {
        options.alpn = {""};
        CHECK(refusal(std::move(options)) == code::kBackendPolicy);
    }
}

TEST_CASE("/tls tells what only the end of TLS knows", "[backend]") {
    const auto& [authority, certificate] = test::client_certificates();
    backend::Options options = test::backend_options();
    options.client_cert = backend::ClientCert::optional;
    options.client_ca_pem = authority.cert_pem;
    const backend::Backend server(std::move(options));
    test::TlsClient client(server.listening(), {.certificate = certificate});
    const json facts = json::parse(client.get("/tls").body);
    CHECK(facts.at("signature") == "ecdsa_sha256");
    CHECK(facts.at("early_data") == false);
    CHECK(facts.at("key_log") == false);
    CHECK(facts.at("session_id_bytes") == 32);
    CHECK(facts.at("client_certificate").at("sha256") == fingerprint(certificate));
    CHECK(client.get("/tls/client-cert").body == certificate.cert_pem);

    // RFC 9266: what both ends compute, and only as a digest on the wire.
    unsigned char exporter[32];
    REQUIRE(SSL_export_keying_material(client.ssl(), exporter, sizeof exporter,
                                       "EXPORTER-Channel-Binding", 24, nullptr, 0, 0) == 1);
    unsigned char digest[32];
    REQUIRE(EVP_Q_digest(nullptr, "SHA256", nullptr, exporter, sizeof exporter, digest, nullptr) ==
            1);
    const std::string body = client.get("/tls/exporter").body;
    CHECK(json::parse(body).at("sha256") == to_hex(std::as_bytes(std::span(digest))));
    CHECK(body.find(to_hex(std::as_bytes(std::span(exporter)))) == std::string::npos);

    test::TlsClient bare(server.listening());
    CHECK(bare.get("/tls/client-cert").status == 404);
    const auto type_for = [&](const std::string& path, const std::string& accept) {
        bare.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nAccept: " + accept + "\r\n\r\n");
        const test::Answer answer = bare.read_answer();
        CHECK(answer.header("Vary") == "Accept");
        return answer.header("Content-Type").value_or("");
    };
    for (const std::string path : {"/tls", "/tls/exporter"}) {
        for (const std::string accept :
             {"application/json, text/html;q=0", "application/json, text/html;q=0.1", "*/*"}) {
            CHECK(type_for(path, accept) == "application/json");
        }
        for (const std::string accept : {"text/html, application/json", "text/html;q=0.2",
                                         "text/html,application/xml;q=0.9,*/*;q=0.8"}) {
            CHECK(type_for(path, accept) == "text/html; charset=utf-8");
        }
    }
    CHECK(type_for("/image", "image/webp") == "image/webp");
    CHECK(client.get("/tls/client-cert").header("Vary") == "Accept");

    bare.send("GET /tls HTTP/1.1\r\nHost: a\r\nAccept: text/html,*/*\r\n\r\n");
    const test::Answer page = bare.read_answer();
    CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
    CHECK(page.body.find("<td>cipher_suite</td><td>TLS_AES_256_GCM_SHA384</td>") !=
          std::string::npos);
}

TEST_CASE("TLS 1.2 without extended master secret has no channel binding", "[backend]") {
    const backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening(), {.max_version = TLS1_2_VERSION});
    CHECK(json::parse(client.get("/tls/exporter").body).at("sha256").is_string());
    test::TlsClient old(server.listening(),
                        {.max_version = TLS1_2_VERSION, .extended_master_secret = false});
    CHECK(json::parse(old.get("/tls/exporter").body).at("sha256").is_null());
}

TEST_CASE("the key log has a line for each secret, and /tls and statements say that it is on",
          "[backend]") {
    std::mutex mutex;
    std::string log;
    backend::Options options = test::backend_options();
    options.key_log = [&](std::string_view line) {
        const std::lock_guard lock(mutex);
        log += std::string(line) + "\n";
    };
    {
        const backend::Backend server(std::move(options));
        test::TlsClient client(server.listening());
        CHECK(json::parse(client.get("/tls").body).at("key_log") == true);
        const std::string proof =
            client.get(std::string(proof::kPath) + "?nonce=" + std::string(64, '7')).body;
        CHECK(proof::decode(proof::decode_envelope(proof).value().document).value().key_log);
    }
    CHECK(log.starts_with("SERVER_HANDSHAKE_TRAFFIC_SECRET "));
    CHECK(log.find("\nCLIENT_TRAFFIC_SECRET_0 ") != std::string::npos);
}

TEST_CASE("the same endpoints are served without TLS, and say so", "[backend]") {
    backend::Options options = test::backend_options();
    options.plain = loopback(0);
    backend::Backend server(std::move(options));
    REQUIRE(server.listening_plain());
    const auto ask = [&](const std::string& target) {
        const test::TcpClient client(*server.listening_plain());
        client.send("GET " + target + " HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n");
        return client.read_to_end();
    };
    const auto document = [&](const std::string& target) {
        const std::string answer = ask(target);
        return json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
    };
    CHECK(ask("/status/418").starts_with("HTTP/1.1 418 I'm a teapot\r\n"));
    CHECK(document("/get").at("url") == "http://a.example/get");
    CHECK(document("/tls").at("tls").is_null());
    CHECK(document("/tls/exporter").at("sha256").is_null());
    CHECK(ask("/cookies/set?a=1").find("Set-Cookie: a=1; Path=/\r\n") != std::string::npos);
    CHECK(ask("/redirect/2?absolute=1").find("Location: /relative") != std::string::npos);
    CHECK(ask("/redirect/2?absolute=true").find("Location: http://a.example/") !=
          std::string::npos);
    CHECK(ask("/stream/3").ends_with("0\r\n\r\n"));
    const json envelope = document(std::string(proof::kPath) + "?nonce=" + std::string(64, '7'));
    CHECK(envelope.is_object());
    CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);

    const test::TcpClient idle(*server.listening_plain());
    server.stop(milliseconds(50));
    CHECK(idle.read_to_end().empty());
    CHECK_THROWS(test::TcpClient(*server.listening_plain()));
}

TEST_CASE("a reload serves the new certificate to new connections only", "[backend]") {
    const certs::CertBundle next = certs::issue(test::certificate_request({"httpbin.example.com"}));
    backend::Backend server(test::backend_options());
    test::TlsClient before(server.listening());
    const std::string old_leaf = leaf_seen(before);
    server.reload(next.chain_pem(), next.key);
    test::TlsClient after(server.listening());
    CHECK(leaf_seen(after) == fingerprint(next));
    CHECK(leaf_seen(after) != old_leaf);
    const auto told = [](test::TlsClient& client) {
        return json::parse(client.get("/tls").body).at("server_certificate").at("sha256");
    };
    CHECK(told(after) == fingerprint(next));
    CHECK(told(before) == old_leaf);  // the one that this connection was made with

    CHECK_THROWS_AS(server.reload("nonsense", next.key), Failure);
    CHECK_THROWS_AS(server.reload(test::lab_certificate().chain_pem(), next.key), Failure);
    CHECK(leaf_seen(test::TlsClient(server.listening())) == fingerprint(next));
}

TEST_CASE("faults on request: reset, close and hang", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.idle = milliseconds(300);
    test::KeptLog log;
    options.access_log = log.writer();
    {
        const backend::Backend server(std::move(options));
        CHECK(ending_of(server.listening(), "/fault/reset") == "reset");
        CHECK(ending_of(server.listening(), "/fault/close") == "closed");
        const auto began = Clock::now();
        CHECK(ending_of(server.listening(), "/fault/hang") != "answered");
        CHECK(Clock::now() - began >= milliseconds(290));
        CHECK(ending_of(server.listening(), "/uuid") == "answered");
    }
    const std::vector<std::string> lines = log.lines();
    REQUIRE(lines.size() == 4);
    const json line = json::parse(lines[0]);
    CHECK(line.at("status") == 0);
    CHECK(line.at("bytes") == 0);
    CHECK(line.at("whole") == false);
}

TEST_CASE("a backend told to fail does so in every handshake", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.idle = milliseconds(300);
    options.fault = GENERATE(Fault::reset, Fault::close, Fault::hang);
    const backend::Backend server(std::move(options));
    const auto began = Clock::now();
    CHECK_THROWS(test::TlsClient(server.listening()));
    const bool hung = Clock::now() - began >= milliseconds(290);
    CHECK(hung == (options.fault == Fault::hang));
}

TEST_CASE("behind a gateway that ends TLS all that names a scheme names https", "[backend]") {
    backend::Options options = test::backend_options();
    options.plain = loopback(0);
    const backend::Backend server(std::move(options));
    const auto ask = [&](const std::string& target, const std::string& headers) {
        const test::TcpClient client(server.listening_plain().value());
        client.send("GET " + target + " HTTP/1.1\r\nHost: a.test\r\n" + headers +
                    "Connection: close\r\n\r\n");
        return client.read_to_end();
    };
    const std::string by_tls = GENERATE("X-Forwarded-Proto: https\r\n", "X-Forwarded-Ssl: on\r\n");
    CHECK(ask("/get", by_tls).find("\"url\": \"https://a.test/get\"") != std::string::npos);
    CHECK(ask("/absolute-redirect/2", by_tls)
              .find("\r\nLocation: https://a.test/absolute-redirect/1\r\n") != std::string::npos);
    CHECK(ask("/cookies/set?k=v", by_tls).find("\r\nSet-Cookie: k=v; Secure; Path=/\r\n") !=
          std::string::npos);
    CHECK(ask("/absolute-redirect/1", "").find("\r\nLocation: http://a.test/get\r\n") !=
          std::string::npos);
    CHECK(ask("/cookies/set?k=v", "").find("\r\nSet-Cookie: k=v; Path=/\r\n") != std::string::npos);
}

TEST_CASE("a slow backend answers, later", "[backend]") {
    backend::Options options = test::backend_options();
    options.slow = milliseconds(150);
    const backend::Backend server(std::move(options));
    test::TlsClient client(server.listening());
    const auto began = Clock::now();
    const bool refused = GENERATE(false, true);
    if (refused) {
        client.send("GET /uuid HTTP/1.1\r\n\r\n");
        CHECK(client.read_answer().status == 400);
    } else {
        CHECK(client.get("/uuid").status == 200);
    }
    CHECK(Clock::now() - began >= milliseconds(150));
}

}  // namespace backend_options_test
