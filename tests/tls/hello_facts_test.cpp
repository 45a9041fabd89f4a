#include "lab/tls/hello_facts.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"
#include "tests/support/recorded_hello.h"

namespace tls_hello_facts_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

const std::string kName = "httpbin.example.com";

/// What a current browser offers, GREASE and all.
Hello browser() {
    Hello hello;
    hello.cipher_suites = number(0x2a2a, 2) + number(0x1301, 2) + number(0xc02b, 2);
    const Buffer shares = number(0x4a4a, 2) + vec(2, Buffer(1)) + number(0x11ec, 2) +
                          vec(2, Buffer(1'216)) + number(0x001d, 2) + vec(2, Buffer(32));
    const Buffer ech = number(0, 1) + number(1, 2) + number(3, 2) + number(0x5c, 1) +
                       vec(2, Buffer(32)) + vec(2, Buffer(208));
    hello.extensions =
        extension(0x8a8a, {}) + server_name(kName) + alpn({"h2", "http/1.1"}) +
        extension(43, vec(1, number(0x7a7a, 2) + number(0x0304, 2) + number(0x0303, 2))) +
        extension(10, vec(2, number(0x4a4a, 2) + number(0x11ec, 2) + number(0x001d, 2))) +
        extension(51, vec(2, shares)) +
        extension(13, vec(2, number(0x0403, 2) + number(0x0804, 2))) +
        extension(11, vec(1, number(0, 1))) + extension(45, vec(1, number(1, 1))) +
        extension(0xfe0d, ech) + extension(0x1234, Buffer(7));
    return hello;
}

tls::HelloFacts described(const Hello& hello) {
    const auto hellos = tls::describe_hellos(record(hello.message()));
    REQUIRE(hellos.size() == 1);
    return hellos.front();
}

std::size_t count(const Buffer& stream) {
    return tls::describe_hellos(stream).size();
}

}  // namespace

TEST_CASE("a hello is described with all it offers, as it stands", "[tls]") {
    const tls::HelloFacts hello = described(browser());
    CHECK(hello.legacy_version == 0x0303);
    CHECK(hello.session_id_bytes == 32);
    CHECK(hello.cipher_suites == std::vector<std::uint16_t>{0x2a2a, 0x1301, 0xc02b});
    CHECK(hello.server_name == kName);
    CHECK(hello.alpn == std::vector<std::string>{"h2", "http/1.1"});
    CHECK(hello.supported_versions == std::vector<std::uint16_t>{0x7a7a, 0x0304, 0x0303});
    CHECK(hello.groups == std::vector<std::uint16_t>{0x4a4a, 0x11ec, 0x001d});
    CHECK(hello.key_shares ==
          std::vector<tls::KeyShare>{{0x4a4a, 1}, {0x11ec, 1'216}, {0x001d, 32}});
    CHECK(hello.signature_algorithms == std::vector<std::uint16_t>{0x0403, 0x0804});
    CHECK(hello.point_formats == std::vector<std::uint8_t>{0});
    CHECK(hello.psk_modes == std::vector<std::uint8_t>{1});
    REQUIRE(hello.ech);
    CHECK(*hello.ech == tls::EchOffer{false, 1, 3, 0x5c, 32, 208});
    REQUIRE(hello.extensions.size() == 11);
    CHECK(hello.extensions.front() == tls::HelloExtension{0x8a8a, 0, true});
    CHECK(hello.extensions.back() == tls::HelloExtension{0x1234, 7, true});
    CHECK(hello.message_bytes == browser().message().size());
    CHECK(hello.records == 1);
}

TEST_CASE("a described hello reads as JSON with names", "[tls]") {
    const json document = to_json(described(browser()));
    CHECK(document["legacy_version"] == "TLSv1.2");
    CHECK(document["supported_versions"][0] == json{{"id", "0x7a7a"}, {"name", "GREASE"}});
    CHECK(document["supported_versions"][1] == json{{"id", "0x0304"}, {"name", "TLSv1.3"}});
    CHECK(document["server_name"] == kName);
    CHECK(document["alpn"] == json{"h2", "http/1.1"});
    CHECK(document["cipher_suites"][1] ==
          json{{"id", "0x1301"}, {"name", "TLS_AES_128_GCM_SHA256"}});
    CHECK(document["groups"][1] == json{{"id", "0x11ec"}, {"name", "X25519MLKEM768"}});
    CHECK(document["key_shares"][1] ==
          json{{"id", "0x11ec"}, {"group", "X25519MLKEM768"}, {"bytes", 1'216}});
    CHECK(document["signature_algorithms"][0] ==
          json{{"id", "0x0403"}, {"name", "ecdsa_secp256r1_sha256"}});
    CHECK(document["extensions"][1] == json{{"id", 0}, {"name", "server_name"}, {"bytes", 24}});
    CHECK(document["extensions"][10] == json{{"id", 0x1234}, {"name", "0x1234"}, {"bytes", 7}});
    CHECK(document["ech"] == json{{"type", "outer"},
                                  {"kdf", "0x0001"},
                                  {"aead", "0x0003"},
                                  {"config_id", 0x5c},
                                  {"encapsulated_bytes", 32},
                                  {"payload_bytes", 208}});
    CHECK(document["grease"] == true);
    CHECK(document["early_data"] == false);

    const json plain = to_json(described(test::hello_with(kName, alpn({"\x1b[31m"}))));
    CHECK(plain["grease"] == false);
    CHECK(plain["ech"] == nullptr);
    CHECK(plain["alpn"] == json::array({"\\x1b[31m"}));
}

TEST_CASE("a hello in many records is described as one", "[tls]") {
    const auto whole = tls::describe_hellos(record(browser().message()));
    const auto cut = tls::describe_hellos(records(browser().message(), 100));
    REQUIRE(cut.size() == 1);
    CHECK(cut.front().records == (browser().message().size() + 99) / 100);
    tls::HelloFacts expected = whole.front();
    expected.records = cut.front().records;
    CHECK(cut.front() == expected);
}

TEST_CASE("the second hello, of one who was asked for another key share, is described too",
          "[tls]") {
    const Buffer hello = record(browser().message());
    const Buffer pretended = record(number(1, 1), 20, 0x0303);
    CHECK(count(hello + pretended + hello + record(Buffer(50), 23)) == 2);
    CHECK(count(hello + hello) == 2);
    CHECK(count(hello + hello + hello) == 2);
    // An encrypted Finished of TLS 1.2 is no hello, nor is a ClientKeyExchange.
    CHECK(count(hello + pretended + record(Buffer(40, std::byte{1}))) == 1);
    CHECK(count(hello + record(number(16, 1) + vec(3, Buffer(33))) + hello) == 1);
    CHECK(count(hello + record(Buffer(50), 23) + hello) == 1);
}

TEST_CASE("what is no whole hello is not described", "[tls]") {
    const Buffer hello = record(browser().message());
    for (std::size_t cut = 0; cut < hello.size(); cut += 13) {
        CAPTURE(cut);
        CHECK(count(Buffer(hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(cut))) == 0);
    }
    CHECK(count(bytes_of("GET / HTTP/1.1\r\n\r\n")) == 0);
    CHECK(count(record({}) + hello) == 0);
    Hello lying = browser();
    lying.extensions_lie = 1;
    CHECK(count(record(lying.message())) == 0);
    lying.extensions_lie = 0;
    lying.cipher_suites_lie = -1;
    CHECK(count(record(lying.message())) == 0);
}

TEST_CASE("an extension that is framed wrongly is told apart, and the others are read", "[tls]") {
    Hello hello = browser();
    for (const std::uint16_t type :
         std::initializer_list<std::uint16_t>{0, 10, 11, 13, 16, 41, 43, 45, 51, 0xfe0d}) {
        for (const Buffer& wrong : {Buffer{}, number(0xffff, 2), number(1, 2) + Buffer(9)}) {
            CAPTURE(type, to_hex(wrong));
            hello.extensions = extension(type, wrong) + extension(35, Buffer(5));
            const tls::HelloFacts facts = described(hello);
            REQUIRE(facts.extensions.size() == 2);
            CHECK_FALSE(facts.extensions[0].understood);
            CHECK(facts.extensions[1] == tls::HelloExtension{35, 5, true});
            CHECK(to_json(facts)["extensions"][0]["malformed"] == true);
        }
    }
}

TEST_CASE("recorded hellos of real clients are described without a doubt", "[tls]") {
    std::size_t read = 0;
    for (const RecordedHello& recorded : recorded_hellos()) {
        CAPTURE(recorded.name);
        const auto hellos = tls::describe_hellos(recorded.wire);
        CHECK(hellos.size() == (recorded.ja4.empty() ? 0 : 1));
        if (hellos.empty()) continue;
        for (const tls::HelloExtension& extension : hellos.front().extensions) {
            CAPTURE(extension.type);
            CHECK(extension.understood);
        }
        CHECK(hellos.front().signature_algorithms.size() > 10);
        ++read;
    }
    CHECK(read >= 8);
}

}  // namespace tls_hello_facts_test
