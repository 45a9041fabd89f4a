#include "lab/tls/hello_sniffer.h"

#include "lab/tls/hello_view.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace tls_hello_sniffer_test {

using namespace sni;
using namespace sni::test;
using tls::HelloSniffer;
using tls::Verdict;

namespace {

constexpr std::size_t kLimit = 65'536;
const std::string kName = "httpbin.example.com";

Verdict sniff(const Buffer& wire, std::size_t limit = kLimit) {
    HelloSniffer sniffer(limit);
    return sniffer.feed(wire);
}

std::vector<std::string> protocols(Bytes alpn) {
    std::vector<std::string> names;
    tls::each_alpn_name(alpn, [&](Bytes name) { names.emplace_back(as_text(name)); });
    return names;
}

/// Both ways at once, since a verdict must not depend on where segments end.
Verdict sniff_slowly(const Buffer& wire) {
    HelloSniffer sniffer(kLimit);
    for (const std::byte& byte : wire) {
        if (sniffer.feed(Bytes(&byte, 1)) != Verdict::need_more) break;
    }
    return sniffer.verdict();
}

}  // namespace

TEST_CASE("a ClientHello cut at any byte still names its server", "[tls]") {
    const Buffer wire = hello_for(kName);
    const std::size_t cut = GENERATE_COPY(range(std::size_t{1}, wire.size()));
    CAPTURE(cut);

    HelloSniffer sniffer(kLimit);
    CHECK(sniffer.feed(Bytes(wire).first(cut)) == Verdict::need_more);
    CHECK(sniffer.hello() == nullptr);
    REQUIRE(sniffer.feed(Bytes(wire).subspan(cut)) == Verdict::hello);
    CHECK(sniffer.hello()->server_name->text() == kName);
    CHECK(Buffer(sniffer.seen().begin(), sniffer.seen().end()) == wire);
}

TEST_CASE("what a refused hello said is there for a log, and for nothing else", "[tls]") {
    Buffer wire;  // what the sniffer tells points into it
    HelloSniffer sniffer(kLimit);
    CHECK(sniffer.glimpse() == nullptr);
    SECTION("a name that is none") {
        wire = record(hello_with("A b", alpn({"h2"})).message());
        REQUIRE(sniffer.feed(wire) == Verdict::bad_name);
        REQUIRE(sniffer.glimpse());
        CHECK(sniffer.glimpse()->server_name_sent == "A b");
        CHECK_FALSE(sniffer.glimpse()->server_name.has_value());
        CHECK(protocols(sniffer.glimpse()->alpn) == std::vector<std::string>{"h2"});
    }
    SECTION("two names: the first") {
        wire = record(hello_with("a.test", server_name("b.test")).message());
        REQUIRE(sniffer.feed(wire) == Verdict::duplicate);
        REQUIRE(sniffer.glimpse());
        CHECK(sniffer.glimpse()->server_name_sent == "a.test");
    }
    SECTION("a lie before the name: nothing") {
        Hello lying = hello_with(kName);
        lying.session_id_lie = 40;
        wire = record(lying.message());
        REQUIRE(sniffer.feed(wire) == Verdict::malformed);
        REQUIRE(sniffer.glimpse());
        CHECK_FALSE(sniffer.glimpse()->server_name_sent.has_value());
    }
    SECTION("no hello at all") {
        REQUIRE(sniffer.feed(record({})) == Verdict::unexpected_message);
        CHECK(sniffer.glimpse() == nullptr);
    }
    CHECK(sniffer.hello() == nullptr);
}

TEST_CASE("a hello dribbled a byte at a time reads like one that comes at once", "[tls]") {
    CHECK(sniff_slowly(hello_for(kName)) == Verdict::hello);
}

TEST_CASE("a hello over records of any size is put together again", "[tls]") {
    const Buffer message = hello_with(kName, alpn({"h2"})).message();
    const std::size_t size = GENERATE_COPY(range(std::size_t{1}, message.size()));
    CAPTURE(size);
    const Buffer wire = records(message, size);

    HelloSniffer sniffer(kLimit);
    REQUIRE(sniffer.feed(wire) == Verdict::hello);
    CHECK(sniffer.hello()->server_name->text() == kName);
    CHECK(protocols(sniffer.hello()->alpn) == std::vector<std::string>{"h2"});
    CHECK(sniffer.records() == (message.size() + size - 1) / size);
    CHECK(Buffer(sniffer.message().begin(), sniffer.message().end()) == message);
    CHECK(sniff_slowly(wire) == Verdict::hello);
}

TEST_CASE("what follows the hello is kept with it", "[tls]") {
    const Buffer early_data = record(Buffer(1000, std::byte{7}), 23);
    const Buffer wire = hello_for(kName) + early_data;
    HelloSniffer sniffer(kLimit);
    REQUIRE(sniffer.feed(wire) == Verdict::hello);
    CHECK(Buffer(sniffer.seen().begin(), sniffer.seen().end()) == wire);
}

TEST_CASE("a hello that is whole before its record is does not wait", "[tls]") {
    const Buffer message = hello_with(kName).message();
    const Buffer second = number(0, 1) + vec(3, {});  // hello_request
    const Buffer wire = record(message + second);
    HelloSniffer sniffer(kLimit);
    CHECK(sniffer.feed(Bytes(wire).first(5 + message.size())) == Verdict::hello);
    CHECK(sniff(wire) == Verdict::hello);
}

