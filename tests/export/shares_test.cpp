#include "lab/export/routers/shares.h"

#include "tests/support/catch.h"

namespace export_shares_test {

using namespace sni;
using namespace sni::exporting;

namespace {

Share share(std::uint64_t weight, std::size_t addresses) {
    return {.servers = std::vector<Server>(addresses, {.address = loopback(1)}), .weight = weight};
}

Share of_servers(std::uint64_t weight, std::initializer_list<std::uint32_t> weights) {
    Share share{.servers = {}, .weight = weight};
    for (const std::uint32_t each : weights) {
        share.servers.push_back({.address = loopback(1), .weight = each});
    }
    return share;
}

std::vector<std::uint32_t> weights(const std::vector<Share>& shares) {
    std::vector<std::uint32_t> all;
    for (const Server& server : divide(shares)) {
        all.push_back(server.weight);
    }
    return all;
}

}  // namespace

TEST_CASE("weights are divided among addresses, in numbers as small as can be", "[export]") {
    CHECK(weights({}).empty());
    CHECK(weights({share(70, 1)}) == std::vector<std::uint32_t>{1});
    CHECK(weights({share(90, 1), share(10, 1)}) == std::vector<std::uint32_t>{9, 1});
    CHECK(weights({share(1, 2), share(1, 1)}) == std::vector<std::uint32_t>{1, 1, 2});
    CHECK(weights({share(50, 2), share(50, 3)}) == std::vector<std::uint32_t>{3, 3, 2, 2, 2});
}

TEST_CASE("addresses with weights of their own share what their destination has", "[export]") {
    CHECK(weights({of_servers(1, {9, 1, 1})}) == std::vector<std::uint32_t>{9, 1, 1});
    CHECK(weights({of_servers(1, {20, 10})}) == std::vector<std::uint32_t>{2, 1});
    CHECK(weights({of_servers(50, {9, 1}), share(50, 1)}) == std::vector<std::uint32_t>{9, 1, 10});
    const auto rounded = weights({of_servers(1, {4'000'000'000, 1})});
    CHECK(rounded == std::vector<std::uint32_t>{1'000, 1});
}

TEST_CASE("a weight beside a far larger one is rounded, and never to nothing", "[export]") {
    const auto rounded = weights({share(3'000'000'001, 1), share(1, 1)});
    REQUIRE(rounded.size() == 2);
    CHECK(rounded[0] <= 1'000'000);
    CHECK(rounded[0] > 900'000);
    CHECK(rounded[1] == 1);
}

}  // namespace export_shares_test
