// certgen without its command line.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "certs/inspect.h"
#include "certs/store.h"
#include "cli/certgen.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/temp_folder.h"

namespace sni::cli {

/// certgen into a state folder of its own, on 22 November 2026 at noon.
struct Certgen {
    test::TempFolder folder;
    CertgenOptions options;

    Certgen() {
        options.state = folder / "state";
        options.key = "ec:p256";
        options.now = [] {
            return std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} +
                   std::chrono::hours(12);
        };
        options.secrets_of = [](const std::string&) { return std::vector<SecretWish>{}; };
    }

    std::string made() const {
        std::ostringstream out;
        std::ostringstream err;
        CHECK(run_certgen(options, Streams{out, err}) == Exit::yes);
        CHECK(err.str().empty());
        return out.str();
    }
    /// What run_certgen threw; nothing may have been said or changed.
    test::Refusal refused() const {
        const auto before = test::picture_of(folder.path());
        std::ostringstream out;
        std::ostringstream err;
        const auto refusal = test::refusal_of([&] { run_certgen(options, Streams{out, err}); });
        CHECK(out.str().empty());
        CHECK(test::picture_of(folder.path()) == before);
        return refusal;
    }
    CertFacts facts(std::string_view name) const {
        const auto paths = certs::pair_paths(folder / "state/certs", name);
        const auto pair = certs::read_pair(paths);
        REQUIRE(pair.has_value());
        return certs::inspect(pair->cert_pem)->front();
    }
};

}  // namespace sni::cli
