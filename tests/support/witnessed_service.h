// A service with a witness beside it, and verify --witness as users run it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "certs/files.h"
#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"
#include "tests/support/witness_site.h"

namespace sni::test {

class WitnessedService {
  public:
    explicit WitnessedService(const Endpoint& service, std::size_t keep = 100,
                              certs::Identity identity = certs::Identity::make())
        : witness(service, keep, {}, std::move(identity)) {
        certs::write_file(folder / "id.pub", witness.identity().pem());
        witness.grow_old();
    }

    struct Ran {
        int status = -1;
        nlohmann::json report;
        std::string code;  ///< of the line "witness"

        const nlohmann::json& check() const { return report["checks"][0]; }
        std::string verdict() const { return check()["verdict"]; }
        /// The line of that name; null when there is none.
        nlohmann::json line(const std::string& name) const {
            for (const nlohmann::json& line : check()["lines"]) {
                if (line["name"] == name) return line;
            }
            return {};
        }
    };
    /// `more` may name another --sni, --timeout or --witness.
    Ran verify(const std::string& gateway, std::vector<std::string> more = {}) const {
        std::vector<std::string> args = {"verify",
                                         "--gateway",
                                         gateway,
                                         "--identity",
                                         (folder / "id.pub").string(),
                                         "--state",
                                         (folder / "state").string(),
                                         "--wait",
                                         "20s",
                                         "--json"};
        const auto unless = [&](const std::vector<std::string>& given, const std::string& flag,
                                const std::string& value) {
            const auto said = [&](const std::string& one) {
                return std::ranges::find(more, one) != more.end();
            };
            if (std::ranges::none_of(given, said)) args.insert(args.end(), {flag, value});
        };
        unless({"--sni", "--no-sni"}, "--sni", "httpbin.example.com");
        unless({"--timeout"}, "--timeout", "20s");
        unless({"--witness"}, "--witness", to_string(witness.page()));
        args.insert(args.end(), more.begin(), more.end());
        const test::Ran answer = run(args);
        INFO(answer.err);
        REQUIRE(answer.status != 2);
        Ran ran{answer.status, nlohmann::json::parse(answer.out), {}};
        const nlohmann::json line = ran.line("witness");
        if (!line.is_null()) ran.code = line.value("code", "");
        return ran;
    }

    TempFolder folder;
    WitnessSite witness;
};

}  // namespace sni::test
