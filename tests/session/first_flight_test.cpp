#include "lab/session/first_flight.h"

#include <string>

#include "lab/core/bytes.h"
#include "tests/support/catch.h"

namespace session_first_flight_test {

using namespace sni;
using session::FirstFlight;

TEST_CASE("bytes that were there together arrived once, however they were read", "[session]") {
    FirstFlight flight;
    flight.took(std::string("abc"));
    flight.took(std::string("d"));
    flight.ran_dry();
    flight.took(std::string("e"));
    CHECK(as_text(flight.bytes()) == "abcde");
    CHECK(flight.arrivals(4) == 1);
    CHECK(flight.arrivals(5) == 2);
}

TEST_CASE("bytes that come one by one take little more memory than they are", "[session]") {
    FirstFlight flight;
    constexpr std::size_t kBytes = 20'000;
    for (std::size_t i = 0; i < kBytes; ++i) {
        flight.took(std::string(1, 'x'));
        flight.ran_dry();
    }
    CHECK(flight.bytes().size() == kBytes);
    CHECK(flight.arrivals(kBytes) == FirstFlight::kMostArrivals);
    CHECK(flight.held() <= kBytes + kBytes / 8 + 8 * FirstFlight::kMostArrivals);
}

TEST_CASE("of a first flight no more is kept than its limit", "[session]") {
    FirstFlight flight;
    const std::string piece(10'000, 'x');
    for (int i = 0; i < 10; ++i) {
        CHECK_FALSE((i < 6 && flight.full()));
        flight.took(piece);
    }
    CHECK(flight.full());
    CHECK(flight.bytes().size() == FirstFlight::kMost);
}

}  // namespace session_first_flight_test
