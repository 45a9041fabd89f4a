// checks.yaml of a scenario: what verify asks the lab, and what must come of it.
//
//     teaches: TLS passes the gateway untouched and ends in the backend's pod.
//     checks:
//       - name: the tutorial's request
//         sni: httpbin.example.com       # null: no SNI at all
//         port: 443                      # of the Gateway; this one, when left out
//         request: /status/418
//         expect: {status: 418, verdict: proven, backend: passthrough-test/httpbin}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/manifest/source.h"

namespace sni::manifest {

/// What a check may ask for; not every outcome is one worth expecting.
enum class ExpectedVerdict { proven, terminated, not_routed, certificate, inconclusive, readable };
/// As checks.yaml spells it: "not-routed".
std::string_view to_string(ExpectedVerdict verdict);

struct Check {
    std::string name;
    std::optional<std::string> sni;  ///< nothing: the client sends none
    std::uint16_t port = 443;        ///< of the Gateway, as the manifests write it
    std::string request = "/status/418";
    ExpectedVerdict verdict = ExpectedVerdict::proven;
    std::optional<int> status;
    std::optional<std::string> backend;  ///< BackendSpec::name of who must answer
    Place place;
    bool operator==(const Check&) const = default;
};

struct Checks {
    std::string teaches;
    std::vector<Check> checks;
    bool operator==(const Checks&) const = default;
};

/// `checks` is meaningful only when no diagnostic is an error.
struct ParsedChecks {
    Checks checks;
    std::vector<Diagnostic> diagnostics;  ///< in file order
};

ParsedChecks parse_checks(const File& file);

/// What may stand in a request line as it is: a slash, then printable ASCII without spaces.
bool is_request_path(std::string_view text);

}  // namespace sni::manifest
