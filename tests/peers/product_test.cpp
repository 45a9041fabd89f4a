#include "lab/peers/product.h"

#include "tests/support/catch.h"

namespace peers_product_test {

using namespace sni;
using namespace sni::peers;

TEST_CASE("every product has a name of its own, and is found by it", "[peers]") {
    for (const Product product : kProducts) {
        CHECK(product_named(to_string(product)) == product);
        CHECK_FALSE(programs_of(product).empty());
    }
    CHECK_FALSE(product_named("apache"));
}

TEST_CASE("a version is the first number with a dot, whatever stands around it", "[peers]") {
    CHECK(version_in("HAProxy version 2.6.12-1+deb12u4 2026/10/02 - https://haproxy.org/") ==
          "2.6.12-1+deb12u4");
    CHECK(version_in("nginx version: nginx/1.22.1") == "1.22.1");
    CHECK(version_in("version: 8b1f3/1.40.0/Clean/RELEASE/BoringSSL") == "1.40.0");
    CHECK(version_in("sslh-ev v2.3.1") == "2.3.1");
    CHECK(version_in("v2.11.4 h1:abc=") == "2.11.4");
    CHECK(version_in("sni-lab 0.1.0 (OpenSSL 3.0.22)") == "0.1.0");
    CHECK(version_in("2 routers, 7.") == "");
    CHECK(version_in("") == "");
}

TEST_CASE("nginx tells whether its stream module is there, and where", "[peers]") {
    CHECK(stream_module("--prefix=/x --with-stream --with-y")->built_in);
    const auto dynamic =
        stream_module("--modules-path=/usr/lib/nginx/modules --with-stream=dynamic\n");
    REQUIRE(dynamic);
    CHECK(dynamic->path == "/usr/lib/nginx/modules/ngx_stream_module.so");
    CHECK_FALSE(stream_module("configure arguments: --with-http_ssl_module"));
}

}  // namespace peers_product_test
