#include "lab/core/default_listen.h"

#include "tests/support/catch.h"

namespace core_default_listen_test {

using namespace sni;

namespace {

std::string shown(const std::map<std::uint16_t, Endpoint>& listen) {
    std::string text;
    for (const auto& [port, at] : listen) {
        text += std::to_string(port) + "=" + to_string(at) + " ";
    }
    return text;
}

}  // namespace

TEST_CASE("low Gateway ports are served higher, others as they are", "[core]") {
    const std::vector<std::uint16_t> ports = {80, 443, 1024, 10443};
    CHECK(shown(default_listen(ports, kLabOffset)) ==
          "80=127.0.0.1:8080 443=127.0.0.1:8443 1024=127.0.0.1:1024 10443=127.0.0.1:10443 ");
    CHECK(shown(default_listen(ports, kRouterOffset)).starts_with("80=127.0.0.1:9080"));
}

TEST_CASE("a Gateway port steps aside where another one is already", "[core]") {
    const std::vector<std::uint16_t> ports = {443, 8443, 8444};
    CHECK(shown(default_listen(ports, kLabOffset)) ==
          "443=127.0.0.1:8443 8443=127.0.0.1:8444 8444=127.0.0.1:8445 ");
    // What somebody asks for is his, and port 0 is nobody's.
    CHECK(shown(default_listen(ports, kLabOffset, {{8444, loopback(8443)}, {8443, loopback(0)}})) ==
          "443=127.0.0.1:8444 8443=127.0.0.1:0 8444=127.0.0.1:8443 ");
    CHECK(shown(default_listen(ports, kLabOffset, {}, {loopback(8443)}))
              .starts_with("443=127.0.0.1:8444 8443=127.0.0.1:8445"));
}

TEST_CASE("behind the last port come the first ones that anybody may take", "[core]") {
    const std::vector<std::uint16_t> ports = {65535};
    CHECK(shown(default_listen(ports, kLabOffset, {}, {loopback(65535)})) ==
          "65535=127.0.0.1:1024 ");
}

}  // namespace core_default_listen_test
