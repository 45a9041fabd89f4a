#include "cli/by_port.h"

#include "lab/core/diagnostic.h"
#include "tests/support/catch.h"

namespace cli_by_port_test {

using namespace sni;
using cli::by_port;
using cli::ByPort;

namespace {

constexpr ByPort kListen{.flag = "--listen", .hint = "it so"};

std::string refusal(const ByPort& how, const std::vector<std::string>& values,
                    const std::vector<std::uint16_t>& ports) {
    try {
        by_port(how, values, ports);
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::usage);
        return failure.diagnostics().front().why;
    }
    return "taken";
}

}  // namespace

TEST_CASE("an address goes to the port that it names", "[cli]") {
    const auto given = by_port(kListen, {"443=127.0.0.1:1", "8443=[::1]:2"}, {443, 8443});
    REQUIRE(given.size() == 2);
    CHECK(to_string(given.at(443)) == "127.0.0.1:1");
    CHECK(to_string(given.at(8443)) == "[::1]:2");
}

TEST_CASE("a second address for a port is refused", "[cli]") {
    const std::string twice = "Gateway port 443 has an address already";
    CHECK(refusal(kListen, {"443=127.0.0.1:1", "8443=[::1]:2", "443=127.0.0.1:3"}, {443, 8443}) ==
          twice);
    CHECK(refusal(kListen, {"127.0.0.1:1", "127.0.0.1:1"}, {443}) == twice);
    CHECK(refusal(kListen, {"127.0.0.1:1", "443=127.0.0.1:2"}, {443}) == twice);
}

TEST_CASE("an address without a port is for the only one, or for the usual one", "[cli]") {
    CHECK(by_port(kListen, {"127.0.0.1:1"}, {8443}).contains(8443));
    CHECK(refusal(kListen, {"127.0.0.1:1"}, {443, 8443}) == "there are 2 Gateway ports");
    CHECK(refusal(kListen, {"127.0.0.1:1"}, {}) == "there are 0 Gateway ports");
    ByPort usual = kListen;
    usual.usual_port = true;
    CHECK(by_port(usual, {"127.0.0.1:1"}, {8443, 443}).contains(443));
    CHECK(by_port(usual, {"127.0.0.1:1"}, {9443, 8443}).contains(9443));
}

TEST_CASE("a port that nobody has is refused, unless it may be another scenario's", "[cli]") {
    CHECK(refusal(kListen, {"80=127.0.0.1:1"}, {443}) == "no Gateway has a port 80");
    CHECK(refusal(kListen, {"0443=127.0.0.1:1"}, {443}) == "no Gateway has a port 0443");
    CHECK(refusal(kListen, {"\x1b=127.0.0.1:1"}, {443}).find('\x1b') == std::string::npos);
    ByPort many = kListen;
    many.for_many = true;
    CHECK(by_port(many, {"80=127.0.0.1:1"}, {443}).empty());
    CHECK(refusal(many, {"80=nonsense"}, {443}) != "taken");
}

}  // namespace cli_by_port_test
