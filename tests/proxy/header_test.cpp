#include "lab/proxy/header.h"

#include <array>

#include "lab/core/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace proxy_header_test {

using namespace sni;
using namespace sni::test;
using proxy::Header;
using proxy::read_header;
using proxy::Version;
using proxy::write_header;

namespace {

Endpoint v4(const char* host, std::uint16_t port) {
    return {Endpoint::Kind::ipv4, host, port};
}
Endpoint v6(const char* host, std::uint16_t port) {
    return {Endpoint::Kind::ipv6, host, port};
}
Endpoint path(std::string host) {
    return {Endpoint::Kind::unix_path, std::move(host), 0};
}

/// A header of version 2, with every field open to be wrong.
struct Binary {
    Buffer signature = from_hex("0d0a0d0a000d0a515549540a").value();
    std::uint8_t version_and_command = 0x21;
    std::uint8_t family = 0x11;
    Buffer body = from_hex(
                      "c0000201"
                      "c6336402"
                      "c488"
                      "01bb")
                      .value();
    int lie = 0;

    Buffer bytes() const {
        return signature + number(version_and_command, 1) + number(family, 1) + vec(2, body, lie);
    }
};

Buffer tlv(std::uint8_t type, const Buffer& value, int lie = 0) {
    return number(type, 1) + vec(2, value, lie);
}

/// "more", a word of HeaderError, or what the header says.
std::string read(const Buffer& bytes) {
    const auto header = read_header(bytes);
    if (!header) return std::string(to_string(header.error()));
    if (!*header) return "more";
    std::string text = (*header)->version == Version::v1 ? "v1" : "v2";
    if ((*header)->local) text += " local";
    if ((*header)->addresses) {
        text += " " + to_string((*header)->addresses->source) + " > " +
                to_string((*header)->addresses->destination);
    }
    return text + " in " + std::to_string((*header)->bytes);
}

std::string read(std::string_view text) {
    return read(bytes_of(text));
}

/// One of each kind, as a sender writes them.
std::vector<Buffer> right_headers() {
    std::vector<Buffer> all;
    for (const char* line : {
             "PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\r\n",
             "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
             "PROXY TCP6 2001:db8::1 ::1 0 443\r\n",
             "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
             "PROXY UNKNOWN\r\n",
             "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
         }) {
        all.push_back(bytes_of(line));
    }
    all.push_back(Binary{}.bytes());
    all.push_back(Binary{.version_and_command = 0x20, .family = 0, .body = {}}.bytes());
    all.push_back(Binary{.family = 0x21, .body = Buffer(36, std::byte{0x20})}.bytes());
    all.push_back(Binary{.family = 0x31, .body = Buffer(216, std::byte{'/'})}.bytes());
    all.push_back(Binary{.family = 0, .body = {}}.bytes());
    Binary with_tlvs;
    with_tlvs.body = with_tlvs.body + tlv(proxy::kTlvAlpn, bytes_of("h2")) + tlv(0xea, Buffer(90));
    all.push_back(with_tlvs.bytes());
    return all;
}

}  // namespace

TEST_CASE("a header of version 1 names both ends", "[proxy]") {
    CHECK(read("PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\r\n") ==
          "v1 192.0.2.1:50312 > 198.51.100.2:443 in 45");
    CHECK(read("PROXY TCP6 2001:DB8:0::1 ::ffff:192.0.2.1 0 65535\r\n") ==
          "v1 [2001:db8::1]:0 > [::ffff:192.0.2.1]:65535 in 51");
}

TEST_CASE("a header of version 2 names both ends", "[proxy]") {
    CHECK(read(Binary{}.bytes()) == "v2 192.0.2.1:50312 > 198.51.100.2:443 in 28");
    const Buffer six = from_hex(
                           "20010db8000000000000000000000001"
                           "00000000000000000000000000000001"
                           "c488"
                           "01bb")
                           .value();
    CHECK(read(Binary{.family = 0x21, .body = six}.bytes()) ==
          "v2 [2001:db8::1]:50312 > [::1]:443 in 52");
    Buffer paths(216);
    std::ranges::copy(bytes_of("/run/a.sock"), paths.begin());
    std::ranges::copy(bytes_of("/run/b.sock"), paths.begin() + 108);
    CHECK(read(Binary{.family = 0x31, .body = paths}.bytes()) ==
          "v2 unix:/run/a.sock > unix:/run/b.sock in 232");
    // A path may fill its field to the last byte, without a NUL.
    CHECK(read_header(Binary{.family = 0x31, .body = Buffer(216, std::byte{'/'})}.bytes())
              .value()
              ->addresses->destination.host == std::string(108, '/'));
}

