// What a connection's record and its line keep of what the client chose.
#include "lab/router/access_log.h"
#include "tests/support/router_lab.h"

namespace router_record_size_test {

using namespace sni;
using namespace sni::test;

TEST_CASE("a record and its line are small whatever the hello was, and say how much more it was",
          "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to("*", {backend.endpoint()})}, {.threads = 1, .fingerprint = true});
    Buffer names;
    names.reserve(60'000);
    for (int i = 0; i < 30'000; ++i) {
        names.push_back(std::byte{1});
        names.push_back(std::byte{'x'});
    }
    SECTION("one with thirty thousand protocols") {
        const Hello hello = hello_with("a.example.com", extension(16, vec(2, names)));
        const Buffer wire = records(hello.message(), 16'384);
        {
            Peer client = lab.client(wire);
            CHECK(client.read(wire.size()) == wire);
        }
        const auto record = lab.record();
        CHECK(record.outcome == router::Outcome::routed);
        CHECK(record.alpn == std::vector<std::string>(16, "x"));
        CHECK(record.alpn_more == 29'984);
        const std::string line = router::to_json(record);
        CHECK(line.size() < 1'000);
        CHECK(line.find("],\"alpn_more\":29984,") != std::string::npos);
    }
    SECTION("one with a name of sixty thousand bytes") {
        const Buffer wire = records(hello_with(std::string(60'000, '\1')).message(), 16'384);
        lab.client(wire).end();
        const auto record = lab.record();
        CHECK(record.outcome == router::Outcome::bad_name);
        CHECK(record.sni == std::string(256, '\1'));
        const std::string line = router::to_json(record);
        CHECK(line.size() < 2'000);
        CHECK(line.find(",\"sni_more\":59744,") != std::string::npos);
    }
    SECTION("one with thousands of cipher suites has no fingerprint") {
        Hello hello = hello_with("a.example.com");
        hello.cipher_suites = Buffer(60'000, std::byte{0x13});
        const Buffer wire = records(hello.message(), 16'384);
        {
            Peer client = lab.client(wire);
            CHECK(client.read(wire.size()) == wire);
        }
        CHECK(lab.record().ja4.empty());
    }
}

}  // namespace router_record_size_test
