// Who is not routed, what it is told, and that no backend hears of it.
#include "lab/router/router.h"
#include "lab/tls/alert.h"
#include "tests/support/router_lab.h"

namespace router_refusal_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using router::Outcome;
using tls::Alert;

namespace {

Buffer alert(Alert what) {
    const auto record = tls::alert_record(what);
    return {record.begin(), record.end()};
}

struct Told {
    Buffer bytes;
    End end{};
    Outcome outcome{};
};

/// What a client that sends `wire` is told by a router for `patterns`; the backend must stay quiet.
Told told(const Buffer& wire, const std::vector<std::string>& patterns,
          router::Refuse refuse = router::Refuse::alert) {
    const Door backend;
    std::vector<route::Route> routes;
    for (const std::string& pattern : patterns) {
        routes.push_back(route_to(pattern, {backend.endpoint()}));
    }
    RouterLab lab(std::move(routes), {.refuse = refuse});
    Told told;
    Peer client = lab.client(wire);
    told.bytes = client.read_all(told.end);
    client.close();
    told.outcome = lab.record().outcome;
    CHECK(lab.record().backend == std::nullopt);
    CHECK(lab.record().client_end == net::Ending::cut);
    CHECK(backend.quiet());
    return told;
}

}  // namespace

TEST_CASE("an unknown name is told unrecognized_name", "[router]") {
    const Told client = told(hello_for("other.example.com"), {kName});
    CHECK(client.bytes == alert(Alert::unrecognized_name));
    CHECK(client.end == End::finished);
    CHECK(client.outcome == Outcome::no_route);
}

TEST_CASE("a client without SNI is told missing_extension when there is no default", "[router]") {
    const Told client = told(record(Hello{}.message()), {kName});
    CHECK(client.bytes == alert(Alert::missing_extension));
    CHECK(client.end == End::finished);
    CHECK(client.outcome == Outcome::no_sni);
}

