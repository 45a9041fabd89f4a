#include <future>
#include <new>

#include "lab/net/resolve.h"
#include "tests/support/catch.h"

namespace net_look_up_until_test {

using namespace sni;
using namespace std::chrono_literals;

TEST_CASE("a look-up that does not end is given up at its deadline", "[net]") {
    const Endpoint name{Endpoint::Kind::name, "silent.example.com", 443};
    auto answered = std::make_shared<std::promise<void>>();
    const auto silent = [waiting = answered->get_future().share()](const Endpoint&) {
        waiting.wait();
        return Result<std::vector<Endpoint>, std::string>();
    };
    const auto began = net::Clock::now();
    CHECK_FALSE(net::look_up_until(name, began + 50ms, silent));
    CHECK(net::Clock::now() - began < 5s);
    answered->set_value();  // whoever looked up ends for itself
}

TEST_CASE("what a look-up throws is thrown where it is waited for", "[net]") {
    const Endpoint name{Endpoint::Kind::name, "gw.example.com", 443};
    const auto without_memory = [](const Endpoint&) -> Result<std::vector<Endpoint>, std::string> {
        throw std::bad_alloc();
    };
    CHECK_THROWS_AS(net::look_up_until(name, net::Clock::now() + 10s, without_memory),
                    std::bad_alloc);
}

TEST_CASE("a look-up in time has its answer, its error, or the address itself", "[net]") {
    const Endpoint name{Endpoint::Kind::name, "gw.example.com", 443};
    const auto soon = net::Clock::now() + 10s;
    const std::vector<Endpoint> two = {{Endpoint::Kind::ipv4, "192.0.2.1", 443},
                                       {Endpoint::Kind::ipv6, "2001:db8::1", 443}};
    CHECK(net::look_up_until(name, soon, [&](const Endpoint&) {
              return Result<std::vector<Endpoint>, std::string>(two);
          })->value() == two);
    const Endpoint none{Endpoint::Kind::name, "no-such-host.invalid", 443};
    CHECK_FALSE(net::look_up_until(none, soon)->has_value());
    CHECK(net::look_up_until(loopback(443), soon)->value() == std::vector{loopback(443)});
}

}  // namespace net_look_up_until_test
