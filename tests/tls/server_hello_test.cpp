#include "lab/tls/server_hello.h"

#include <string_view>

#include "lab/core/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace tls_server_hello_test {

using namespace sni;
using namespace sni::test;
using tls::ServerFacts;
using tls::ServerHelloReader;

namespace {

constexpr std::uint16_t kTls12 = 0x0303;

Buffer handshake(std::uint8_t type, const Buffer& body) {
    return number(type, 1) + vec(3, body);
}

/// RFC 8446 §4.1.3.
Buffer server_hello(std::uint16_t suite, const Buffer& extensions,
                    const Buffer& random = Buffer(32, std::byte{0x77})) {
    return handshake(2, number(kTls12, 2) + random + vec(1, Buffer(32, std::byte{0x11})) +
                            number(suite, 2) + number(0, 1) + vec(2, extensions));
}

const Buffer kIsTls13 = extension(43, number(0x0304, 2));

Buffer key_share(std::uint16_t group) {
    return extension(51, number(group, 2) + vec(2, Buffer(32)));
}

Buffer certificate() {
    return handshake(11, vec(3, vec(3, Buffer(700, std::byte{0x30}))));
}

Buffer key_exchange(std::uint16_t curve) {
    return handshake(12, number(3, 1) + number(curve, 2) + vec(1, Buffer(32)) + Buffer(70));
}

Buffer hello_done() {
    return handshake(14, {});
}

const Buffer kChangeCipherSpec = record(number(1, 1), 20);

/// What is known after the server's bytes have come, in pieces of each size.
ServerFacts facts_of(const Buffer& bytes) {
    std::optional<ServerFacts> all;
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
        ServerHelloReader reader;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            reader.feed(Bytes(bytes).subspan(at, std::min(piece, bytes.size() - at)));
        }
        REQUIRE(reader.facts().has_value());
        if (!all) all = reader.facts();
        CHECK(all->version == reader.facts()->version);
        CHECK(all->group == reader.facts()->group);
        CHECK(all->full == reader.facts()->full);
        CHECK(all->message == reader.facts()->message);
        CHECK(all->session_ticket == reader.facts()->session_ticket);
    }
    return *all;
}

}  // namespace

TEST_CASE("a HelloRequest amid the handshake is passed over, as clients do", "[tls]") {
    const Buffer request = handshake(0, {});
    const Buffer message = server_hello(0x1302, kIsTls13 + key_share(0x001d));
    for (const Buffer& before :
         {record(request), record(request + request), record(request) + record(request)}) {
        CHECK(facts_of(before + record(message)).message == message);
    }
    CHECK(facts_of(record(request + message)).group == 0x001d);
    const Buffer old = server_hello(0xc02f, {});
    CHECK(facts_of(record(request + old + request + certificate()) +
                   record(request + key_exchange(0x0017) + hello_done()))
              .group == 0x0017);
    // With something in it is another message.
    ServerHelloReader reader;
    reader.feed(record(handshake(0, number(0, 1))) + record(message));
    CHECK(reader.done());
    CHECK_FALSE(reader.facts().has_value());
}

TEST_CASE("a ServerHello of TLS 1.3 tells version, suite and key share", "[tls]") {
    const Buffer message = server_hello(0x1302, kIsTls13 + key_share(0x001d));
    const ServerFacts facts =
        facts_of(record(message) + kChangeCipherSpec + record(Buffer(900), 23));
    CHECK(facts.version == 0x0304);
    CHECK(facts.cipher_suite == 0x1302);
    CHECK(facts.group == 0x001d);
    CHECK_FALSE(facts.pre_shared_key);
    CHECK(facts.full);
    CHECK(facts.message == message);
}

TEST_CASE("a pre-shared key with and without a key share are told apart", "[tls]") {
    const Buffer psk = extension(41, number(0, 2));
    const ServerFacts with = facts_of(record(server_hello(0x1301, kIsTls13 + key_share(29) + psk)));
    CHECK(with.pre_shared_key);
    CHECK(with.group == 29);
    CHECK_FALSE(with.full);
    const ServerFacts alone = facts_of(record(server_hello(0x1301, kIsTls13 + psk)));
    CHECK(alone.pre_shared_key);
    CHECK(alone.group == 0);
}

TEST_CASE("the ServerHello behind a HelloRetryRequest is the one that counts", "[tls]") {
    const auto retry_random =
        from_hex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C").value();
    const Buffer retry =
        server_hello(0x1301, kIsTls13 + extension(51, number(0x0018, 2)), retry_random);
    const Buffer second = server_hello(0x1301, kIsTls13 + key_share(0x0018));
    const ServerFacts facts = facts_of(record(retry) + kChangeCipherSpec + record(second));
    CHECK(facts.message == second);
    CHECK(facts.group == 0x0018);
    ServerHelloReader reader;
    reader.feed(record(retry));
    CHECK_FALSE(reader.facts().has_value());
    CHECK_FALSE(reader.done());
}

TEST_CASE("a warning before the ServerHello is passed over", "[tls]") {
    const Buffer flight = server_hello(0x009c, {}) + certificate() + hello_done();
    const Buffer unrecognized_name = record(number(1, 1) + number(112, 1), 21);
    CHECK(facts_of(unrecognized_name + record(flight)).cipher_suite == 0x009c);
}

