#include "lab/router/session_record.h"

#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace router_session_record_test {

using namespace sni;
using namespace sni::router;
using namespace sni::test;

namespace {

SessionRecord record_of(const Hello& sent) {
    const Buffer body = sent.body();
    tls::ClientHello hello;
    tls::read_client_hello(body, tls::TrailingDot::refuse, hello);
    SessionRecord record;
    keep_hello(hello, record);
    return record;
}

}  // namespace

TEST_CASE("of what a client chooses only so much is kept, and how much more there was",
          "[router]") {
    SECTION("of thousands of protocols") {
        Buffer names;
        for (int i = 0; i < 30'000; ++i) {
            names = std::move(names) + vec(1, number('x', 1));
        }
        const SessionRecord record =
            record_of(hello_with("a.example.com", extension(16, vec(2, names))));
        CHECK(record.alpn.size() == kKeptNames);
        CHECK(record.alpn_more == 30'000 - kKeptNames);
    }
    SECTION("of a few long ones") {
        const Buffer name = vec(1, Buffer(200, std::byte{'x'}));
        const SessionRecord record =
            record_of(hello_with("a.example.com", extension(16, vec(2, name + name + name))));
        CHECK(record.alpn.size() == 1);
        CHECK(record.alpn_more == 2);
    }
    SECTION("of a name that no name can be") {
        const SessionRecord record = record_of(hello_with(std::string(60'000, 'a')));
        CHECK(record.sni == std::string(kKeptBytes, 'a'));
        CHECK(record.sni_more == 60'000 - kKeptBytes);
    }
    SECTION("all of what is usual") {
        const SessionRecord record =
            record_of(hello_with("A.Example.com", alpn({"h2", "http/1.1"})));
        CHECK(record.sni == "A.Example.com");
        CHECK(record.sni_more == 0);
        CHECK(record.alpn == std::vector<std::string>{"h2", "http/1.1"});
        CHECK(record.alpn_more == 0);
    }
}

}  // namespace router_session_record_test
