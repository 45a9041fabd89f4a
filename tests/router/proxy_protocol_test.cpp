// The PROXY protocol on both sides of the router.
#include "lab/proxy/header.h"
#include "lab/router/access_log.h"
#include "tests/support/router_lab.h"

namespace router_proxy_protocol_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using proxy::Version;
using router::Outcome;

namespace {

const Endpoint kFarClient{Endpoint::Kind::ipv4, "192.0.2.1", 50'312};
const proxy::Addresses kFar{kFarClient, {Endpoint::Kind::ipv4, "198.51.100.2", 443}};

router::Options believing(const char* range = "127.0.0.0/8") {
    router::Options options;
    options.accept_proxy = {Cidr::parse(range).value()};
    return options;
}

router::Options telling(Version version) {
    router::Options options;
    options.proxy_protocol = version;
    return options;
}

/// A header that names a client far away.
Buffer header_of(Version version) {
    return proxy::write_header({.version = version, .addresses = kFar});
}

/// Splits what an echoing backend sent back.
struct Received {
    proxy::Header header;
    Buffer rest;
};
Received received(const Buffer& bytes) {
    const auto header = proxy::read_header(bytes);
    REQUIRE(header);
    REQUIRE(*header);
    return {**header,
            Buffer(bytes.begin() + static_cast<std::ptrdiff_t>((*header)->bytes), bytes.end())};
}

Buffer answer_to(Peer client) {
    client.finish();
    return client.read_all();
}

}  // namespace

TEST_CASE("a backend is told who the client is, in front of the very bytes it sent", "[router]") {
    const Version version = GENERATE(Version::v1, Version::v2);
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, telling(version));
    const Buffer wire = hello_for(kName) + noise(300'000);
    Peer client = lab.client();
    const Endpoint own = net::local_endpoint(client.fd());
    std::thread sender([&] {
        client.send(wire);
        client.finish();
    });
    const Buffer echoed = client.read_all();
    sender.join();
    const auto [header, rest] = received(echoed);
    CHECK(header.version == version);
    REQUIRE(header.addresses);
    CHECK(header.addresses->source == own);
    CHECK(header.addresses->destination == lab.address());
    CHECK((rest == wire));
    client.close();
    CHECK(lab.record().bytes_up == wire.size());
    CHECK_FALSE(lab.record().proxy_source);
}

TEST_CASE("every backend is told, the one for what is no TLS too", "[router]") {
    const Stub backend(echo);
    router::Options options = telling(Version::v1);
    options.non_tls = backend.endpoint();
    RouterLab lab({}, options);
    const Received got = received(answer_to(lab.client(bytes_of("SSH-2.0-OpenSSH_9.2\r\n"))));
    CHECK(got.header.addresses);
    CHECK(as_text(got.rest) == "SSH-2.0-OpenSSH_9.2\r\n");
}

TEST_CASE("a proxy that is believed speaks for its client", "[router]") {
    const Version version = GENERATE(Version::v1, Version::v2);
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, believing());
    const Buffer wire = hello_for(kName) + noise(1'000);
    Peer client = lab.client(header_of(version) + wire);
    const Endpoint own = net::local_endpoint(client.fd());
    CHECK((answer_to(std::move(client)) == wire));
    const router::SessionRecord record = lab.record();
    CHECK(record.outcome == Outcome::routed);
    CHECK(record.sni == kName);
    CHECK(record.client == own);
    CHECK(record.proxy_source == kFarClient);
    CHECK(record.bytes_up == wire.size());
}

TEST_CASE("what a proxy says is passed on, in either version", "[router]") {
    const Version in = GENERATE(Version::v1, Version::v2);
    const Version out = GENERATE(Version::v1, Version::v2);
    const Stub backend(echo);
    router::Options options = believing();
    options.proxy_protocol = out;
    RouterLab lab({route_to(kName, {backend.endpoint()})}, options);
    const Received got = received(answer_to(lab.client(header_of(in) + hello_for(kName))));
    CHECK(got.header.version == out);
    CHECK(got.header.addresses == kFar);
    CHECK((got.rest == hello_for(kName)));
}

TEST_CASE("a header and a hello cut at any byte are put together", "[router]") {
    const Version version = GENERATE(Version::v1, Version::v2);
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, believing());
    const Buffer wire = header_of(version) + hello_for(kName);
    for (std::size_t cut = 1; cut < header_of(version).size() + 7; ++cut) {
        CAPTURE(cut);
        const auto at = wire.begin() + static_cast<std::ptrdiff_t>(cut);
        Peer client = lab.client(Buffer(wire.begin(), at));
        client.send(Buffer(at, wire.end()));
        CHECK((answer_to(std::move(client)) == hello_for(kName)));
    }
    Peer bytewise = lab.client();
    for (const std::byte byte : wire) {
        bytewise.send({byte});
    }
    CHECK((answer_to(std::move(bytewise)) == hello_for(kName)));
}

