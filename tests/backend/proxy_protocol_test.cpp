// A PROXY header in front of the backend's TLS, and the hello behind it.
#include <optional>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "certs/digest.h"
#include "lab/backend/backend.h"
#include "lab/proof/statement.h"
#include "lab/proxy/header.h"
#include "lab/session/first_flight.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/tls_client.h"

namespace backend_proxy_protocol_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

const proxy::Addresses kFar{{Endpoint::Kind::ipv4, "192.0.2.1", 50'312},
                            {Endpoint::Kind::ipv4, "198.51.100.2", 443}};
const std::string kLine = "PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\r\n";

std::string text_of(const proxy::Header& header) {
    return std::string(as_text(write_header(header)));
}

backend::Options believing(const char* range) {
    backend::Options options = backend_options();
    options.accept_proxy = {Cidr::parse(range).value()};
    options.limits.handshake = std::chrono::milliseconds(500);
    return options;
}

json document(TlsClient& client, std::string_view target) {
    const Answer answer = client.get(target);
    REQUIRE(answer.status == 200);
    return json::parse(answer.body);
}

}  // namespace

TEST_CASE("behind a proxy that is believed the client is the one that it names", "[backend]") {
    const backend::Backend server(believing("127.0.0.0/8"));
    const int version = GENERATE(1, 2);
    const std::string preface =
        version == 1
            ? kLine
            : text_of({.addresses = kFar, .tlvs = {{proxy::kTlvAuthority, {std::byte{'a'}}}}});
    TlsClient client(server.listening(), {.preface = preface});
    CHECK(document(client, "/ip").at("origin") == "192.0.2.1");
    const json tls = document(client, "/tls");
    CHECK(tls.at("peer") == "192.0.2.1:50312");
    const json& header = tls.at("proxy_header");
    CHECK(header.at("version") == version);
    CHECK(header.at("local") == false);
    CHECK(header.at("source") == "192.0.2.1:50312");
    CHECK(header.at("destination") == "198.51.100.2:443");
    CHECK(header.at("from").get<std::string>().starts_with("127.0.0.1:"));
    const json tlvs = version == 1 ? json::array() : json::array({{{"type", 2}, {"value", "61"}}});
    CHECK(header.at("tlvs") == tlvs);
}

TEST_CASE("a header stands in front of plain HTTP as it does in front of TLS", "[backend]") {
    backend::Options options = believing("127.0.0.1");
    options.plain = loopback(0);
    const backend::Backend server(std::move(options));
    const std::string request = "GET /tls HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const TcpClient proxied(server.listening_plain().value());
    proxied.send(kLine + request);
    const std::string answer = proxied.read_to_end();
    const json tls = json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
    CHECK(tls.at("tls").is_null());
    CHECK(tls.at("peer") == "192.0.2.1:50312");
    CHECK(tls.at("proxy_header").at("source") == "192.0.2.1:50312");

    const TcpClient bare(server.listening_plain().value());
    bare.send(request);
    CHECK(bare.read_to_end().empty());
}

TEST_CASE("a statement names the proxy that connected, and whom it spoke for", "[backend]") {
    const bool proxied = GENERATE(true, false);
    const backend::Backend server(proxied ? believing("127.0.0.1") : backend_options());
    TlsClient client(server.listening(), {.preface = proxied ? kLine : ""});
    const Answer answer = client.get(std::string(proof::kPath) + "?nonce=" + std::string(64, '7'));
    const auto envelope = proof::decode_envelope(answer.body);
    REQUIRE(envelope);
    const auto statement = proof::decode(envelope->document);
    REQUIRE(statement);
    CHECK(statement->peer.starts_with("127.0.0.1:"));
    CHECK(statement->proxy_source ==
          (proxied ? std::optional<std::string>("192.0.2.1:50312") : std::nullopt));
}

TEST_CASE("a proxy that names no address stands for itself", "[backend]") {
    const backend::Backend server(believing("127.0.0.1"));
    const proxy::Addresses paths{{Endpoint::Kind::unix_path, "/run/\xff\n.sock", 0},
                                 {Endpoint::Kind::unix_path, "/run/b.sock", 0}};
    const bool local = GENERATE(true, false);
    TlsClient client(server.listening(),
                     {.preface = local ? text_of({.local = true}) : text_of({.addresses = paths})});
    CHECK(document(client, "/ip").at("origin") == "127.0.0.1");
    const json header = document(client, "/tls").at("proxy_header");
    CHECK(header.at("local") == local);
    CHECK(header.at("source") == (local ? json(nullptr) : json("unix:/run/\\xff\\x0a.sock")));
}

