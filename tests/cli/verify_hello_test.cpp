// --as, --tls, --alpn and --groups: whose hello verify sends, and what the report says of it.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "certs/identity.h"
#include "certs/store.h"
#include "lab/gateways/cheating_gateway.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_verify_hello_test {

using namespace sni;
using gateways::CheatingGateway;
using nlohmann::json;

namespace {

class Site {
  public:
    Site() { certs::write_file(folder_ / "id.pub", known_.identity.public_key().pem()); }

    gateways::CheatingOptions cheat() const {
        return {.backend = known_.backend.listening(),
                .chain_pem = test::lab_certificate().chain_pem(),
                .key = test::lab_certificate().key};
    }

    test::Ran verify(const CheatingGateway& gateway, std::vector<std::string> more) const {
        std::vector<std::string> args = {"verify",
                                         "--gateway",
                                         to_string(gateway.listening()),
                                         "--sni",
                                         "httpbin.example.com",
                                         "--identity",
                                         (folder_ / "id.pub").string(),
                                         "--state",
                                         (folder_ / "state").string()};
        args.insert(args.end(), more.begin(), more.end());
        return test::run(args);
    }

  private:
    test::TempFolder folder_;
    test::KnownBackend known_;
};

}  // namespace

TEST_CASE("verify says which hello it sent, and finds with another what spares that one", "[cli]") {
    const Site site;
    gateways::CheatingOptions options = site.cheat();
    SECTION("a gateway that ends TLS 1.2 alone") {
        options.picks = [](const tls::HelloFacts& hello) {
            return std::ranges::count(hello.supported_versions, 0x0304) == 0;
        };
        const CheatingGateway gateway(options);
        const auto ordinary = site.verify(gateway, {"--json"});
        INFO(ordinary.err);
        CHECK(ordinary.status == 0);
        const json check = json::parse(ordinary.out)["checks"][0];
        const std::string ja4 = check["client"]["ja4"];
        CHECK(ja4.starts_with("t13d"));
        const auto text = site.verify(gateway, {});
        CHECK_THAT(text.out, test::Contains(ja4 + ": only hellos like this one were tested"));
        CHECK(site.verify(gateway, {"--tls", "1.2"}).status == 1);
        CHECK(site.verify(gateway, {"--tls", "1.3"}).status == 0);
    }
    SECTION("one that ends TLS for everybody who offers no h2") {
        options.picks = [](const tls::HelloFacts& hello) {
            return std::ranges::count(hello.alpn, "h2") == 0;
        };
        const CheatingGateway gateway(options);
        CHECK(site.verify(gateway, {}).status == 0);
        CHECK(site.verify(gateway, {"--as", "browser"}).status == 0);
        CHECK(site.verify(gateway, {"--as", "python"}).status == 1);
        CHECK(site.verify(gateway, {"--alpn", "http/1.1"}).status == 1);
        CHECK(site.verify(gateway, {"--alpn", "none"}).status == 1);
    }
    SECTION("one that ends it for a group of the key exchange") {
        options.picks = [](const tls::HelloFacts& hello) {
            return hello.groups == std::vector<std::uint16_t>{0x0017};
        };
        const CheatingGateway gateway(options);
        CHECK(site.verify(gateway, {}).status == 0);
        CHECK(site.verify(gateway, {"--groups", "P-256"}).status == 1);
        CHECK(site.verify(gateway, {"--groups", "P-256,X25519"}).status == 0);
    }
}

TEST_CASE("a hello that cannot be offered is refused before anybody is asked", "[cli]") {
    const Site site;
    const CheatingGateway gateway(site.cheat());
    CHECK(site.verify(gateway, {"--as", "netscape"}).status == 2);
    CHECK(site.verify(gateway, {"--tls", "1.1"}).status == 2);
    const auto empty = site.verify(gateway, {"--alpn", "a,,b"});
    CHECK(empty.status == 2);
    CHECK_THAT(empty.err, test::Contains("an ALPN name has 1 to 255 bytes"));
    CHECK_THAT(empty.err, test::Contains("write --alpn h2,http/1.1"));
    const auto refused = site.verify(gateway, {"--groups", "P-257"});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.err, test::Contains("OpenSSL knows no groups P-257"));
}

TEST_CASE("the line for curl that verify prints asks the same question", "[cli]") {
    if (!test::have("curl")) return;
    const Site site;
    const CheatingGateway gateway(site.cheat());
    const auto ran = site.verify(gateway, {"-v", "--request", "/anything/a/../[1-3]", "--groups",
                                           "X25519,P-256", "--alpn", "http/1.1"});
    const std::size_t at = ran.out.find("\n  curl -v ");
    REQUIRE(at != std::string::npos);
    const std::string line = ran.out.substr(at + 1, ran.out.find('\n', at + 1) - at);
    CAPTURE(line);
    const auto curl = test::run_program({"sh", "-c", line});
    INFO(curl.err);
    REQUIRE(curl.status == 0);
    const json asked = json::parse(curl.out);
    CHECK(asked["url"] == "https://httpbin.example.com/anything/a/../[1-3]");
    CHECK(asked["headers"]["User-Agent"] == "sni-lab");
    CHECK_THAT(curl.err, test::Contains("GET /anything/a/../[1-3] HTTP/1.1"));
}

TEST_CASE("get sends the hello that it is asked for, and no request over h2", "[cli]") {
    const Site site;
    gateways::CheatingOptions options = site.cheat();
    options.every = 0;
    const CheatingGateway honest(options);
    const auto get = [](const CheatingGateway& gateway, std::vector<std::string> more) {
        std::vector<std::string> args = {"get", "https://httpbin.example.com/tls/hello",
                                         "--connect", to_string(gateway.listening())};
        args.insert(args.end(), more.begin(), more.end());
        std::ostringstream out, err;
        const int status = cli::run(args, out, err);
        return std::pair(status, out.str());
    };
    const auto alpn = [](const std::string& body) {
        const json hello = json::parse(body)["hello"]["alpn"];
        return hello.get<std::vector<std::string>>();
    };
    CHECK(alpn(get(honest, {}).second) == std::vector<std::string>{"http/1.1"});
    CHECK(alpn(get(honest, {"--alpn", "h2,http/1.1"}).second) ==
          std::vector<std::string>{"h2", "http/1.1"});
    CHECK(alpn(get(honest, {"--as", "browser"}).second) == std::vector<std::string>{"http/1.1"});
    const json node = json::parse(get(honest, {"--as", "node"}).second);
    CHECK(node["hello"]["alpn"].empty());
    CHECK(node["hello"]["cipher_suites"].size() > 40);

    options.every = 1;
    options.alpn = "h2";
    const CheatingGateway speaks_h2(options);
    CHECK(get(speaks_h2, {}).first == 0);
    const auto refused = get(speaks_h2, {"--alpn", "h2,http/1.1", "--json"});
    CHECK(refused.first == 4);
    CHECK_THAT(refused.second, test::Contains("h2 was chosen by ALPN"));
}

}  // namespace cli_verify_hello_test