TEST_CASE("a proxy that names nobody stands for itself", "[router]") {
    const Stub backend(echo);
    router::Options options = believing();
    options.proxy_protocol = Version::v2;
    RouterLab lab({route_to(kName, {backend.endpoint()})}, options);
    const bool local = GENERATE(true, false);
    const Buffer header = local ? proxy::write_header({.version = Version::v2, .local = true})
                                : bytes_of("PROXY UNKNOWN\r\n");
    Peer client = lab.client(header + hello_for(kName));
    const Endpoint own = net::local_endpoint(client.fd());
    const Received got = received(answer_to(std::move(client)));
    REQUIRE(got.header.addresses);
    CHECK(got.header.addresses->source == own);
    CHECK_FALSE(lab.record().proxy_source);
}

TEST_CASE("a peer that must begin with a header and does not is refused", "[router]") {
    const Door backend;
    const auto refused = [&](const Buffer& wire) {
        RouterLab lab({route_to("*", {backend.endpoint()})}, believing());
        Peer client = lab.client(wire);
        CHECK(client.read_all().empty());
        const router::SessionRecord record = lab.record();
        CHECK(record.client_end == net::Ending::cut);
        return record.outcome;
    };
    CHECK(refused(hello_for(kName)) == Outcome::no_proxy_header);
    CHECK(refused(bytes_of("GET / HTTP/1.1\r\n\r\n")) == Outcome::no_proxy_header);
    CHECK(refused(bytes_of("PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n") + hello_for(kName)) ==
          Outcome::bad_proxy_header);
    CHECK(refused(bytes_of("PROXY " + std::string(200, 'x'))) == Outcome::bad_proxy_header);
    Buffer wrong = header_of(Version::v2);
    wrong[13] = std::byte{0x41};
    CHECK(refused(wrong + hello_for(kName)) == Outcome::bad_proxy_header);
    CHECK(backend.quiet());
}

TEST_CASE("behind a header the rules are the same", "[router]") {
    const Door backend;
    const auto outcome = [&](const Buffer& behind) {
        RouterLab lab({route_to(kName, {backend.endpoint()})}, believing());
        Peer client = lab.client(header_of(Version::v2) + behind);
        client.finish();
        client.read_all();
        CHECK(lab.record().proxy_source == kFarClient);
        return lab.record().outcome;
    };
    CHECK(outcome(hello_for("other.test")) == Outcome::no_route);
    CHECK(outcome(bytes_of("GET / HTTP/1.1\r\n\r\n")) == Outcome::not_tls);
    CHECK(outcome(header_of(Version::v1) + hello_for(kName)) == Outcome::not_tls);
    CHECK(outcome({}) == Outcome::client_left);
    CHECK(backend.quiet());
}

TEST_CASE("a stranger's header is not believed, and is no TLS", "[router]") {
    const Door backend;
    const Version version = GENERATE(Version::v1, Version::v2);
    RouterLab lab({route_to("*", {backend.endpoint()})},
                  GENERATE(router::Options{}, believing("192.0.2.0/24")));
    Peer client = lab.client(header_of(version) + hello_for(kName));
    CHECK(client.read_all().empty());
    CHECK(lab.record().outcome == Outcome::not_tls);
    CHECK_FALSE(lab.record().proxy_source);
    CHECK(backend.quiet());
}

