#include "lab/tls/hello_recorder.h"

#include "lab/tls/ja4.h"
#include "tests/support/catch.h"

namespace tls_hello_recorder_test {

using namespace sni;
using namespace sni::tls;

namespace {

using Wire = std::vector<std::byte>;

void put(Wire& wire, std::size_t value, int width) {
    while (width-- > 0) {
        wire.push_back(static_cast<std::byte>(value >> (8 * width)));
    }
}

void put(Wire& wire, Bytes bytes) {
    wire.insert(wire.end(), bytes.begin(), bytes.end());
}

Wire vector_of(Bytes content, int width) {
    Wire wire;
    put(wire, content.size(), width);
    put(wire, content);
    return wire;
}

Wire extension(std::size_t type, Bytes body) {
    Wire wire;
    put(wire, type, 2);
    put(wire, vector_of(body, 2));
    return wire;
}

Wire message(std::size_t type, Bytes body) {
    Wire wire;
    put(wire, type, 1);
    put(wire, vector_of(body, 3));
    return wire;
}

Wire record(std::size_t type, Bytes content) {
    Wire wire;
    put(wire, type, 1);
    put(wire, 0x0301, 2);
    put(wire, vector_of(content, 2));
    return wire;
}

/// TLS 1.3, two suites and a GREASE one, SNI, ALPN "h2" and supported_versions.
Wire client_hello(std::size_t random = 0) {
    Wire body;
    put(body, 0x0303, 2);
    body.resize(34, static_cast<std::byte>(random));
    put(body, 0, 1);
    Wire suites;
    for (const std::size_t suite : {0x3a3a, 0x1301, 0x1302}) {
        put(suites, suite, 2);
    }
    put(body, vector_of(suites, 2));
    put(body, vector_of(Wire{std::byte{0}}, 1));
    Wire extensions;
    put(extensions, extension(0x0a0a, {}));
    put(extensions, extension(0, vector_of(Wire(4), 2)));
    put(extensions, extension(16, vector_of(vector_of(as_bytes("h2"), 1), 2)));
    Wire versions;
    put(versions, 0x0304, 2);
    put(versions, 0x0303, 2);
    put(extensions, extension(43, vector_of(versions, 1)));
    put(body, vector_of(extensions, 2));
    return message(1, body);
}

Wire joined(std::initializer_list<Wire> parts) {
    Wire all;
    for (const Wire& part : parts) {
        put(all, part);
    }
    return all;
}

std::vector<HelloRecorder::Hello> recorded(Bytes wire, std::size_t piece) {
    HelloRecorder recorder;
    while (!wire.empty()) {
        const Bytes next = wire.first(std::min(piece, wire.size()));
        recorder.feed(next);
        wire = wire.subspan(next.size());
    }
    return recorder.hellos();
}

const Wire kApplicationData = record(23, Wire(20));
const Wire kChangeCipherSpec = record(20, Wire{std::byte{1}});

}  // namespace

TEST_CASE("a hello is recorded as it was sent, in pieces of any size", "[tls]") {
    const Wire hello = client_hello();
    const std::size_t piece = GENERATE(1u, 2u, 3u, 7u, 1000u);
    const auto found = recorded(joined({record(22, hello), kApplicationData}), piece);
    REQUIRE(found.size() == 1);
    CHECK(found.front().message == hello);
    CHECK(found.front().records == 1);
}

TEST_CASE("a hello over several records is one message, and the records are counted", "[tls]") {
    const Wire hello = client_hello();
    const auto first = static_cast<std::ptrdiff_t>(GENERATE(1u, 3u, 4u, 40u));
    const Wire wire = joined({record(22, Wire(hello.begin(), hello.begin() + first)),
                              record(22, Wire(hello.begin() + first, hello.end()))});
    const auto found = recorded(wire, 5);
    REQUIRE(found.size() == 1);
    CHECK(found.front().message == hello);
    CHECK(found.front().records == 2);
}

TEST_CASE("the second hello after a HelloRetryRequest is recorded, too, and no third", "[tls]") {
    const Wire wire = joined({record(22, client_hello(1)), kChangeCipherSpec,
                              record(22, client_hello(2)), record(22, client_hello(3))});
    const auto found = recorded(wire, 11);
    REQUIRE(found.size() == 2);
    CHECK(found[0].message == client_hello(1));
    CHECK(found[1].message == client_hello(2));
    CHECK(found[1].records == 1);
}

TEST_CASE("what follows a hello is not taken for one", "[tls]") {
    const auto after = GENERATE(
        record(22, message(16, Wire(70))),                          // TLS 1.2: ClientKeyExchange
        joined({record(23, Wire(5)), record(22, client_hello())}),  // behind application data
        record(21, Wire(2)), record(22, {}), Wire(1));
    CHECK(recorded(joined({record(22, client_hello()), after}), 4).size() == 1);
}

TEST_CASE("bytes that are no TLS leave nothing recorded, and cost nothing", "[tls]") {
    CHECK(recorded(as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 3).empty());
    CHECK(recorded(joined({kChangeCipherSpec, record(22, client_hello())}), 3).empty());
    Wire endless =
        record(22, Wire{std::byte{1}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}});
    CHECK(recorded(endless, 100).empty());
}

TEST_CASE("a hello's shape is the first part of its JA4 fingerprint", "[tls]") {
    CHECK(hello_shape(client_hello()) == "t13d0203h2");
    CHECK(hello_shape({}).empty());
    const Wire hello = client_hello();
    for (std::size_t cut = 0; cut < hello.size(); ++cut) {
        CAPTURE(cut);
        CHECK(hello_shape(Bytes(hello).first(cut)).empty());
    }
}

}  // namespace tls_hello_recorder_test
