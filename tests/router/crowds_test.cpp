// More clients than usual, and less of everything than they want.
#include <algorithm>
#include <future>

#include <sys/resource.h>

#include "lab/router/router.h"
#include "tests/support/router_lab.h"

namespace router_crowds_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using router::Outcome;

TEST_CASE("two hundred clients at once are all served, and leave nothing behind", "[router]") {
    const std::size_t before = open_descriptors();
    {
        const Stub backend(echo);
        RouterLab lab({route_to(kName, {backend.endpoint()})});
        std::vector<Peer> clients;
        for (int i = 0; i < 200; ++i) {
            clients.push_back(lab.client());
        }
        const Buffer wire = hello_for(kName);
        for (std::size_t i = 0; i < clients.size(); ++i) {
            clients[i].send(wire + noise(1'000 + i, i));
        }
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const Buffer sent = wire + noise(1'000 + i, i);
            REQUIRE((clients[i].read(sent.size()) == sent));
        }
        for (Peer& client : clients) {
            client.finish();
        }
        for (Peer& client : clients) {
            CHECK(client.end() == End::finished);
        }
        CHECK(lab.records(200).size() == 200);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("five hundred stalled hellos do not hold up a good one", "[router]") {
    const Stub backend(says("served"));
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer wire = hello_for(kName);
    std::vector<Peer> stalled;
    for (int i = 0; i < 500; ++i) {
        stalled.push_back(lab.client(Buffer(wire.begin(), wire.end() - 1)));
    }
    CHECK(reached(lab, wire) == "served");
}

TEST_CASE("beyond the most connections allowed a client waits its turn", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, {.threads = 2, .max_connections = 3});
    CHECK(lab.router().max_connections() == 3);
    const Buffer wire = hello_for(kName);
    std::vector<Peer> first;
    for (int i = 0; i < 3; ++i) {
        first.push_back(lab.client(wire));
        REQUIRE(first.back().read(wire.size()) == wire);
    }
    Peer fourth = lab.client(wire);
    pollfd waiting{.fd = fourth.fd(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&waiting, 1, 50) == 0);
    first.pop_back();
    CHECK(fourth.read(wire.size()) == wire);
}

TEST_CASE("a process without descriptors neither spins nor dies, and goes on later", "[router]") {
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})}, {.threads = 2, .max_connections = 1'000});
    const Buffer wire = hello_for(kName);
    {
        // One good round first: UBSan looks at a type once, and needs descriptors to look.
        Peer good = lab.client();
        good.send(wire);
        REQUIRE(door.accept().read(wire.size()) == wire);
    }
    Peer client = lab.client();

    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit none{.rlim_cur = 3, .rlim_max = limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    timespec cpu_before{}, cpu_after{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_before);
    client.send(wire);
    pollfd waiting{.fd = client.fd(), .events = POLLIN, .revents = 0};
    const int answered = ::poll(&waiting, 1, 300);  // time enough to spin
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_after);
    ::setrlimit(RLIMIT_NOFILE, &limit);

    CHECK(answered == 0);
    const double cpu = static_cast<double>(cpu_after.tv_sec - cpu_before.tv_sec) +
                       static_cast<double>(cpu_after.tv_nsec - cpu_before.tv_nsec) / 1e9;
    CHECK(cpu < 0.1);
    CHECK(door.accept().read(wire.size()) == wire);
}

}  // namespace router_crowds_test