TEST_CASE("a header that names nobody is a header all the same", "[proxy]") {
    CHECK(read("PROXY UNKNOWN\r\n") == "v1 in 15");
    CHECK(read("PROXY UNKNOWN and whatever else\r\n") == "v1 in 33");
    CHECK(read(Binary{.version_and_command = 0x20}.bytes()) == "v2 local in 28");
    // LOCAL: the block and even the family are passed over.
    CHECK(read(Binary{.version_and_command = 0x20, .family = 0xff, .body = Buffer(3)}.bytes()) ==
          "v2 local in 19");
    for (const int family : {0x00, 0x01, 0x10, 0x12, 0x22, 0x32}) {
        const Binary header{.family = static_cast<std::uint8_t>(family), .body = Buffer(216)};
        CHECK(read(header.bytes()) == "v2 in 232");
    }
}

TEST_CASE("what follows a header is left alone", "[proxy]") {
    for (const Buffer& header : right_headers()) {
        CAPTURE(to_hex(header));
        const auto alone = read_header(header).value();
        REQUIRE(alone);
        CHECK(alone->bytes == header.size());
        CHECK(read_header(header + bytes_of("\r\n\x16\x03\x01")).value() == alone);
        CHECK(read_header(header + Buffer(70'000)).value() == alone);
    }
}

TEST_CASE("a header cut at any byte is waited for", "[proxy]") {
    for (const Buffer& header : right_headers()) {
        CAPTURE(to_hex(header));
        for (std::size_t count = 0; count < header.size(); ++count) {
            CAPTURE(count);
            const auto cut = read_header(Bytes(header).first(count));
            REQUIRE(cut.has_value());
            CHECK_FALSE(cut->has_value());
        }
    }
}

TEST_CASE("what can be no header is refused at its first wrong byte", "[proxy]") {
    CHECK(read("") == "more");
    CHECK(read("PROXY") == "more");
    CHECK(read("\r\n\r\n") == "more");
    for (const char* text : {"\x16\x03\x01", "GET / HTTP/1.1\r\n", "proxy", "PROXYTCP4", "PROXZ",
                             "\r\n\r\nQ", " PROXY", "\r\nPROXY", "Q"}) {
        CHECK(read(text) == "no_header");
    }
    for (std::size_t at = 0; at < 12; ++at) {
        Buffer wrong = Binary{}.bytes();
        wrong[at] ^= std::byte{0x20};
        CHECK(read(wrong) == "no_header");
    }
}

TEST_CASE("a line that is not exactly as the format has it is refused", "[proxy]") {
    for (const char* line : {
             "PROXY \r\n",
             "PROXY TCP4\r\n",
             "PROXY TCP5 192.0.2.1 198.51.100.2 50312 443\r\n",
             "PROXY tcp4 192.0.2.1 198.51.100.2 50312 443\r\n",
             "PROXY UDP4 192.0.2.1 198.51.100.2 50312 443\r\n",
             "PROXY UNKNOWNS\r\n",
             "PROXY  TCP4 192.0.2.1 198.51.100.2 50312 443\r\n",
             "PROXY TCP4  192.0.2.1 198.51.100.2 50312 443\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 50312 443 \r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 50312 443 1\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 50312\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 50312 \r\n",
             "PROXY TCP4\t192.0.2.1 198.51.100.2 50312 443\r\n",
             "PROXY TCP4 192.0.2 198.51.100.2 50312 443\r\n",
             "PROXY TCP4 192.0.2.01 198.51.100.2 50312 443\r\n",
             "PROXY TCP4 192.0.2.256 198.51.100.2 50312 443\r\n",
             "PROXY TCP4 ::1 198.51.100.2 50312 443\r\n",
             "PROXY TCP4 192.0.2.1 ::1 50312 443\r\n",
             "PROXY TCP6 192.0.2.1 198.51.100.2 50312 443\r\n",
             "PROXY TCP6 ::1::2 ::1 50312 443\r\n",
             "PROXY TCP6 [::1] ::1 50312 443\r\n",
             "PROXY TCP6 fe80::1%lo ::1 50312 443\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 050312 443\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 50312 00\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 +1 443\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 0x1 443\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\n",
             "PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\r443",
             "PROXY UNKNOWN \n\r\n",
         }) {
        CAPTURE(line);
        CHECK(read(line) == "bad_line");
    }
    CHECK(read(std::string_view("PROXY TCP4 192.0.2.1\0 198.51.100.2 1 2\r\n", 40)) == "bad_line");
}

TEST_CASE("a line has 107 bytes and no more", "[proxy]") {
    const auto line = [](std::size_t size) {
        return "PROXY UNKNOWN " + std::string(size - 16, 'x') + "\r\n";
    };
    CHECK(read(line(107)) == "v1 in 107");
    CHECK(read(line(108)) == "line_too_long");
    CHECK(read(line(108).substr(0, 106)) == "more");
    CHECK(read(line(108).substr(0, 107)) == "line_too_long");
    CHECK(read(line(500).substr(0, 107)) == "line_too_long");
}

TEST_CASE("a binary header with a field that does not exist is refused", "[proxy]") {
    for (const int version : {0x01, 0x11, 0x31, 0xf1}) {
        CHECK(read(Binary{.version_and_command = static_cast<std::uint8_t>(version)}.bytes()) ==
              "bad_version");
    }
    for (const int command : {0x22, 0x2f}) {
        CHECK(read(Binary{.version_and_command = static_cast<std::uint8_t>(command)}.bytes()) ==
              "bad_command");
    }
    for (const int family : {0x41, 0x13, 0xff, 0x03, 0x40}) {
        CHECK(read(Binary{.family = static_cast<std::uint8_t>(family)}.bytes()) == "bad_family");
    }
}

TEST_CASE("a length that lies is refused before anything is read by it", "[proxy]") {
    CHECK(read(Binary{.lie = -1}.bytes()) == "too_short");
    CHECK(read(Binary{.family = 0x21}.bytes()) == "too_short");
    CHECK(read(Binary{.family = 0x31}.bytes()) == "too_short");
    CHECK(read(Binary{.body = {}}.bytes()) == "too_short");
    CHECK(read(Binary{.lie = 1}.bytes()) == "more");
    const Binary full{.family = 0, .body = Buffer(proxy::kMaxHeader - 16)};
    CHECK(read(full.bytes()) == "v2 in 4096");
    const Binary over{.family = 0, .body = Buffer(proxy::kMaxHeader - 15)};
    CHECK(read(over.bytes()) == "too_large");
    CHECK(read(Binary{.version_and_command = 0x20, .lie = 65'000}.bytes()) == "too_large");
    // Known from the sixteenth byte on.
    Buffer fixed = over.bytes();
    fixed.resize(15);
    CHECK(read(fixed) == "more");
    fixed = over.bytes();
    fixed.resize(16);
    CHECK(read(fixed) == "too_large");
}

TEST_CASE("the extras of version 2 are read to the last byte", "[proxy]") {
    Binary header;
    const Buffer bare = header.body;
    header.body = bare + tlv(proxy::kTlvAuthority, bytes_of("httpbin.example.com")) + tlv(4, {}) +
                  tlv(proxy::kTlvAlpn, bytes_of("h2"));
    const auto read_one = read_header(header.bytes()).value();
    REQUIRE(read_one);
    REQUIRE(read_one->tlvs.size() == 3);
    CHECK(read_one->tlvs[0] == proxy::Tlv{2, bytes_of("httpbin.example.com")});
    CHECK(read_one->tlvs[1] == proxy::Tlv{4, {}});
    CHECK(read_one->tlvs[2] == proxy::Tlv{1, bytes_of("h2")});

    for (const Buffer& wrong :
         {tlv(4, Buffer(3), 1), tlv(4, Buffer(3), -1), tlv(4, Buffer(3), 60'000), number(4, 1),
          number(4, 1) + number(0, 1)}) {
        header.body = bare + wrong;
        CAPTURE(to_hex(wrong));
        CHECK(read(header.bytes()) == "bad_tlv");
    }
}

TEST_CASE("a checksum in a header must fit it", "[proxy]") {
    const Buffer zeros = from_hex(
                             "0d0a0d0a000d0a515549540a21110013"
                             "7f0000017f000001d8a020fb"
                             "030004"
                             "00000000")
                             .value();
    // The sum was computed apart, bit by bit, over the bytes with zeros in its place.
    Buffer right = zeros;
    const Buffer sum = from_hex("65e2952d").value();
    std::ranges::copy(sum, right.end() - 4);
    CHECK(read(right) == "v2 127.0.0.1:55456 > 127.0.0.1:8443 in 35");
    for (std::size_t at = 16; at < right.size(); ++at) {
        if (at >= 28 && at < 31) continue;  // the TLV's own type and length
        Buffer wrong = right;
        wrong[at] ^= std::byte{1};
        CAPTURE(at);
        CHECK(read(wrong) == "bad_checksum");
    }
    Binary header;
    header.body = header.body + tlv(proxy::kTlvCrc32c, Buffer(3));
    CHECK(read(header.bytes()) == "bad_checksum");
}

TEST_CASE("a header is written as the specification shows it", "[proxy]") {
    const auto line = [](const Header& header) {
        return std::string(as_text(write_header(header)));
    };
    Header header{.version = Version::v1,
                  .addresses = {{v4("192.0.2.1", 50'312), v4("198.51.100.2", 443)}}};
    CHECK(line(header) == "PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\r\n");
    header.addresses = {{v6("2001:db8::1", 50'312), v6("::1", 443)}};
    CHECK(line(header) == "PROXY TCP6 2001:db8::1 ::1 50312 443\r\n");
    header.addresses.reset();
    CHECK(line(header) == "PROXY UNKNOWN\r\n");

    header = {.addresses = {{v4("192.0.2.1", 50'312), v4("198.51.100.2", 443)}}};
    CHECK(write_header(header) == Binary{}.bytes());
    header.local = true;
    CHECK(to_hex(write_header(header)) == "0d0a0d0a000d0a515549540a20000000");
    CHECK(to_hex(write_header({})) == "0d0a0d0a000d0a515549540a21000000");
}

TEST_CASE("an IPv4 client of an IPv6 listener is named by its IPv4 address", "[proxy]") {
    const Header header{.version = Version::v1,
                        .addresses = {{v6("::ffff:192.0.2.1", 50'312), v6("::ffff:7f00:1", 443)}}};
    CHECK(as_text(write_header(header)) == "PROXY TCP4 192.0.2.1 127.0.0.1 50312 443\r\n");
}

TEST_CASE("what a version cannot say is left unsaid", "[proxy]") {
    const auto said = [](Version version, Endpoint source, Endpoint destination) {
        const auto bytes = write_header(
            {.version = version,
             .addresses = proxy::Addresses{std::move(source), std::move(destination)}});
        return read(Buffer(bytes.begin(), bytes.end()));
    };
    CHECK(said(Version::v1, v4("192.0.2.1", 1), v6("::1", 2)) == "v1 in 15");
    CHECK(said(Version::v2, v4("192.0.2.1", 1), v6("::1", 2)) == "v2 in 16");
    // IPv6 can say both.
    CHECK(said(Version::v2, v4("192.0.2.1", 1), v6("::ffff:192.0.2.2", 2)) ==
          "v2 192.0.2.1:1 > 192.0.2.2:2 in 28");
    CHECK(said(Version::v1, path("/run/a"), path("/run/b")) == "v1 in 15");
    CHECK(said(Version::v2, path("/run/a"), path("/run/b")) ==
          "v2 unix:/run/a > unix:/run/b in 232");
    CHECK(said(Version::v2, {Endpoint::Kind::name, "a.test", 1},
               {Endpoint::Kind::name, "b.test", 2}) == "v2 in 16");
}

TEST_CASE("what is written reads as it was meant", "[proxy]") {
    for (const Buffer& wire : right_headers()) {
        CAPTURE(to_hex(wire));
        const Header header = read_header(wire).value().value();
        const auto again = read_header(write_header(header)).value();
        REQUIRE(again);
        Header expected = header;
        expected.bytes = again->bytes;
        CHECK(*again == expected);
    }
}

}  // namespace proxy_header_test
