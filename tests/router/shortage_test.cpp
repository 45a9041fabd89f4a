// What this process is short of is neither a backend's fault nor a secret.
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include "lab/router/ops.h"
#include "lab/router/table.h"
#include "tests/support/hardship.h"
#include "tests/support/router_lab.h"

namespace router_shortage_test {

using namespace sni;
using namespace sni::test;
using router::Outcome;

namespace {

/// A client that the router has accepted and whose hello is short of its last byte.
Peer nearly_heard(RouterLab& lab, const Buffer& wire) {
    Peer client = lab.client(Buffer(wire.begin(), wire.end() - 1));
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (lab.router().snapshot()->stalled_bytes == 0 &&
           std::chrono::steady_clock::now() < until) {
    }
    return client;
}

/// This process's own socket that listens there.
int listening_at(const Endpoint& address) {
    for (int fd = 3; fd < 1'000; ++fd) {
        int listens = 0;
        socklen_t size = sizeof listens;
        const bool socket = ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
        if (socket && listens != 0 && net::local_endpoint(fd) == address) return fd;
    }
    return -1;
}

}  // namespace

TEST_CASE("a backend that could not be dialled for want of descriptors does not rest", "[router]") {
    Door door;
    // Two, since the only one of a route never rests.
    RouterLab lab({route_to(kName, {door.endpoint(), door.endpoint()})},
                  {.threads = 1, .max_connections = 10});
    const Buffer wire = hello_for(kName);
    {
        Peer good = lab.client(wire);  // UBSan needs descriptors to look at a type the first time
        REQUIRE(door.accept().read(wire.size()) == wire);
    }
    lab.records(1);
    Peer client = nearly_heard(lab, wire);
    const auto before = std::chrono::steady_clock::now();  // a first rest is short
    {
        const NoDescriptors none;
        client.send(Buffer(wire.end() - 1, wire.end()));
        CHECK(client.read(7).back() == std::byte{80});  // internal_error
    }
    const router::SessionRecord record = lab.records(2).back();
    CHECK(record.outcome == Outcome::no_descriptors);
    CHECK(record.error == EMFILE);
    const auto table = lab.router().table();
    const auto& backends = table->routes().routes().front().backends;
    REQUIRE(backends.size() == 2);
    for (const route::Backend& backend : backends) {
        CHECK_FALSE(table->rests(backend, before));
    }
}

TEST_CASE("the pages of health say no while a listener cannot accept", "[router]") {
    RouterLab lab({route_to(kName, {loopback(1)})}, {.threads = 1});
    router::Ops ops;
    ops.ready(lab.router());
    const admin::Pages pages = ops.pages();
    CHECK(pages.at("/healthz")().status == 200);
    CHECK(pages.at("/readyz")().status == 200);
    const int listener = listening_at(lab.address());
    REQUIRE(listener >= 0);
    REQUIRE(::shutdown(listener, SHUT_RDWR) == 0);  // accept(2) says EINVAL from now on
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (pages.at("/healthz")().status == 200 && std::chrono::steady_clock::now() < until) {
    }
    for (const char* path : {"/healthz", "/readyz"}) {
        const admin::Page page = pages.at(path)();
        CHECK(page.status == 503);
        CHECK(page.body.find("cannot accept clients: Invalid argument") != std::string::npos);
    }
    CHECK(pages.at("/metrics")().status == 200);
}

TEST_CASE("a list of connections that is cut says how many it leaves out", "[router]") {
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})}, {.threads = 1});
    std::vector<Peer> ends;
    for (int i = 0; i < 5; ++i) {
        ends.push_back(lab.client(hello_for(kName)));
        ends.push_back(door.accept());
    }
    const auto snapshot = lab.router().snapshot(2);
    REQUIRE(snapshot.has_value());
    const auto cut = nlohmann::json::parse(router::connections_json(*snapshot));
    CHECK(cut.at("live") == 5);
    CHECK(cut.at("listed") == 2);
    CHECK(cut.at("left_out") == 3);
    CHECK(cut.at("connections").size() == 2);
    const auto all = nlohmann::json::parse(router::connections_json(*lab.router().snapshot(5)));
    CHECK(all.at("left_out") == 0);
}

}  // namespace router_shortage_test
