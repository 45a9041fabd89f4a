#include "lab/route/route_table.h"

#include <map>
#include <set>

#include "tests/support/catch.h"

namespace route_route_table_test {

using namespace sni;
using route::Backend;
using route::choose;
using route::Route;
using route::RouteTable;

namespace {

RouteTable table_of(const std::vector<std::string>& flags) {
    std::vector<Route> routes;
    for (const std::string& flag : flags) {
        routes.push_back(route::parse_route(flag).value());
    }
    return RouteTable(std::move(routes));
}

Backend weighing(std::uint32_t weight) {
    return {loopback(1), weight};
}

/// The pattern that takes `name`, or "-".
std::string taker(const RouteTable& table, std::optional<std::string_view> name) {
    const Route* route = table.find(name);
    return route ? route->pattern.text() : "-";
}

}  // namespace

TEST_CASE("exact names go before suffixes, the longest suffix before shorter ones", "[route]") {
    const RouteTable table = table_of({"*.example.com=127.0.0.1:1", "*.b.example.com=127.0.0.1:2",
                                       "a.b.example.com=127.0.0.1:3"});
    CHECK(taker(table, "a.b.example.com") == "a.b.example.com");
    CHECK(taker(table, "c.b.example.com") == "*.b.example.com");
    CHECK(taker(table, "d.c.b.example.com") == "*.b.example.com");
    CHECK(taker(table, "x.example.com") == "*.example.com");
    CHECK(taker(table, "x.a.example.com") == "*.example.com");
    CHECK(taker(table, "example.org") == "-");
    CHECK(taker(table, std::nullopt) == "-");
}

TEST_CASE("a suffix does not cover its own apex, nor names that merely end alike", "[route]") {
    const RouteTable table = table_of({"*.example.com=127.0.0.1:1"});
    CHECK(taker(table, "example.com") == "-");
    CHECK(taker(table, "evilexample.com") == "-");
    CHECK(taker(table, "b.example.com") == "*.example.com");
    CHECK(taker(table, "com") == "-");
}

TEST_CASE("everything else, and a client without a name, goes to the default", "[route]") {
    const RouteTable table = table_of({"*=127.0.0.1:1", "a.example.com=127.0.0.1:2"});
    CHECK(taker(table, "a.example.com") == "a.example.com");
    CHECK(taker(table, "b.example.com") == "*");
    CHECK(taker(table, std::nullopt) == "*");
}

TEST_CASE("an exact name does not cover the names below it", "[route]") {
    CHECK(taker(table_of({"a.example.com=127.0.0.1:1"}), "b.a.example.com") == "-");
}

TEST_CASE("an empty table takes nobody", "[route]") {
    CHECK(taker(RouteTable(), "a.example.com") == "-");
    CHECK(taker(RouteTable(std::vector<Route>{}), std::nullopt) == "-");
}

TEST_CASE("a pattern given twice shares its backends, in the order given", "[route]") {
    const RouteTable table = table_of(
        {"b.example.com=127.0.0.1:9", "A.example.com=127.0.0.1:1*3", "a.example.com=127.0.0.1:2"});
    REQUIRE(table.routes().size() == 2);
    CHECK(table.routes()[0].pattern.text() == "b.example.com");
    CHECK(table.routes()[1].backends == std::vector<Backend>{{loopback(1), 3}, {loopback(2), 1}});
    CHECK(table.find("a.example.com") == &table.routes()[1]);
}

TEST_CASE("every one of many routes is found", "[route]") {
    std::vector<Route> routes;
    for (int i = 0; i < 20'000; ++i) {
        const std::string name = "host-" + std::to_string(i) + ".example.com";
        const std::string pattern = i % 10 == 0 ? "*." + name : name;
        routes.push_back({route::HostPattern::parse(pattern).value(), {weighing(1)}});
    }
    const RouteTable table(std::move(routes));
    for (int i = 0; i < 20'000; ++i) {
        const std::string name = "host-" + std::to_string(i) + ".example.com";
        const Route* found = table.find(i % 10 == 0 ? "x.y." + name : name);
        REQUIRE(found == &table.routes()[static_cast<std::size_t>(i)]);
    }
    CHECK(table.find("host-20000.example.com") == nullptr);
}

TEST_CASE("a route flag reads name, address and weight", "[route]") {
    const auto route = route::parse_route("*.Example.com=[::1]:8443*20");
    REQUIRE(route);
    CHECK(route->pattern.text() == "*.example.com");
    CHECK(route->backends ==
          std::vector<Backend>{{Endpoint{Endpoint::Kind::ipv6, "::1", 8443}, 20}});
    CHECK(route::parse_route("*=unix:/run/a.sock")->backends[0].endpoint.host == "/run/a.sock");
    CHECK(route::parse_route("a=localhost:1")->backends[0].endpoint.kind == Endpoint::Kind::name);
}

TEST_CASE("a bad route flag says which part is wrong", "[route]") {
    CHECK(route::parse_route("a.example.com").error() ==
          "\"a.example.com\" has no '='; write NAME=HOST:PORT, as in "
          "httpbin.example.com=127.0.0.1:9443");
    CHECK(route::parse_route("a..b=127.0.0.1:1").error() ==
          "\"a..b\" is not a host name: a label has 1 to 63 bytes and does not start with '-'");
    CHECK(route::parse_route("a=127.0.0.1").error() ==
          "\"127.0.0.1\" has no port; write ADDRESS:PORT");
    CHECK(route::parse_route("a=127.0.0.1:0").error() ==
          "\"127.0.0.1:0\" has port 0, where no backend can listen");
    CHECK(route::parse_route("a=127.0.0.1:1*x").error() ==
          "weight \"x\" is not a number from 0 to 1000000");
    CHECK(route::parse_route("a=127.0.0.1:1*-1").error() ==
          "weight \"-1\" is not a number from 0 to 1000000");
    CHECK_FALSE(route::parse_route("a=127.0.0.1:1*"));
    CHECK_FALSE(route::parse_route("a=127.0.0.1:1*1000001"));
}

TEST_CASE("a backend of weight 0 is one that gets no new connections", "[route]") {
    CHECK(route::parse_route("a=127.0.0.1:1*0")->backends[0].weight == 0);
}

TEST_CASE("over one round of turns each backend comes as often as it weighs", "[route]") {
    const std::vector<std::uint32_t> weights = {90, 0, 9, 1};
    const std::uint64_t start = GENERATE(0u, 7u, 1'000'000'007u);
    std::map<std::size_t, int> count;
    for (std::uint64_t turn = start; turn < start + 100; ++turn) {
        ++count[choose(weights, turn)->index];
    }
    CHECK(count == std::map<std::size_t, int>{{0, 90}, {2, 9}, {3, 1}});
}

TEST_CASE("each has turns of its own, without a gap and without a repetition", "[route]") {
    const std::vector<std::uint32_t> weights = {5, 3, 2};
    std::map<std::size_t, std::set<std::uint64_t>> turns;
    for (std::uint64_t turn = 0; turn < 40; ++turn) {
        const auto choice = choose(weights, turn).value();
        CHECK(turns[choice.index].insert(choice.turn).second);
    }
    CHECK(turns[0].size() == 20);
    CHECK(*turns[0].rbegin() == 19);
    CHECK(turns[2].size() == 8);
    CHECK(*turns[2].rbegin() == 7);
}

TEST_CASE("weights that add up to more than four thousand million share all the same", "[route]") {
    const std::vector<std::uint32_t> weights(10'000, 1'000'000);
    std::vector<int> halves(2);
    for (std::uint64_t turn = 0; turn < 2'000; ++turn) {
        ++halves[choose(weights, turn * 5'000'011)->index / 5'000];
    }
    CHECK(halves[0] > 900);
    CHECK(halves[1] > 900);
}

TEST_CASE("equal backends do not come in long runs", "[route]") {
    const std::vector<std::uint32_t> weights = {50, 50};
    int run = 0;
    int longest = 0;
    std::size_t last = 9;
    for (std::uint64_t turn = 0; turn < 200; ++turn) {
        const std::size_t chosen = choose(weights, turn)->index;
        run = chosen == last ? run + 1 : 1;
        longest = std::max(longest, run);
        last = chosen;
    }
    CHECK(longest <= 3);
}

TEST_CASE("one backend takes every turn, and none is chosen where all weigh nothing", "[route]") {
    CHECK(choose(std::vector<std::uint32_t>{1}, 12345)->index == 0);
    CHECK(choose(std::vector<std::uint32_t>{0}, 0) == std::nullopt);
    CHECK(choose({}, 0) == std::nullopt);
}

}  // namespace route_route_table_test
