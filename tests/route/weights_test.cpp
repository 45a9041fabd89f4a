#include "lab/route/weights.h"

#include <cmath>

#include "tests/support/catch.h"

namespace route_weights_test {

using namespace sni::route;
using Wide = std::vector<std::uint64_t>;
using Small = std::vector<std::uint32_t>;

TEST_CASE("a weight is shared out evenly to its parts, in whole numbers", "[route]") {
    CHECK(weights_of_parts(std::vector<Share>{{2, 75}, {1, 25}}) == Wide{75, 50});
    CHECK(weights_of_parts(std::vector<Share>{{3, 1}, {2, 1}}) == Wide{2, 3});
    CHECK(weights_of_parts(std::vector<Share>{}) == Wide{});
}

TEST_CASE("parts without a common multiple up to a million keep their proportion nearly",
          "[route]") {
    // The multiple of all would not fit 64 bits.
    std::vector<Share> shares;
    for (const std::size_t prime : {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31}) {
        shares.push_back({prime, shares.empty() ? 999'999'999u : 250'000'000u});
    }
    const Wide weights = weights_of_parts(shares);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        CAPTURE(i);
        const double wanted = static_cast<double>(shares[i].weight) /
                              static_cast<double>(shares[0].weight) * 2.0 /
                              static_cast<double>(shares[i].parts);
        const double came = static_cast<double>(weights[i]) / static_cast<double>(weights[0]);
        CHECK(std::abs(came / wanted - 1) < 1e-6);
    }
}

TEST_CASE("no part is left without any weight", "[route]") {
    std::vector<Share> shares(12, Share{1, 0});
    shares.front() = {999'983, 1};  // a prime near the largest multiple
    shares[1] = {999'979, 1};
    for (const std::uint64_t weight : weights_of_parts(shares)) {
        CHECK(weight >= 1);
    }
}

TEST_CASE("weights become as small as their proportion allows", "[route]") {
    CHECK(small_weights(Wide{75, 50}) == Small{3, 2});
    CHECK(small_weights(Wide{7}) == Small{1});
    CHECK(small_weights(Wide{}) == Small{});
}

TEST_CASE("weights that are too large are rounded down together, and never to nothing", "[route]") {
    CHECK(small_weights(Wide{3'000'001, 1'000'000, 1}, 1'000'000) == Small{750'000, 250'000, 1});
    CHECK(small_weights(Wide{std::uint64_t{UINT32_MAX}, 2}) == Small{UINT32_MAX, 2});
    CHECK(small_weights(Wide{std::uint64_t{UINT32_MAX} + 1, 3}) == Small{1u << 31, 1});
}

}  // namespace route_weights_test
