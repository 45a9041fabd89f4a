#include "lab/http/accept.h"

#include "tests/support/catch.h"

namespace http_accept_test {

using namespace sni;

namespace {

double weight(std::string_view accept, std::string_view type) {
    return http::acceptance(accept, type).weight;
}

}  // namespace

TEST_CASE("the closest range says how much a type is liked", "[http]") {
    using By = http::Acceptance::By;
    const std::string_view list =
        "text/*;q=0.3, TEXT/html;q=0.7, text/html;level=1, */*;q=0.5, image/png ; Q=0";
    CHECK(http::acceptance(list, "text/html") == http::Acceptance{By::name, 0.7});
    CHECK(http::acceptance(list, "text/plain") == http::Acceptance{By::kind, 0.3});
    CHECK(http::acceptance(list, "image/jpeg") == http::Acceptance{By::anything, 0.5});
    CHECK(http::acceptance(list, "image/png") == http::Acceptance{By::name, 0});
    CHECK(http::acceptance("text/html", "image/png") == http::Acceptance{});
    CHECK(http::acceptance("", "image/png") == http::Acceptance{});
}

TEST_CASE("a weight is from 0 to 1, and 1 where none is given", "[http]") {
    CHECK(weight("a/b", "a/b") == 1);
    CHECK(weight("a/b;c=d;q=0.25", "a/b") == 0.25);
    CHECK(weight("a/b;q=7", "a/b") == 1);
    CHECK(weight("a/b;q=-1", "a/b") == 0);
    CHECK(weight("a/b;q=nan", "a/b") == 0);
    CHECK(weight("a/b;q=", "a/b") == 0);
}

}  // namespace http_accept_test
