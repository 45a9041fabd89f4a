// Kinds of services that need more of verify --witness than a page over HTTPS does.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/store.h"
#include "lab/backend/backend.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/nginx.h"
#include "tests/support/witnessed_service.h"

namespace e2e_witnessed_services_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

/// OpenSSL's own server, which takes nobody without a client certificate.
class MutualTls {
  public:
    MutualTls() : port_(free_port()), program_(command()) {}

    Endpoint listening() const { return parse_endpoint("127.0.0.1:" + port_).value(); }
    /// verify's flags that show a certificate it trusts.
    std::vector<std::string> with_certificate(std::vector<std::string> more = {}) const {
        more.insert(more.end(), {"--client-cert", (folder_ / "mine.crt").string(), "--client-key",
                                 (folder_ / "mine.key").string()});
        return more;
    }

  private:
    std::vector<std::string> command() {
        certs::write_pair(folder_.path(), "mine", client_certificates().second, false);
        certs::write_pair(folder_.path(), "site", lab_certificate(), false);
        spill(folder_ / "ca.crt", client_certificates().first.cert_pem);
        return {"openssl",  "s_server",
                "-accept",  "127.0.0.1:" + port_,
                "-cert",    (folder_ / "site.crt").string(),
                "-key",     (folder_ / "site.key").string(),
                "-CAfile",  (folder_ / "ca.crt").string(),
                "-Verify",  "1",
                "-quiet",   "-verify_return_error",
                "-naccept", "100",
                "-www"};
    }

    TempFolder folder_;
    std::string port_;
    Background program_;
};

}  // namespace

TEST_CASE("a service that offers HTTP/3 is told of, or that nobody looked", "[e2e][witness]") {
    if (!have("nginx")) return;
    const char* const offer = "add_header Alt-Svc 'h3=\":443\"; ma=86400';";
    const auto at = [](const WitnessedService& site) { return to_string(site.witness.address()); };
    const auto text = [](const WitnessedService::Ran& ran) {
        INFO(ran.report.dump(1));
        CHECK(ran.status == 0);
        const json line = ran.line("alt-svc");
        return line.is_null() ? "" : line["text"].get<std::string>();
    };
    const Nginx both(lab_certificate(), "http2", offer);
    const WitnessedService two(both.listening());
    CHECK(text(two.verify(at(two))).starts_with("not looked whether the answer offers HTTP/3"));
    CHECK(text(two.verify(at(two), {"--alpn", "http/1.1"}))
              .starts_with("the answer offers HTTP/3 (h3=\":443\"; ma=86400)"));
    const Nginx none(lab_certificate());
    const WitnessedService one(none.listening());
    CHECK(text(one.verify(at(one))).empty());
}

TEST_CASE("a service that demands a client certificate is proven, with it", "[e2e][witness]") {
    if (!have("openssl")) return;
    const MutualTls service;
    const WitnessedService site(service.listening());
    const std::string at = to_string(site.witness.address());
    const auto how = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--tls-only"},
                              std::vector<std::string>{"--tls", "1.2"},
                              std::vector<std::string>{"--tls", "1.2", "--tls-only"});
    const std::string file = (site.folder / "proof.json").string();
    std::vector<std::string> flags = service.with_certificate(how);
    flags.insert(flags.end(), {"--save", file});
    const auto shown = site.verify(at, flags);
    INFO(shown.report.dump(1));
    CHECK(shown.status == 0);
    CHECK(shown.line("client cert")["mark"] == "info");
    CHECK(shown.line("canary").is_null());
    // And so it is when it is judged again.
    const test::Ran again =
        run({"proof", "check", file, "--identity", (site.folder / "id.pub").string()});
    CHECK(again.out.find("the client certificate ") != std::string::npos);
    // Without one it is no client.
    if (how.empty()) CHECK(site.verify(at).status == 4);
}

TEST_CASE("a client certificate that no service asked for is not proven to arrive",
          "[e2e][witness]") {
    const backend::Backend service(backend_options());
    const WitnessedService site(service.listening());
    certs::write_pair(site.folder.path(), "mine", client_certificates().second, false);
    const auto unasked = site.verify(to_string(site.witness.address()),
                                     {"--client-cert", (site.folder / "mine.crt").string(),
                                      "--client-key", (site.folder / "mine.key").string()});
    INFO(unasked.report.dump(1));
    CHECK(unasked.status == 3);
    CHECK(unasked.line("client cert")["code"] == "SL2322");
}

}  // namespace e2e_witnessed_services_test