TEST_CASE("a bad hello is refused, with a default route too", "[router]") {
    Hello lying = hello_with(kName);
    lying.extensions_lie = 1;
    const Buffer two_names = record(hello_with(kName, server_name("b.example.com")).message());
    const auto [wire, expected, outcome] = GENERATE_COPY(
        std::tuple(record(lying.message()), Alert::decode_error, Outcome::malformed),
        std::tuple(two_names, Alert::illegal_parameter, Outcome::duplicate),
        std::tuple(hello_for("a b"), Alert::decode_error, Outcome::bad_name),
        std::tuple(hello_for(kName + "."), Alert::unrecognized_name, Outcome::unroutable_name),
        std::tuple(hello_for("127.0.0.1"), Alert::unrecognized_name, Outcome::unroutable_name),
        std::tuple(record({}), Alert::unexpected_message, Outcome::unexpected_message),
        std::tuple(number(0x160301ffff, 5), Alert::record_overflow, Outcome::record_overflow),
        std::tuple(number(0x802e0100, 4), Alert::protocol_version, Outcome::ssl_v2),
        std::tuple(number(0x160201, 3), Alert::protocol_version, Outcome::bad_version),
        std::tuple(records(padded_hello(kName, 65'537).message(), 16'384), Alert::illegal_parameter,
                   Outcome::hello_too_large));
    const Told client = told(wire, {"*", kName});
    CHECK(client.bytes == alert(expected));
    CHECK(client.end == End::finished);
    CHECK(client.outcome == outcome);
}

TEST_CASE("a record tells the name and protocols of a refused hello, as they were sent",
          "[router]") {
    const Buffer more = alpn({"h2", "http/1.1"}) + extension(0xfe0d, Buffer(180));
    const auto [name, outcome] =
        GENERATE_COPY(std::pair<std::string, Outcome>("Other.Example.COM", Outcome::no_route),
                      std::pair<std::string, Outcome>("a b\r\n", Outcome::bad_name),
                      std::pair<std::string, Outcome>(kName + ".", Outcome::unroutable_name),
                      std::pair<std::string, Outcome>("127.0.0.1", Outcome::unroutable_name));
    RouterLab lab({route_to(kName, {loopback(1)})});
    lab.client(record(hello_with(name, more).message())).end();
    const router::SessionRecord seen = lab.record();
    CHECK(seen.outcome == outcome);
    CHECK(seen.sni == name);
    CHECK(seen.alpn == std::vector<std::string>{"h2", "http/1.1"});
    CHECK(seen.ech_offered);
    CHECK(seen.hello.has_value());
    CHECK(seen.route.empty());
}

TEST_CASE("what is not TLS is closed without a word, with a default route too", "[router]") {
    const std::string text =
        GENERATE("GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "PROXY TCP4 127.0.0.1 1 2\r\n");
    const Told client = told(bytes_of(text), {"*"});
    CHECK(client.bytes.empty());
    CHECK(client.end == End::finished);
    CHECK(client.outcome == Outcome::not_tls);
}

TEST_CASE("an alert arrives although the client had sent much more", "[router]") {
    const Buffer flood = hello_for("other.example.com") + Buffer(60'000);
    const Told client = told(flood, {kName});
    CHECK(client.bytes == alert(Alert::unrecognized_name));
    CHECK(client.end == End::finished);
}

TEST_CASE("refusals close or reset when that is asked for", "[router]") {
    const Told closed = told(hello_for("other.example.com"), {kName}, router::Refuse::close);
    CHECK(closed.bytes.empty());
    CHECK(closed.end == End::finished);
    const Told reset = told(hello_for("other.example.com"), {kName}, router::Refuse::reset);
    CHECK(reset.bytes.empty());
    CHECK(reset.end == End::reset);
}

TEST_CASE("a client that finishes in the middle of its hello is closed at once", "[router]") {
    const Buffer wire = hello_for(kName);
    const Door backend;
    RouterLab lab({route_to("*", {backend.endpoint()})});
    Peer client = lab.client(Buffer(wire.begin(), wire.begin() + 100));
    client.finish();
    CHECK(client.read_all().empty());
    CHECK(lab.record().outcome == Outcome::client_left);
    CHECK(lab.record().client_end == net::Ending::finished);
    CHECK(backend.quiet());
}

TEST_CASE("the hello's deadline is absolute and does not wait for a slow client", "[router]") {
    const Door backend;
    RouterLab lab({route_to("*", {backend.endpoint()})}, {.limits = {.hello = 150ms}});
    const Buffer wire = padded_hello(kName, 10'000).message();
    Peer client = lab.client();
    const auto began = std::chrono::steady_clock::now();
    for (const std::byte& byte : records(wire, 16'384)) {
        if (client.send_some(Buffer(1, byte)) == 0) break;
        pollfd pace{.fd = client.fd(), .events = POLLIN, .revents = 0};
        if (::poll(&pace, 1, 5) != 0) break;  // closed
    }
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(lab.record().outcome == Outcome::hello_timeout);
    CHECK(lab.record().client_end == net::Ending::timed_out);
    CHECK(took >= 140ms);
    CHECK(took < 5s);
    CHECK(backend.quiet());
}

TEST_CASE("the hello's deadline does not touch a connection that is routed", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, {.limits = {.hello = 60ms}});
    const Buffer wire = hello_for(kName);
    Peer client = lab.client(wire);
    REQUIRE(client.read(wire.size()) == wire);
    pollfd later{.fd = client.fd(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&later, 1, 200) == 0);
    client.send(bytes_of("still here"));
    CHECK(client.read(10) == bytes_of("still here"));
}

TEST_CASE("a backend that is down is told internal_error", "[router]") {
    const ClosedPort closed;
    RouterLab lab({route_to(kName, {closed.endpoint()})});
    Peer client = lab.client(hello_for(kName));
    End end{};
    CHECK(client.read_all(end) == alert(Alert::internal_error));
    CHECK(end == End::finished);
    client.close();
    CHECK(lab.record().outcome == Outcome::backend_down);
    CHECK(lab.record().backend == closed.endpoint());
    CHECK(lab.record().sni == kName);
}

TEST_CASE("a client without TLS is told nothing of its backend, in a language that it speaks not",
          "[router]") {
    const bool blind = GENERATE(false, true);
    const ClosedPort closed;
    RouterLab lab({}, {.blind = blind, .non_tls = closed.endpoint()});
    Peer client = lab.client(bytes_of("GET / HTTP/1.1\r\n\r\n"));
    End end{};
    CHECK(client.read_all(end).empty());
    CHECK(end == End::finished);
    client.close();
    CHECK(lab.record().outcome == Outcome::backend_down);
}

TEST_CASE("a backend that does not answer is told internal_error after the deadline", "[router]") {
    const DeafBackend deaf;
    RouterLab lab({route_to(kName, {deaf.endpoint()})}, {.limits = {.connect = 100ms}});
    Peer client = lab.client(hello_for(kName));
    CHECK(client.read_all() == alert(Alert::internal_error));
    client.close();
    CHECK(lab.record().outcome == Outcome::backend_timeout);
}

TEST_CASE("a client that resets while its backend is dialled frees both at once", "[router]") {
    const DeafBackend deaf;
    RouterLab lab({route_to(kName, {deaf.endpoint()})}, {.limits = {.connect = 1h}});
    lab.client(hello_for(kName)).reset();
    CHECK(lab.record().outcome == Outcome::client_reset);
    CHECK(lab.record().client_end == net::Ending::reset);
}

TEST_CASE("a client that resets while the next backend is dialled is told of with that one alone",
          "[router]") {
    const ClosedPort closed;
    const DeafBackend deaf;
    RouterLab lab({{route::HostPattern::parse(kName).value(),
                    {{closed.endpoint(), 1'000}, {deaf.endpoint(), 1}}}},
                  {.limits = {.connect = 1h}});
    Peer client = lab.client(hello_for(kName));
    wait_until_dialled(lab, deaf.endpoint());
    client.reset();
    const router::SessionRecord record = lab.record();
    CHECK(record.outcome == Outcome::client_reset);
    CHECK(record.backend == deaf.endpoint());
    CHECK(record.error == 0);
    CHECK(record.tries == 2);
}

}  // namespace router_refusal_test
