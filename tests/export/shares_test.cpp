#include "lab/export/routers/shares.h"

#include "tests/support/catch.h"

namespace export_shares_test {

using namespace sni;
using namespace sni::exporting;

namespace {

Share share(std::uint64_t weight, std::size_t addresses) {
    return {.addresses = std::vector<Endpoint>(addresses, loopback(1)), .weight = weight};
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

TEST_CASE("a weight beside a far larger one is rounded, and never to nothing", "[export]") {
    const auto rounded = weights({share(3'000'000'001, 1), share(1, 1)});
    REQUIRE(rounded.size() == 2);
    CHECK(rounded[0] <= 1'000'000);
    CHECK(rounded[0] > 900'000);
    CHECK(rounded[1] == 1);
}

}  // namespace export_shares_test
