// Where a witness finds the hellos in what passes.
#include "lab/witness/handshake.h"

#include "certs/digest.h"
#include "lab/proxy/header.h"
#include "lab/tls/ja4.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace witness_handshake_test {

using namespace sni;
using namespace sni::test;
using proof::WitnessedSession;
using witness::Handshake;

namespace {

const std::string kName = "db.example.com";
const Buffer kSslRequest = bytes_of(std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8));

Buffer proxy_header(proxy::Version version) {
    return proxy::write_header(
        {.version = version, .addresses = proxy::Addresses{loopback(40'000), loopback(443)}});
}

/// With a ServerHello of TLS 1.3 behind what else the service says.
Buffer server_flight() {
    const Buffer extensions =
        extension(43, number(0x0304, 2)) + extension(51, number(0x001d, 2) + vec(2, Buffer(32)));
    const Buffer body = number(0x0303, 2) + Buffer(32, std::byte{7}) + vec(1, Buffer(32)) +
                        number(0x1301, 2) + number(0, 1) + vec(2, extensions);
    return record(number(2, 1) + vec(3, body)) + record(Buffer(500), 23);
}

WitnessedSession told(const Handshake& handshake) {
    WitnessedSession session;
    handshake.tell(session, [](Bytes message) {
        return tls::ja4(tls::describe_hello(message).value(), certs::sha256);
    });
    return session;
}

}  // namespace

TEST_CASE("a hello that shares a read with what precedes it is found", "[witness]") {
    const Buffer hello = hello_for(kName);
    const Buffer before = GENERATE_COPY(
        Buffer(), proxy_header(proxy::Version::v1), proxy_header(proxy::Version::v2), kSslRequest,
        proxy_header(proxy::Version::v2) + kSslRequest,
        bytes_of("EHLO client.example.com\r\nSTARTTLS\r\n"), bytes_of("a1 STARTTLS\r\n"),
        bytes_of(std::string("\x20\0\0\1", 4)) + Buffer(32, std::byte{0x16}),  // MySQL's
        Buffer(60'000, std::byte{0x16}) + bytes_of("\x03\x01"));
    CAPTURE(before.size());
    Handshake handshake;
    handshake.up(before + hello);
    handshake.down(server_flight());
    const WitnessedSession session = told(handshake);
    REQUIRE(session.hellos.size() == 1);
    CHECK(session.hellos.front().sha256 == certs::sha256(hello_with(kName).message()));
    CHECK(session.sni == kName);
    CHECK(session.up_before_tls == before.size());
    CHECK(session.down_before_tls == 0);
    REQUIRE(session.server.has_value());
    CHECK(session.server->version == "TLSv1.3");
    CHECK(handshake.done());
}

TEST_CASE("a hello is found wherever the reads are cut", "[witness]") {
    const Buffer before = proxy_header(proxy::Version::v2);
    const Buffer all = before + hello_for(kName);
    for (std::size_t cut = 1; cut < all.size(); ++cut) {
        CAPTURE(cut);
        Handshake handshake;
        handshake.up(Bytes(all).first(cut));
        handshake.up(Bytes(all).subspan(cut));
        const WitnessedSession session = told(handshake);
        CHECK(session.sni == kName);
        CHECK(session.up_before_tls == before.size());
    }
    Handshake by_bytes;
    for (std::size_t i = 0; i < all.size(); ++i) {
        by_bytes.up(Bytes(all).subspan(i, 1));
    }
    CHECK(told(by_bytes).up_before_tls == before.size());
}

TEST_CASE("a hello in records of one byte is found where TLS begins with a read", "[witness]") {
    const Buffer hello = records(hello_with(kName).message(), 1);
    const Buffer before = GENERATE(Buffer(), bytes_of("STARTTLS\r\n"));
    Handshake handshake;
    handshake.up(before);
    handshake.up(hello);
    CHECK(told(handshake).sni == kName);
    CHECK(told(handshake).up_before_tls == before.size());
}

TEST_CASE("a service that answers what was said in advance is found to answer the hello, too",
          "[witness]") {
    const Buffer answer = GENERATE(bytes_of("S"), bytes_of("250 hello\r\n220 go on\r\n"));
    const bool at_once = GENERATE(true, false);
    Handshake handshake;
    handshake.up(kSslRequest + hello_for(kName));
    if (at_once) {
        handshake.down(answer + server_flight());
    } else {
        handshake.down(answer);
        handshake.down(server_flight());
    }
    const WitnessedSession session = told(handshake);
    CHECK(session.server.has_value());
    CHECK(session.down_before_tls == answer.size());
}

TEST_CASE("what only begins as a hello is none, and is not tried for ever", "[witness]") {
    Handshake plain;
    plain.up(bytes_of("GET / HTTP/1.1\r\n\r\n"));
    CHECK(told(plain).hellos.empty());
    CHECK_FALSE(plain.done());
    CHECK(plain.held() == 0);
    // The header of a hello, and then another record than its rest.
    Buffer begins = record(number(1, 1) + number(500, 3) + number(0x0303, 2)) + record({}, 23);
    Handshake one;
    one.up(bytes_of("x") + begins + hello_for(kName));
    CHECK(told(one).sni == kName);
    Handshake many;
    Buffer all = bytes_of("x");
    for (int i = 0; i < 100; ++i) {
        all = all + begins;
    }
    many.up(all + hello_for(kName));
    CHECK(told(many).hellos.empty());
    CHECK(many.done());
}

TEST_CASE("of a resumption below TLS 1.3 it is told whether there was a ticket", "[witness]") {
    const auto message = [](std::uint8_t type, const Buffer& body) {
        return record(number(type, 1) + vec(3, body));
    };
    const Buffer server_hello =
        message(2, number(0x0303, 2) + Buffer(32, std::byte{7}) + vec(1, Buffer(32)) +
                       number(0xc02f, 2) + number(0, 1) + vec(2, {}));
    const Buffer full = message(11, vec(3, vec(3, Buffer(700))));
    const Buffer change_cipher_spec = record(number(1, 1), 20);
    const auto offered = [&](const Buffer& extensions, const Buffer& flight) {
        Hello hello = hello_with(kName);
        hello.extensions = hello.extensions + extensions;
        Handshake handshake;
        handshake.up(record(hello.message()));
        handshake.down(flight);
        return told(handshake).ticket_offered;
    };
    const Buffer resumed = server_hello + change_cipher_spec;
    CHECK(offered(extension(35, Buffer(160)), resumed) == true);
    CHECK(offered(extension(35, {}), resumed) == false);  // it asks for one
    CHECK(offered({}, resumed) == false);
    CHECK(offered({}, server_hello) == std::nullopt);  // it may not be one
    CHECK(offered({}, server_hello + full + change_cipher_spec) == std::nullopt);
    CHECK(offered(extension(35, Buffer(160)), server_flight()) == std::nullopt);
}

TEST_CASE("a name that is no text has a spelling", "[witness]") {
    Handshake handshake;
    handshake.up(hello_for("a\xff\xfe\n.example.com"));
    CHECK(told(handshake).sni == "a???.example.com");
}

}  // namespace witness_handshake_test
