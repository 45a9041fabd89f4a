#include "lab/tls/client_hello.h"

#include "lab/tls/hello_facts.h"
#include "lab/tls/hello_view.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace tls_client_hello_test {

using namespace sni;
using namespace sni::test;
using tls::Verdict;

namespace {

const std::string kName = "httpbin.example.com";

/// A hello, and the bytes that it points into.
struct Read {
    Buffer body;
    tls::ClientHello hello = {};
    Verdict verdict = Verdict::need_more;

    std::string name() const { return std::string(hello.server_name->text()); }
    std::vector<std::string> protocols() const {
        std::vector<std::string> names;
        tls::each_alpn_name(hello.alpn, [&](Bytes name) { names.emplace_back(as_text(name)); });
        return names;
    }
};

Read read_of(Buffer body, tls::TrailingDot dot = tls::TrailingDot::refuse) {
    Read read{.body = std::move(body)};
    read.verdict = tls::read_client_hello(read.body, dot, read.hello);
    return read;
}

/// "hello", or why not.
std::string read(const Buffer& body) {
    return std::string(to_string(read_of(body).verdict));
}

std::string read(const Hello& hello) {
    return read(hello.body());
}

/// A hello with `data` as its server_name extension.
std::string read_names(const Buffer& data) {
    Hello hello;
    hello.extensions = extension(0, data) + hello.extensions;
    return read(hello);
}

}  // namespace

TEST_CASE("a hello tells its name, protocols and versions", "[tls]") {
    const Hello sent = hello_with(kName, alpn({"h2", "http/1.1"}) + extension(0xfe0d, Buffer(80)));
    const Read read = read_of(sent.body());
    REQUIRE(read.verdict == Verdict::hello);
    CHECK(read.name() == kName);
    CHECK(read.protocols() == std::vector<std::string>{"h2", "http/1.1"});
    CHECK(read.hello.ech_offered);
    const auto facts = tls::describe_hello(sent.message());
    CHECK(facts->supported_versions == std::vector<std::uint16_t>{0x0304, 0x0303});
    CHECK(facts->legacy_version == 0x0303);
}

TEST_CASE("a hello without extensions has no name", "[tls]") {
    const Buffer with = Hello{}.body();
    Hello bare;
    bare.extensions = {};
    const Buffer empty_list = bare.body();
    const Buffer no_list(empty_list.begin(), empty_list.end() - 2);
    CHECK(read(with) == "hello");
    CHECK(read(empty_list) == "hello");
    CHECK(read(no_list) == "hello");
    CHECK_FALSE(read_of(no_list).hello.server_name.has_value());
}

TEST_CASE("unknown and GREASE extensions in any order do not hide the name", "[tls]") {
    Hello hello;
    hello.extensions = extension(0x0a0a, {}) + extension(0x1a1a, Buffer(1)) +
                       extension(41, Buffer(200)) + server_name(kName) + extension(0xffff, {});
    const Read read_back = read_of(hello.body());
    REQUIRE(read_back.verdict == Verdict::hello);
    CHECK(read_back.name() == kName);
}

TEST_CASE("a name in upper case is looked up in lower case", "[tls]") {
    CHECK(read_of(hello_with("HTTPBIN.Example.Com").body()).name() == kName);
}

