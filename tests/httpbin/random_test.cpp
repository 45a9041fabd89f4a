#include "lab/httpbin/random.h"

#include <regex>
#include <set>

#include "lab/core/bytes.h"
#include "lab/core/encoding.h"
#include "lab/http/number.h"
#include "lab/httpbin/pace.h"
#include "tests/support/catch.h"

namespace httpbin_random_test {

using namespace sni;
using namespace sni::httpbin;
using http::parse_clamped;
using http::parse_float;

namespace {

std::string seeded_hex(std::string_view seed, std::size_t count) {
    return to_hex(as_bytes(seeded_bytes(seed, count).value()));
}

}  // namespace

TEST_CASE("seeded bytes are those that httpbin's users pin", "[backend]") {
    CHECK(seeded_hex("0", 10) == "c5d71484f8cf9bf4b76f");
    CHECK(seeded_hex("1", 5) == "4420823cfd");
    CHECK(seeded_hex("-1", 5) == seeded_hex("1", 5));
    CHECK(seeded_hex("+1", 5) == seeded_hex("01", 5));
    // random.Random(2**64 + 1) of CPython 3.11: more than one word of key.
    CHECK(seeded_hex("18446744073709551617", 8) == "34de800dfdb43ebd");
    CHECK(seeded_bytes("5", 1000).value().starts_with(seeded_bytes("5", 10).value()));
}

TEST_CASE("a UUID is random, of version 4, and written as RFC 9562 writes it", "[backend]") {
    const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int i = 0; i < 300; ++i) {
        const std::string uuid = random_uuid();
        CAPTURE(uuid);
        CHECK(std::regex_match(uuid, form));
        CHECK(seen.insert(uuid).second);
    }
}

TEST_CASE("as many random bytes come as are asked for, however many", "[backend]") {
    for (const std::size_t count : {0u, 1u, 256u, 257u, 100'000u}) {
        const std::string bytes = random_bytes(count);
        CHECK(bytes.size() == count);
        // One of 256 values would be missing from so many in no lifetime.
        if (count > 10'000) CHECK(std::set(bytes.begin(), bytes.end()).size() == 256);
    }
}

TEST_CASE("a seed that is no integer is refused", "[backend]") {
    for (const std::string seed : {"", "-", "1.5", "abc", "1e3", " 1", "0x10"}) {
        CAPTURE(seed);
        CHECK_FALSE(seeded_bytes(seed, 1));
    }
    CHECK_FALSE(seeded_bytes(std::string(1001, '1'), 1));
}

TEST_CASE("floats read as Python reads them", "[backend]") {
    CHECK(parse_float("1.5") == 1.5);
    CHECK(parse_float(" +2e-1 ") == 0.2);
    CHECK(parse_float(".5") == 0.5);
    CHECK(parse_float("1e-999") == 0.0);
    CHECK(parse_float("1e999") == std::numeric_limits<double>::infinity());
    for (const std::string text : {"", " ", "abc", "1x", "+-1", "1 2", "0x10", "--1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_float(text));
    }
}

TEST_CASE("a delay is at most ten seconds and never negative", "[backend]") {
    using std::chrono::milliseconds;
    CHECK(parse_delay("0.25").value() == milliseconds(250));
    CHECK(parse_delay("3e0").value() == milliseconds(3000));
    CHECK(parse_delay("1000000").value() == milliseconds(10'000));
    for (const std::string text : {"abc", "nan", "-1", "inf", "-inf", "1s", "1e999"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_delay(text).has_value());
    }
    CHECK(parse_delay("x").error() == "\"x\" is not a number of seconds");
}

}  // namespace httpbin_random_test
