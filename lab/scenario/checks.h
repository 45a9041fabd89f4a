// checks.yaml of a scenario: what verify asks the lab, and what must come of it.
//
//     teaches: TLS passes the gateway untouched and ends in the backend's pod.
//     checks:
//       - name: the tutorial's request
//         sni: httpbin.example.com       # null: no SNI at all
//         port: 443                      # of the Gateway; this one, when left out
//         request: /status/418
//         expect: {status: 418, verdict: proven, backend: passthrough-test/httpbin}
//
// scenarios/README.md has every field, for those who write one.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/proof/verdict.h"
#include "lab/scenario/words.h"
#include "lab/yaml/source.h"

namespace sni::scenario {

/// What the client does with its first bytes. The shapes up to `http` are cut out of an ordinary
/// hello on its way; the others make another hello.
enum class HelloShape {
    ordinary,
    two_segments,
    byte_by_byte,
    silence,  ///< nothing is sent at all
    half,     ///< the first half, and then nothing
    trickle,  ///< a byte now and then
    http,     ///< a plain HTTP request instead
    many_records,
    grease,
    padded,
    late_name,  ///< the server name stands behind 4 kB of something else
    large,      ///< 16 kB
    post_quantum,
};
/// As checks.yaml spells it: "byte-by-byte".
std::string_view to_string(HelloShape shape);

/// The versions of TLS that a client offers.
enum class CheckTls { both, only_1_2, only_1_3 };

/// Whether a client checks the certificate itself and hangs up, and by which of its names.
enum class Verifies {
    nothing,              ///< it finishes the handshake, and is judged afterwards
    sans,                 ///< "modern"
    sans_or_common_name,  ///< "lenient": by the CN where there is no SAN
};

/// What makes the client of a check less ordinary than curl.
struct CheckClient {
    std::string host;  ///< Host header; empty: the SNI
    CheckTls tls = CheckTls::both;
    std::string suites;             ///< of TLS 1.2, in OpenSSL's words
    std::vector<std::string> alpn;  ///< none: h2 and http/1.1, as curl
    bool certificate = false;       ///< one of this run, issued by the lab's CA
    std::string trust;  ///< whose certificate is --cacert: "NS/SECRET", "lab-ca", "stranger"
    Verifies verifies = Verifies::nothing;
    HelloShape hello = HelloShape::ordinary;
    int proxy = 0;            ///< begins with a PROXY header of this version
    bool half_close = false;  ///< asks once more, and finishes sending before the answer comes
    std::chrono::milliseconds idle{0};     ///< silent for so long between handshake and request
    std::chrono::milliseconds timeout{0};  ///< gives up after so long; 0: as always
    bool operator==(const CheckClient&) const = default;
};

/// Done to the running lab before a check is asked.
struct CheckStep {
    enum class Do {
        apply,         ///< new manifests, from this file of the scenario
        apply_broken,  ///< manifests that must be refused
        unplug,        ///< stop this backend
    };
    Do what = Do::apply;
    std::string argument;
    Place place;
    bool operator==(const CheckStep&) const = default;
};

/// What must come of a check beside its verdict, status and backend.
struct CheckDetails {
    std::vector<std::string> passes;  ///< lines of the report
    std::vector<std::string> fails;
    std::string code;            ///< of a line that fails
    std::string says;            ///< stands in some line
    std::string router;          ///< the router's own word for the connection, "no_route"
    std::string client_address;  ///< whom the PROXY header told the backend
    std::optional<bool> client_certificate;   ///< the backend saw ours
    std::optional<bool> certificate_on_wire;  ///< readable for whoever is in between
    std::string alpn;
    std::map<std::string, int> shares;  ///< backend to percent, of all `times`
    std::chrono::milliseconds within{0};
    bool operator==(const CheckDetails&) const = default;
};

struct Check {
    std::string name;
    std::optional<std::string> sni;  ///< in lower case; nothing: the client sends none
    std::uint16_t port = 443;        ///< of the Gateway, as the manifests write it
    std::string request = "/status/418";
    proof::Verdict verdict = proof::Verdict::proven;
    std::optional<int> status;
    std::optional<std::string> backend;  ///< BackendSpec::name of who must answer
    Place place;

    CheckClient client;
    std::vector<CheckStep> before;
    int times = 1;    ///< connections, one after the other
    int streams = 0;  ///< so many are opened before `before`, and asked behind it
    CheckDetails details;
    bool operator==(const Check&) const = default;

    /// True when an ordinary client can ask it of a lab that nobody has changed.
    bool ordinary() const { return client == CheckClient() && before.empty() && times == 1; }
};

/// The scenario without what makes it fail: its negative control.
struct WithoutFault {
    bool steps = true;      ///< false: no check has any
    std::string manifests;  ///< played instead of manifests.yaml; empty: the same
    std::string lab;        ///< instead of lab.yaml; "none": without one; empty: the same
    bool operator==(const WithoutFault&) const = default;
};

struct Checks {
    std::string teaches;
    std::vector<Check> checks;
    std::optional<WithoutFault> without_fault;
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

}  // namespace sni::scenario
