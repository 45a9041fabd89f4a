#include "lab/torture/remedy.h"

#include "lab/peers/product.h"
#include "tests/support/catch.h"

namespace torture_remedy_test {

using namespace sni;
using torture::Finding;
using torture::remedy;
using torture::Verdict;

TEST_CASE("a known product's setting is told for what it mends", "[torture]") {
    const Finding split{.shape = "rec/2-records-mid-sni", .verdict = Verdict::misrouted, .how = {}};
    CHECK_THAT(std::string(remedy("haproxy", "guide", split)),
               test::Contains("req.ssl_sni reads one record"));
    const Finding half{.shape = "then/half-close", .verdict = Verdict::lost, .how = {}};
    CHECK(remedy("nginx", "guide", half) == "proxy_half_close on;");
    CHECK(remedy("nginx", "", half) == "proxy_half_close on;");
    CHECK(remedy("nginx", "tuned", half).empty());
    CHECK(remedy("haproxy", "guide", half).empty());
    CHECK(remedy("", "guide", split).empty());
    CHECK(remedy("something", "guide", split).empty());
    Finding well = half;
    well.well = true;
    CHECK(remedy("nginx", "guide", well).empty());
}

}  // namespace torture_remedy_test