TEST_CASE("TLS 1.2 is full where a certificate follows, and its curve is the key exchange's",
          "[tls]") {
    const Buffer ems = extension(23, {});
    const Buffer flight =
        server_hello(0xc02f, ems) + certificate() + key_exchange(0x001d) + hello_done();
    const auto cut = GENERATE(std::size_t{100}, std::size_t{16'384});
    const ServerFacts facts = facts_of(records(flight, cut));
    CHECK(facts.version == kTls12);
    CHECK(facts.full);
    CHECK(facts.group == 0x001d);
    CHECK(facts.extended_master_secret);
}

TEST_CASE("TLS 1.2 with static RSA has no key exchange of the server's", "[tls]") {
    const ServerFacts facts =
        facts_of(record(server_hello(0x009c, {}) + certificate() + hello_done()));
    CHECK(facts.full);
    CHECK(facts.group == 0);
    CHECK_FALSE(facts.extended_master_secret);
}

TEST_CASE("TLS 1.2 with finite fields has no curve, whatever its prime's length", "[tls]") {
    const Buffer dh = handshake(12, vec(2, Buffer(0x0300)) + vec(2, Buffer(1)) + Buffer(300));
    CHECK(facts_of(record(server_hello(0x009e, {}) + certificate() + dh)).group == 0);
}

TEST_CASE("a resumption of TLS 1.2 shows no certificate", "[tls]") {
    const Buffer ticket = handshake(4, number(0, 4) + vec(2, Buffer(160)));
    for (const Buffer& first : {server_hello(0xc02f, {}), server_hello(0xc02f, {}) + ticket}) {
        const Buffer bytes = record(first) + kChangeCipherSpec + record(Buffer(40));
        CHECK_FALSE(facts_of(bytes).full);
    }
}

TEST_CASE("a ticket that is handed out with TLS 1.2 is seen, wherever it is cut", "[tls]") {
    const Buffer flight =
        server_hello(0xc02f, {}) + certificate() + key_exchange(0x001d) + hello_done();
    const auto ticket = [](std::size_t bytes) {
        return handshake(4, number(7'200, 4) + vec(2, Buffer(bytes)));
    };
    const Buffer end = kChangeCipherSpec + record(Buffer(40));
    const auto cut = GENERATE(std::size_t{50}, std::size_t{16'384});
    CHECK(facts_of(records(flight, cut) + records(ticket(160), cut) + end).session_ticket == true);
    CHECK(facts_of(records(flight, cut) + records(ticket(0), cut) + end).session_ticket == false);
    CHECK(facts_of(records(flight, cut) + end).session_ticket == false);
    // One behind a warning, and in a resumption.
    const Buffer warning = record(number(1, 1) + number(90, 1), 21);
    CHECK(facts_of(record(flight) + warning + record(ticket(9)) + end).session_ticket == true);
    CHECK(facts_of(record(server_hello(0xc02f, {})) + record(ticket(9)) + end).session_ticket ==
          true);
}

TEST_CASE("whose handshake is not read to its end may have handed out a ticket", "[tls]") {
    const Buffer flight = server_hello(0xc02f, {}) + certificate() + key_exchange(0x001d);
    CHECK(facts_of(record(flight)).session_ticket == false);  // up to now
    CHECK_FALSE(facts_of(record(flight) + record(Buffer(9), 23)).session_ticket.has_value());
    CHECK_FALSE(
        facts_of(record(flight) + records(handshake(11, Buffer(200'000)), 16'000)).session_ticket);
    // TLS 1.3 has none in the clear.
    CHECK(facts_of(record(server_hello(0x1302, kIsTls13 + key_share(29))) + record(Buffer(9), 23))
              .session_ticket == false);
}

TEST_CASE("a ticket that was handed out is not taken back", "[tls]") {
    const auto ticket = [](std::size_t bytes) {
        return record(handshake(4, number(7'200, 4) + vec(2, Buffer(bytes))));
    };
    const Buffer flight = record(server_hello(0xc02f, {}) + certificate() + key_exchange(0x001d));
    const Buffer fatal = record(number(2, 1) + number(40, 1), 21);
    CHECK(facts_of(flight + ticket(9) + ticket(0) + kChangeCipherSpec).session_ticket == true);
    CHECK(facts_of(flight + ticket(9) + fatal).session_ticket == true);
    CHECK_FALSE(facts_of(flight + fatal).session_ticket.has_value());
    CHECK_FALSE(facts_of(flight + ticket(0) + fatal).session_ticket.has_value());
}

TEST_CASE("a reader that waits for the rest of a handshake holds nothing that it has read",
          "[tls]") {
    ServerHelloReader reader;
    reader.feed(record(server_hello(0xc02f, {}) + certificate() + key_exchange(0x001d)));
    CHECK_FALSE(reader.done());
    CHECK(reader.held() == 0);
    reader.feed(Bytes(record(hello_done())).first(5));
    CHECK(reader.held() > 0);
}

TEST_CASE("what is no ServerHello tells nothing, and is not listened to for long", "[tls]") {
    const auto bytes = GENERATE(record(number(2, 1) + number(40, 1), 21), bytes_of("220 ready\r\n"),
                                record(certificate()), record(handshake(2, Buffer(10))));
    ServerHelloReader reader;
    reader.feed(bytes);
    if (bytes.front() == std::byte{'2'}) reader.feed(Buffer(200'000));
    CHECK_FALSE(reader.facts().has_value());
    CHECK(reader.done());
}

TEST_CASE("a server that never ends its first flight is given up", "[tls]") {
    ServerHelloReader reader;
    reader.feed(record(server_hello(0xc02f, {})));
    for (int i = 0; i < 200 && !reader.done(); ++i) {
        reader.feed(record(Buffer(1'000, std::byte{11})));
    }
    CHECK(reader.done());
    CHECK(reader.facts().has_value());
}

}  // namespace tls_server_hello_test