TEST_CASE("without a header there is none in /tls", "[backend]") {
    const backend::Backend server(backend_options());
    TlsClient client(server.listening());
    CHECK(document(client, "/tls").at("proxy_header").is_null());
}

TEST_CASE("a header in pieces is waited for, and not a byte of TLS is lost", "[backend]") {
    const backend::Backend server(believing("127.0.0.1"));
    const std::size_t cut = GENERATE(std::size_t{1}, std::size_t{6}, std::size_t{44});
    // The two halves and TLS come apart or together, as the kernel has it.
    TlsClient client(server.listening(), {.preface = kLine, .preface_cut = cut});
    CHECK(document(client, "/ip").at("origin") == "192.0.2.1");
}

TEST_CASE("a proxy that is believed must begin with a header", "[backend]") {
    const backend::Backend server(believing("127.0.0.1"));
    CHECK_THROWS_AS(TlsClient(server.listening()), std::runtime_error);
    for (const std::string wrong : {"GET / HTTP/1.1\r\n\r\n", "PROXY TCP4 1.2.3\r\n", "PROXY"}) {
        CAPTURE(wrong);
        const TcpClient client(server.listening());
        client.send(wrong);
        CHECK(client.read_to_end().empty());  // an end, within the handshake's time
    }
}

TEST_CASE("a header from somebody else is not believed, and is no TLS", "[backend]") {
    const backend::Backend server(believing("192.0.2.0/24"));
    CHECK_THROWS_AS(TlsClient(server.listening(), {.preface = kLine}), std::runtime_error);
    TlsClient client(server.listening());
    CHECK(document(client, "/ip").at("origin") == "127.0.0.1");
}

TEST_CASE("/tls/hello tells the hello that arrived, whatever stood in front of it", "[backend]") {
    const bool proxied = GENERATE(false, true);
    const backend::Backend server(proxied ? believing("127.0.0.1") : backend_options());
    TlsClient client(server.listening(),
                     {.alpn = {"h2", "http/1.1"}, .preface = proxied ? kLine : ""});
    const json seen = document(client, "/tls/hello");
    const json& hello = seen.at("hello");
    CHECK(hello.at("server_name") == "httpbin.example.com");
    CHECK(hello.at("alpn") == json{"h2", "http/1.1"});
    CHECK(hello.at("supported_versions")[0] == json{{"id", "0x0304"}, {"name", "TLSv1.3"}});
    // Newer releases of OpenSSL offer a post-quantum share, too, and first.
    CHECK(hello.at("key_shares").back() ==
          json{{"id", "0x001d"}, {"group", "x25519"}, {"bytes", 32}});
    CHECK(hello.at("records") == 1);
    CHECK(seen.at("wire_bytes") == hello.at("message_bytes").get<std::size_t>() + 5);
    CHECK(seen.at("arrivals") == 1);
    CHECK(seen.at("second_hello").is_null());
    CHECK(seen.at("ja4").get<std::string>().starts_with("t13d"));
    CHECK(seen.at("ja4").get<std::string>().size() == 36);
    const std::string text = seen.at("ja3_text");
    CHECK(text.starts_with("771,4866-"));
    CHECK(seen.at("ja3") == certs::md5_hex(as_bytes(text)).value());
    // The same on the next request of this connection.
    CHECK(document(client, "/tls/hello") == seen);
}

TEST_CASE("what arrived together counts once, however often it was read", "[backend]") {
    const std::string bytes(100, 'x');
    session::FirstFlight flight;
    CHECK(flight.arrivals(100) == 0);
    flight.ran_dry();
    flight.took({bytes.data(), 5});
    flight.took({bytes.data(), 95});
    CHECK(flight.arrivals(100) == 1);
    flight.ran_dry();
    flight.ran_dry();
    flight.took({bytes.data(), 10});
    CHECK(flight.arrivals(101) == 2);
    CHECK(flight.arrivals(100) == 1);
    CHECK(flight.bytes().size() == 110);
}

TEST_CASE("of a first flight that does not end 64 KiB are kept", "[backend]") {
    const std::string bytes(10'000, 'x');
    session::FirstFlight flight;
    for (int i = 0; i < 10; ++i) {
        flight.took(bytes);
        flight.ran_dry();
    }
    CHECK(flight.bytes().size() == session::FirstFlight::kMost);
    CHECK(flight.arrivals(1'000'000) == 7);
}

}  // namespace backend_proxy_protocol_test
