#include "lab/http/message.h"
#include "lab/httpbin/status_codes.h"
#include "tests/support/catch.h"

namespace httpbin_status_test {

using namespace sni::httpbin;
using sni::http::reason_phrase;

namespace {

bool valid(std::string_view text) {
    return parse_status_codes(text).has_value();
}

}  // namespace

TEST_CASE("status codes come alone or as a weighted list", "[backend]") {
    using Codes = std::vector<WeightedCode>;
    CHECK(parse_status_codes("418").value() == Codes{{418, 1}});
    CHECK(parse_status_codes("200,503").value() == Codes{{200, 1}, {503, 1}});
    CHECK(parse_status_codes("200:3,503:0.5,404").value() == Codes{{200, 3}, {503, 0.5}, {404, 1}});
    CHECK(parse_status_codes("200:0,503:1e0").value() == Codes{{200, 0}, {503, 1}});
}

TEST_CASE("what is no status code is refused", "[backend]") {
    for (const std::string text : {"",
                                   "abc",
                                   "418:1",
                                   "200,",
                                   ",200",
                                   "200:x,300",
                                   "200:-1,300",
                                   "200:nan,300",
                                   "200:inf,300",
                                   "200:0,300:0",
                                   "100",
                                   "199",
                                   "600",
                                   "99",
                                   "-1",
                                   "1e2",
                                   "200 ",
                                   "+200",
                                   "99999999999999999999",
                                   "200:,300"}) {
        CAPTURE(text);
        CHECK_FALSE(valid(text));
    }
    CHECK(valid("200"));
    CHECK(valid("599"));
}

TEST_CASE("a code is chosen in proportion to its weight, and never with weight zero", "[backend]") {
    const std::vector<WeightedCode> codes = {{500, 0}, {200, 3}, {418, 1}, {501, 0}};
    CHECK(choose(codes, 0.0) == 200);
    CHECK(choose(codes, 0.74) == 200);
    CHECK(choose(codes, 0.76) == 418);
    CHECK(choose(codes, 0.999999999) == 418);
}

TEST_CASE("reason phrases are the registered ones, and sensible for other codes", "[backend]") {
    CHECK(reason_phrase(200) == "OK");
    CHECK(reason_phrase(418) == "I'm a teapot");
    CHECK(reason_phrase(299) == "Success");
    CHECK(reason_phrase(399) == "Redirection");
    CHECK(reason_phrase(499) == "Client Error");
    CHECK(reason_phrase(520) == "Server Error");
}

}  // namespace httpbin_status_test