TEST_CASE("every length that lies by one is refused", "[tls]") {
    const int lie = GENERATE(-1, 1);
    CAPTURE(lie);
    const Hello good = hello_with(kName, alpn({"h2"}));
    REQUIRE(read(good) == "hello");
    SECTION("session id") {
        Hello bad = good;
        bad.session_id = Buffer(16, std::byte{1});
        bad.session_id_lie = lie;
        CHECK(read(bad) == "malformed");
    }
    SECTION("cipher suites") {
        Hello bad = good;
        bad.cipher_suites_lie = lie;
        CHECK(read(bad) == "malformed");
    }
    SECTION("compression methods") {
        Hello bad = good;
        bad.compression_lie = lie;
        CHECK(read(bad) == "malformed");
    }
    SECTION("extensions") {
        Hello bad = good;
        bad.extensions_lie = lie;
        CHECK(read(bad) == "malformed");
    }
    SECTION("the last extension") {
        Hello bad = good;
        bad.extensions = good.extensions + extension(0x1234, Buffer(3), lie);
        CHECK(read(bad) == "malformed");
    }
    SECTION("server_name extension") {
        Hello bad;
        bad.extensions = extension(0, vec(2, host_entry(kName)), lie);
        CHECK(read(bad) == "malformed");
    }
    SECTION("server_name list") {
        CHECK(read_names(vec(2, host_entry(kName), lie)) == "malformed");
    }
    SECTION("host name") {
        CHECK(read_names(vec(2, host_entry(kName, 0, lie))) == "malformed");
    }
    SECTION("protocol name list") {
        const Buffer list = vec(1, bytes_of("h2"));
        CHECK(read(hello_with(kName, extension(16, vec(2, list, lie)))) == "malformed");
    }
    SECTION("protocol name") {
        const Buffer list = vec(1, bytes_of("h2"), lie);
        CHECK(read(hello_with(kName, extension(16, vec(2, list)))) == "malformed");
    }
    SECTION("supported versions") {
        Hello bad;
        bad.extensions = server_name(kName) + extension(43, vec(1, number(0x0304, 2), lie));
        CHECK(read(bad) == "malformed");
    }
}

TEST_CASE("a host name length far past its buffer is refused", "[tls]") {
    const Buffer entry = number(0, 1) + number(0xffff, 2) + bytes_of(kName);
    CHECK(read_names(vec(2, entry)) == "malformed");
    CHECK(read_names(number(0xffff, 2) + entry) == "malformed");
}

TEST_CASE("bytes behind the extensions are refused", "[tls]") {
    Hello hello = hello_with(kName);
    hello.behind = Buffer(1);
    CHECK(read(hello) == "malformed");
}

TEST_CASE("vectors out of their bounds are refused", "[tls]") {
    Hello hello = hello_with(kName);
    SECTION("a session id of 33 bytes") {
        hello.session_id = Buffer(33);
    }
    SECTION("no cipher suite") {
        hello.cipher_suites = {};
    }
    SECTION("half a cipher suite") {
        hello.cipher_suites = Buffer(3);
    }
    SECTION("no compression method") {
        hello.compression = {};
    }
    SECTION("no protocol name") {
        hello.extensions = hello.extensions + extension(16, vec(2, {}));
    }
    SECTION("an empty protocol name") {
        hello.extensions = hello.extensions + alpn({"h2", ""});
    }
    SECTION("no version") {
        hello.extensions = server_name(kName) + extension(43, vec(1, {}));
    }
    SECTION("half a version") {
        hello.extensions = server_name(kName) + extension(43, vec(1, Buffer(3)));
    }
    CHECK(read(hello) == "malformed");
}

TEST_CASE("an extension type that comes twice is refused", "[tls]") {
    CHECK(read(hello_with(kName, server_name(kName))) == "duplicate");
    CHECK(read(hello_with(kName, server_name("other.example.com"))) == "duplicate");
    CHECK(read(hello_with(kName, extension(0x1234, {}) + extension(0x1234, {}))) == "duplicate");
    CHECK(read(hello_with(kName, extension(43, vec(1, number(0x0304, 2))))) == "duplicate");
}

TEST_CASE("two names in one server_name are refused", "[tls]") {
    CHECK(read_names(vec(2, host_entry(kName) + host_entry("b.example.com"))) == "duplicate");
    CHECK(read_names(vec(2, host_entry(kName) + host_entry("b.example.com") + host_entry("c"))) ==
          "duplicate");
    CHECK(read_names(vec(2, host_entry(kName) + host_entry("other", 1))) == "malformed");
}

