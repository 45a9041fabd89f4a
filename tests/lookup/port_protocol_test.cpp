// What a Service's port speaks, by Istio's reading of its name and appProtocol.
#include "lab/lookup/port_protocol.h"

#include "tests/support/catch.h"

namespace lookup_port_protocol_test {

using namespace sni;

namespace {

std::string protocol(std::string name, std::string app_protocol = {}, std::int64_t number = 443) {
    return lookup::protocol_of({.name = {std::move(name), {}},
                                .app_protocol = {std::move(app_protocol), {}},
                                .port = {number, {}},
                                .target = {},
                                .protocol = {"TCP", {}},
                                .at = {}});
}

}  // namespace

TEST_CASE("a port speaks what its appProtocol says, else its name up to a dash", "[lookup]") {
    CHECK(protocol("https-web") == "https");
    CHECK(protocol("TLS") == "tls");
    CHECK(protocol("grpc-web-admin") == "grpc-web");
    CHECK(protocol("http", "tls") == "tls");
    CHECK(protocol("x", "http-web") == "http");
    CHECK(protocol("x", "kubernetes.io/h2c") == "http2");
    CHECK(protocol("x", "kubernetes.io/wss") == "https");
}

TEST_CASE("a port whose name says nothing is TCP only where its number does", "[lookup]") {
    CHECK(protocol("web").empty());
    CHECK(protocol("").empty());
    CHECK(protocol("http", "odd").empty());
    CHECK(protocol("database", {}, 3306) == "tcp");
}

}  // namespace lookup_port_protocol_test
