#include "lab/http/credentials.h"

#include "tests/support/catch.h"

namespace http_credentials_test {

using namespace sni::http;

TEST_CASE("parameters of credentials are read quoted or bare, with names in lower case",
          "[backend]") {
    CHECK(parse_credentials(R"(Digest username="a b", QOP=auth,nc = 1)", "Digest") ==
          Fields{{"username", "a b"}, {"qop", "auth"}, {"nc", "1"}});
    CHECK(parse_credentials(R"(dIGEST name="say \"x\\y\"")", "Digest") ==
          Fields{{"name", R"(say "x\y")"}});
    CHECK(parse_credentials("Digest ", "Digest") == Fields());
}

TEST_CASE("credentials of another scheme, or with a broken parameter, are none", "[backend]") {
    for (const char* header : {"", "Digest", "Digestive a=b", "Basic dXNlcjpwYXNzd2Q=",
                               "Digest username", R"(Digest username="user)"}) {
        CAPTURE(header);
        CHECK(!parse_credentials(header, "Digest"));
    }
}

}  // namespace http_credentials_test