TEST_CASE("strangers are served without a header while proxies are believed", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, believing("192.0.2.0/24"));
    CHECK((answer_to(lab.client(hello_for(kName))) == hello_for(kName)));
}

TEST_CASE("a proxy that is silent or leaves in its header is let go", "[router]") {
    const Door backend;
    router::Options options = believing();
    options.limits.hello = 100ms;
    {
        RouterLab lab({route_to("*", {backend.endpoint()})}, options);
        Peer client = lab.client(bytes_of("PROXY TCP4 192."));
        CHECK(client.end() != End::silent);
        CHECK(lab.record().outcome == Outcome::hello_timeout);
        CHECK(lab.record().saw == "proxy");
    }
    options.limits.hello = 10s;
    RouterLab lab({route_to("*", {backend.endpoint()})}, options);
    Peer client = lab.client(bytes_of("PROXY TCP4 192."));
    client.finish();
    CHECK(client.end() == End::finished);
    CHECK(lab.record().outcome == Outcome::client_left);
}

TEST_CASE("only a peer that says nothing behind its header has said nothing", "[router]") {
    const Version version = GENERATE(Version::v1, Version::v2);
    const Buffer header = header_of(version);
    const auto record_of = [&](std::size_t first, std::size_t last) {
        RouterLab lab({}, believing());
        Peer client = lab.client();
        client.send(Buffer(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(first)));
        client.send(Buffer(header.begin() + static_cast<std::ptrdiff_t>(first),
                           header.begin() + static_cast<std::ptrdiff_t>(last)));
        client.finish();
        client.end();
        return lab.record();
    };
    // Also one that is too short to be known by anybody who expects none.
    for (const auto& [first, last] : {std::pair{13, 20}, {4, 5}, {1, 1}}) {
        const router::SessionRecord half =
            record_of(static_cast<std::size_t>(first), static_cast<std::size_t>(last));
        CHECK(half.saw == "proxy");
        CHECK_FALSE(router::is_probe(half));
    }
    const router::SessionRecord whole = record_of(13, header.size());
    CHECK(whole.saw == "nothing");
    CHECK(router::is_probe(whole));
}

TEST_CASE("a client of an IPv6 listener is told of by the address it has", "[router]") {
    const Stub backend(echo);
    router::Options options = telling(Version::v1);
    options.listen = {{Endpoint::Kind::ipv6, "::1", 0}};
    RouterLab lab({route_to(kName, {backend.endpoint()})}, options);
    Peer client = lab.client(hello_for(kName));
    const Endpoint own = net::local_endpoint(client.fd());
    const Received got = received(answer_to(std::move(client)));
    REQUIRE(got.header.addresses);
    CHECK(got.header.addresses->source == own);
    CHECK(got.header.addresses->destination == lab.address());
}

TEST_CASE("a record has the hello's fingerprint when it was asked for", "[router]") {
    const Stub backend(echo);
    router::Options options;
    options.fingerprint = GENERATE(true, false);
    const bool asked = options.fingerprint;
    RouterLab lab({route_to(kName, {backend.endpoint()})}, options);
    answer_to(lab.client(records(hello_with(kName, alpn({"h2"})).message(), 40)));
    // printf 1301,c02f | sha256sum, and printf 002b for the extensions.
    CHECK(lab.record().ja4 == (asked ? "t13d0203h2_c1929292aa6b_b9a491fefe05" : ""));
}

TEST_CASE("who leaves in the middle of its header comes to nobody, also where all are passed on",
          "[router]") {
    Door door;
    router::Options options = believing();
    options.blind = true;
    options.non_tls = door.endpoint();
    RouterLab lab({}, std::move(options));
    Peer client = lab.client(bytes_of("PROXY TCP4 "));
    client.finish();
    CHECK(client.end() == End::finished);
    const auto record = lab.record();
    CHECK(record.outcome == Outcome::client_left);
    CHECK(record.client_end == net::Ending::finished);
    CHECK(record.tries == 0);
}

}  // namespace router_proxy_protocol_test
