#include "lab/http/url.h"

#include "tests/support/catch.h"

namespace http_url_test {

using namespace sni::http;

TEST_CASE("an https URL is taken apart", "[http]") {
    CHECK(*parse_https_url("https://HttpBin.example.com") == Url{"httpbin.example.com", 443, "/"});
    CHECK(*parse_https_url("https://a.example:8443/x?y=z#frag") ==
          Url{"a.example", 8443, "/x?y=z"});
    for (const char* const as_curl : {"HTTPS://a.example/x", "a.example/x", "a.example:443/x"}) {
        CAPTURE(as_curl);
        CHECK(*parse_https_url(as_curl) == Url{"a.example", 443, "/x"});
    }
    CHECK(*parse_https_url("a.example/to?next=https://b/") ==
          Url{"a.example", 443, "/to?next=https://b/"});
    CHECK(*parse_https_url("https://[::1]:1?q") == Url{"::1", 1, "/?q"});
    CHECK(parse_https_url("https://[::1]/")->authority() == "[::1]");
    CHECK(parse_https_url("https://a.example:444/")->authority() == "a.example:444");
    for (const char* bad : {"http://a/", "", "https://", "https://a b/", "https://a/x y",
                            "https://a/\r\nX: y", "https://u@a/", "https://a:0/", "https://a:x/"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_https_url(bad).has_value());
    }
}

}  // namespace http_url_test
