#include "lab/torture/remedy.h"

#include "lab/peers/product.h"
#include "tests/support/catch.h"

using namespace sni;
using torture::Finding;
using torture::remedy;
using torture::Verdict;

TEST_CASE("a known product's setting is told for what it mends", "[torture]") {
    const Finding split{.shape = "rec/2-records-mid-sni", .verdict = Verdict::misrouted, .how = {}};
    CHECK_THAT(std::string(remedy("haproxy", split)), test::Contains("req.ssl_sni reads one record"));
    const Finding half{.shape = "then/half-close", .verdict = Verdict::lost, .how = {}};
    CHECK(remedy("nginx", half) == "proxy_half_close on;");
    CHECK(remedy("haproxy", half).empty());
    CHECK(remedy("", split).empty());
    CHECK(remedy("something", split).empty());
    Finding well = half;
    well.well = true;
    CHECK(remedy("nginx", well).empty());
}