TEST_CASE("a server_name without one host name in it is refused", "[tls]") {
    CHECK(read_names({}) == "malformed");
    CHECK(read_names(vec(2, {})) == "malformed");
    CHECK(read_names(vec(2, host_entry(""))) == "malformed");
    CHECK(read_names(vec(2, host_entry(kName) + host_entry(""))) == "malformed");
    CHECK(read_names(vec(2, host_entry(kName, 1))) == "malformed");
}

TEST_CASE("names that are no DNS names are refused", "[tls]") {
    const std::string label63(63, 'a');
    const std::string name =
        GENERATE_COPY(std::string("a b.example.com"), std::string("a/b.example.com"),
                      std::string("a\r\nb.example.com"), std::string("a\0.example.com", 14),
                      std::string("b\xc3\xbc.example.com"), label63 + "a.example.com",
                      std::string("*.example.com"), std::string(".example.com"),
                      std::string("a..example.com"), std::string("-a.example.com"),
                      std::string("."), label63 + "." + label63 + "." + label63 + "." + label63);
    CAPTURE(name);
    CHECK(read(hello_with(name)) == "bad_name");
}

TEST_CASE("an IP literal and a trailing dot are told apart from bad names", "[tls]") {
    const std::string name = GENERATE("httpbin.example.com.", "127.0.0.1", "::1", "[::1]");
    CHECK(read(hello_with(name)) == "unroutable_name");
}

TEST_CASE("one trailing dot is stripped where that is asked for, and no more", "[tls]") {
    const auto name = [](std::string_view text) {
        return read_of(hello_with(text).body(), tls::TrailingDot::strip);
    };
    CHECK(name("a.Example.").name() == "a.example");
    CHECK(name("a.example").name() == "a.example");
    CHECK(name("a.example..").verdict == Verdict::unroutable_name);
    CHECK(name("127.0.0.1.").verdict == Verdict::unroutable_name);
    CHECK(name(".").verdict == Verdict::bad_name);
}

TEST_CASE("names in real use that look odd are accepted", "[tls]") {
    const std::string name =
        GENERATE("my_service.example.com", "123.example.com", "xn--bcher-kva.example", "localhost",
                 "1234567890", "a--b.example.com", "a-.example.com");
    CHECK(read(hello_with(name)) == "hello");
}

TEST_CASE("a framing error counts more than a bad name before it", "[tls]") {
    CHECK(read(hello_with("127.0.0.1", extension(1, {}) + extension(1, {}))) == "duplicate");
    CHECK(read(hello_with("127.0.0.1", extension(1, Buffer(2), 1))) == "malformed");
}

TEST_CASE("no cut of a body reads as a hello, but where its extensions start", "[tls]") {
    const Buffer body = hello_with(kName).body();
    const std::size_t extensions_at = body.size() - 2 - hello_with(kName).extensions.size();
    for (std::size_t size = 0; size < body.size(); ++size) {
        const std::string verdict =
            read(Buffer(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size)));
        CHECK(verdict == (size == extensions_at ? "hello" : "malformed"));
    }
}

TEST_CASE("a type that comes twice is found among thousands", "[tls]") {
    const std::size_t types = GENERATE(63u, 64u, 65u, 10'000u);
    const std::size_t twice = GENERATE(1u, 62u);
    Buffer extensions = server_name(kName);
    for (std::size_t type = 0; type < types; ++type) {
        extensions =
            std::move(extensions) + extension(static_cast<std::uint16_t>(0x1000 + type), {});
    }
    Hello hello;
    hello.extensions = extensions;
    CHECK(read(hello) == "hello");
    hello.extensions =
        std::move(extensions) + extension(static_cast<std::uint16_t>(0x1000 + twice), {});
    CHECK(read(hello) == "duplicate");
}

}  // namespace tls_client_hello_test
