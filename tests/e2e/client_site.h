// A sni-lab backend, gateways before it that are honest or not, and verify with somebody's own
// client.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "certs/digest.h"
#include "certs/files.h"
#include "certs/identity.h"
#include "lab/client/observe.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/tls/ja4.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace sni::e2e {

using gateways::CheatingGateway;
using gateways::CheatingOptions;
using nlohmann::json;

struct Ran : test::Ran {
    json check() const { return json::parse(out)["checks"][0]; }
    json line(const std::string& name) const {
        const json checked = check();
        for (const json& line : checked["lines"]) {
            if (line["name"] == name) return line;
        }
        return {};
    }
};

class Site {
  public:
    explicit Site(backend::Options options = test::backend_options()) : known_(std::move(options)) {
        certs::write_file(folder / "id.pub", known_.identity.public_key().pem());
    }

    /// Honest when `every` is 0.
    CheatingOptions gateway(unsigned every) const {
        return {.backend = known_.backend.listening(),
                .chain_pem = test::lab_certificate().chain_pem(),
                .key = test::lab_certificate().key,
                .every = every};
    }

    /// One that ends TLS for every hello but the one that this tool sends.
    CheatingOptions spares_us() const {
        const auto ja4 =
            client::observe({.gateway = known_.backend.listening(), .sni = "httpbin.example.com"},
                            known_.identity.public_key())
                .ja4.value();
        CheatingOptions options = gateway(1);
        options.picks = [ja4](const tls::HelloFacts& hello) {
            return tls::ja4(hello, certs::sha256) != ja4;
        };
        return options;
    }

    Ran verify(const Endpoint& gateway, const std::vector<std::string>& more,
               const std::vector<std::string>& asked = {"--sni", "httpbin.example.com"}) const {
        std::vector<std::string> args = {"verify",
                                         "--gateway",
                                         to_string(gateway),
                                         "--identity",
                                         (folder / "id.pub").string(),
                                         "--state",
                                         (folder / "state").string()};
        args.insert(args.end(), asked.begin(), asked.end());
        args.insert(args.end(), more.begin(), more.end());
        return {test::run(args)};
    }

    Endpoint direct() const { return known_.backend.listening(); }

    test::TempFolder folder;

  private:
    test::KnownBackend known_;
};

inline const std::vector<std::string> kCurl = {
    "--json", "--", "sh", "-c", "curl -sk --connect-to \"$SNI_LAB_CONNECT_TO\" \"$0\"", "{url}"};

inline std::vector<std::string> shell(const std::string& script) {
    return {"--json", "--", "sh", "-c", script, "{url}"};
}

}  // namespace sni::e2e
