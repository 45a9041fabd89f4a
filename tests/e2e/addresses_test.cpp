// A gateway's name with several addresses: each is asked. /etc/hosts is the name server, in a mount
// namespace of the test's own.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "certs/identity.h"
#include "certs/store.h"
#include "lab/gateways/cheating_gateway.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_addresses_test {

using namespace sni;
using nlohmann::json;
using test::Finished;
using test::LabFolder;

namespace {

Endpoint loopback_number(int number, std::uint16_t port) {
    return {Endpoint::Kind::ipv4, "127.0.0." + std::to_string(number), port};
}

/// An honest gateway at 127.0.0.2, and one at 127.0.0.3 that ends TLS, on one port.
class Site {
  public:
    Site() {
        certs::write_file(lab / "id.pub", known_.identity.public_key().pem());
        gateways::CheatingOptions options{.listen = loopback_number(2, 0),
                                          .backend = known_.backend.listening(),
                                          .chain_pem = test::lab_certificate().chain_pem(),
                                          .key = test::lab_certificate().key,
                                          .every = 0};
        honest_.emplace(options);
        options.listen = loopback_number(3, port());
        options.every = 1;
        cheat_.emplace(options);
    }

    std::uint16_t port() const { return honest_->listening().port; }

    /// verify where /etc/hosts is `hosts`; nothing where no namespace can be made.
    std::optional<Finished> verify(const std::string& hosts,
                                   const std::string& more = "--json") const {
        test::spill(lab / "hosts", hosts);
        const Finished possible =
            lab.run_other({"unshare", "-m", "mount", "--bind", "hosts", "/etc/hosts"});
        if (possible.status != 0) {
            WARN("not run: no mount namespace can be made here");
            return std::nullopt;
        }
        const std::string command = std::string("mount --bind hosts /etc/hosts && ") +
                                    SNI_LAB_BINARY +
                                    " verify --gateway gw.example.com:" + std::to_string(port()) +
                                    " --sni httpbin.example.com --identity id.pub " + more;
        return lab.run_other({"unshare", "-m", "sh", "-c", command});
    }

    LabFolder lab;

  private:
    test::KnownBackend known_;
    std::optional<gateways::CheatingGateway> honest_;
    std::optional<gateways::CheatingGateway> cheat_;
};

json check_at(const json& report, const std::string& address) {
    for (const json& check : report["checks"]) {
        if (check["address"] == address) return check;
    }
    return {};
}

}  // namespace

TEST_CASE("every address of a gateway's name is asked, and each has its own check", "[e2e]") {
    const Site site;
    const std::string port = ":" + std::to_string(site.port());
    const auto ran = site.verify(
        "127.0.0.1 localhost\n127.0.0.2 gw.example.com\n127.0.0.3 gw.example.com\n"
        "127.0.0.4 gw.example.com\n");
    if (!ran) return;
    INFO(ran->out << ran->err);
    const json report = json::parse(ran->out);
    CHECK(report["checks"].size() == 3);
    CHECK(check_at(report, "127.0.0.2" + port)["verdict"] == "proven");
    CHECK(check_at(report, "127.0.0.3" + port)["verdict"] == "terminated");
    const json silent = check_at(report, "127.0.0.4" + port);
    CHECK(silent["verdict"] == "not_routed");
    CHECK(silent["name"] == "httpbin.example.com at 127.0.0.4" + port);
    CHECK(ran->status == 4);
    CHECK(site.verify("127.0.0.2 gw.example.com\n127.0.0.3 gw.example.com\n")->status == 1);

    const auto dead =
        site.verify("127.0.0.2 gw.example.com\n127.0.0.4 gw.example.com\n", "--quiet");
    CHECK(dead->status == 4);
    CHECK(dead->out == "httpbin.example.com at 127.0.0.2" + port +
                           ": PASSTHROUGH PROVEN\nhttpbin.example.com at 127.0.0.4" + port +
                           ": NOT ROUTED\n");
}

TEST_CASE("one address has one check, and families can be left out", "[e2e]") {
    const Site site;
    const std::string port = ":" + std::to_string(site.port());
    const auto one = site.verify("127.0.0.2 gw.example.com\n");
    if (!one) return;
    INFO(one->out << one->err);
    const json report = json::parse(one->out);
    CHECK(one->status == 0);
    REQUIRE(report["checks"].size() == 1);
    CHECK(report["checks"][0]["name"] == "httpbin.example.com");
    CHECK(report["checks"][0]["address"] == "127.0.0.2" + port);

    const std::string both = "127.0.0.2 gw.example.com\n::1 gw.example.com\n";
    CHECK(site.verify(both)->status == 4);
    CHECK(site.verify(both, "-4 --json")->status == 0);
    CHECK(site.verify(both, "-6 --json")->status == 4);
    CHECK(site.verify("127.0.0.2 gw.example.com\n", "-6 --json")->status == 4);
}

TEST_CASE("of very many addresses the first ones are asked, and the rest is not proven", "[e2e]") {
    const Site site;
    const auto asked_of = [&](int count) -> json {
        std::string hosts;
        for (int i = 0; i < count; ++i) {
            hosts += "127.0.0." + std::to_string(10 + i) + " gw.example.com\n";
        }
        const auto ran = site.verify(hosts);
        return ran ? json::parse(ran->out)["checks"] : json();
    };
    const json all = asked_of(64);
    if (all.is_null()) return;
    CHECK(all.size() == 64);
    const json checks = asked_of(70);
    REQUIRE(checks.size() == 65);
    CHECK(checks[63]["address"].is_string());
    const json rest = checks[64];
    CHECK(rest["verdict"] == "inconclusive");
    CHECK(rest["lines"][0]["code"] == "SL2358");
    CHECK(rest["lines"][0]["text"].get<std::string>().starts_with(
        "6 of the 70 addresses of gw.example.com were not asked, from "));
}

}  // namespace e2e_addresses_test