TEST_CASE("the minor version of a record and the hello's own version are ignored", "[tls]") {
    const auto version =
        static_cast<std::uint16_t>(GENERATE(0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x03ff));
    Hello hello = hello_with(kName);
    hello.legacy_version = version;
    CHECK(sniff(record(hello.message(), 22, version)) == Verdict::hello);
}

TEST_CASE("a record of another major version is refused", "[tls]") {
    const auto version = static_cast<std::uint16_t>(GENERATE(0x0001, 0x0201, 0x0401, 0xff01));
    CHECK(sniff(record(hello_with(kName).message(), 22, version)) == Verdict::bad_version);
}

TEST_CASE("an empty record is refused, at the front and between fragments", "[tls]") {
    const Buffer empty = record({});
    const Buffer message = hello_with(kName).message();
    const Buffer first(message.begin(), message.begin() + 40);
    const Buffer rest(message.begin() + 40, message.end());
    CHECK(sniff(empty) == Verdict::unexpected_message);
    CHECK(sniff(record(first) + empty + record(rest)) == Verdict::unexpected_message);
    CHECK(sniff(record(first) + record(rest)) == Verdict::hello);
}

TEST_CASE("another kind of record inside a hello is refused as soon as it starts", "[tls]") {
    const auto type = static_cast<std::uint8_t>(GENERATE(0, 20, 21, 23, 24, 0x47, 0x80));
    const Buffer message = hello_with(kName).message();
    const Buffer first(message.begin(), message.begin() + 40);
    CHECK(sniff(record(first) + number(type, 1)) == Verdict::unexpected_message);
}

TEST_CASE("a record of 16384 bytes is read and one of 16385 is refused by its header", "[tls]") {
    const Buffer message = padded_hello(kName, 30'000).message();
    CHECK(sniff(records(message, 16'384)) == Verdict::hello);
    const Buffer header = number(22, 1) + number(0x0301, 2) + number(16'385, 2);
    CHECK(sniff(header) == Verdict::record_overflow);
}

TEST_CASE("a hello at the limit is read and one above is refused by its ninth byte", "[tls]") {
    const std::size_t limit = GENERATE(std::size_t{4096}, kLimit);
    CHECK(sniff(records(padded_hello(kName, limit).message(), 16'384), limit) == Verdict::hello);
    const Buffer over = records(padded_hello(kName, limit + 1).message(), 1'000);
    HelloSniffer sniffer(limit);
    CHECK(sniffer.feed(Bytes(over).first(8)) == Verdict::need_more);
    CHECK(sniffer.feed(Bytes(over).subspan(8, 1)) == Verdict::hello_too_large);
}

TEST_CASE("a length near 2^24 is refused without waiting for it", "[tls]") {
    const Buffer wire = record(number(1, 1) + number(0xffffff, 3));
    CHECK(sniff(wire) == Verdict::hello_too_large);
}

TEST_CASE("another handshake message than a ClientHello is refused by its first byte", "[tls]") {
    const auto type = static_cast<std::uint8_t>(GENERATE(0, 2, 11, 16, 20, 255));
    CHECK(sniff(record(number(type, 1))) == Verdict::unexpected_message);
}

TEST_CASE("what is not TLS is told by its first byte", "[tls]") {
    const std::string text = GENERATE("GET / HTTP/1.1\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
                                      "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", "\r\n");
    CHECK(sniff(bytes_of(text.substr(0, 1))) == Verdict::not_tls);
    CHECK(sniff(bytes_of(text)) == Verdict::not_tls);
}

TEST_CASE("an SSL 2.0 hello is told apart from noise with the same first byte", "[tls]") {
    CHECK(sniff(number(0x802e, 2)) == Verdict::need_more);
    CHECK(sniff(number(0x802e01, 3)) == Verdict::ssl_v2);
    CHECK(sniff(number(0x802e02, 3)) == Verdict::not_tls);
}

TEST_CASE("every refusal but one has its alert", "[tls]") {
    using tls::Alert;
    CHECK(alert_for(Verdict::not_tls) == std::nullopt);
    CHECK(alert_for(Verdict::ssl_v2) == Alert::protocol_version);
    CHECK(alert_for(Verdict::bad_version) == Alert::protocol_version);
    CHECK(alert_for(Verdict::record_overflow) == Alert::record_overflow);
    CHECK(alert_for(Verdict::unexpected_message) == Alert::unexpected_message);
    CHECK(alert_for(Verdict::hello_too_large) == Alert::illegal_parameter);
    CHECK(alert_for(Verdict::malformed) == Alert::decode_error);
    CHECK(alert_for(Verdict::duplicate) == Alert::illegal_parameter);
    CHECK(alert_for(Verdict::bad_name) == Alert::decode_error);
    CHECK(alert_for(Verdict::unroutable_name) == Alert::unrecognized_name);
}

TEST_CASE("an alert is one fatal record in the clear", "[tls]") {
    const auto record = tls::alert_record(tls::Alert::unrecognized_name);
    CHECK(Buffer(record.begin(), record.end()) == number(0x15030300020270, 7));
}

TEST_CASE("no prefix of a hello is taken for a whole one, and no verdict changes by cutting",
          "[tls]") {
    const Buffer wire = hello_for(kName);
    for (std::size_t size = 0; size < wire.size(); ++size) {
        CHECK(sniff(Buffer(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(size))) ==
              Verdict::need_more);
    }
}

}  // namespace tls_hello_sniffer_test
