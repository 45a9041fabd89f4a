// Certificates and keys of services and of clients that are not ours: PEM, or the DER of one. What
// is read can be shown, in every form, and is read again from what is written.
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/inspect.h"
#include "certs/inspect_pair.h"
#include "certs/pem.h"
#include "lab/core/encoding.h"
#include "lab/report/json.h"
#include "tests/fuzz/require.h"

namespace {

using namespace sni;
using test::require;

void look_at(const CertFacts& facts) {
    require(!facts.key.empty(), "a key of no kind");
    require(!to_string(facts.not_before).empty() && !to_string(facts.not_after).empty(),
            "a date that cannot be said");
    // The names are checked as any client's wish would be.
    const NameMatch own = match_name(facts, facts.common_name);
    require(own != NameMatch::common_name_only ||
                (facts.dns_names.empty() && facts.ip_addresses.empty()),
            "a CN counts only where there is no SAN");
    for (const std::string& name : facts.dns_names) {
        (void)match_name(facts, name);
    }
    (void)match_dates(facts, facts.not_before);
    (void)report::print(report::to_json(facts));
}

void read_pem(std::string_view pem) {
    const auto facts = certs::inspect(pem);
    if (!facts) {
        require(printable(facts.error()) == facts.error() && !facts.error().empty(),
                "a sentence that no terminal should get");
        return;
    }
    require(!facts->empty(), "read, and nothing there");
    for (const CertFacts& each : *facts) {
        look_at(each);
    }
    const auto certificates = certs::read_certificates(pem);
    require(certificates && certificates->size() == facts->size(), "read in two ways");
    std::string again;
    for (const auto& certificate : *certificates) {
        again += certs::to_pem(certificate.get());
    }
    require(certs::inspect(again) == facts, "another one when written and read again");
}

void read_pair(std::string_view cert_pem, std::string_view key_pem) {
    const CertPair pair = certs::inspect_pair(cert_pem, key_pem);
    for (const std::string& problem : {pair.cert_problem, pair.key_problem}) {
        require(printable(problem) == problem, "a sentence that no terminal should get");
    }
    require(pair.chain.empty() != pair.cert_problem.empty(), "read, and refused");
    const bool both = pair.cert_problem.empty() && pair.key_problem.empty();
    require(!pair.fits || (both && *pair.fits < pair.chain.size()), "a key of no certificate here");
    require(pair.mismatch == (both && pair.fits != 0), "a mismatch, and none");
}

std::string pem_of(std::string_view label, std::string_view der) {
    return fmt::format("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", label,
                       to_base64(as_bytes(der)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = test::text_of(data, size);
    read_pem(text);
    read_pem(pem_of("CERTIFICATE", text));
    read_pair(text, text);
    const std::size_t half = text.find("\n\n");
    if (half != std::string_view::npos)
        read_pair(pem_of("CERTIFICATE", text.substr(0, half)),
                  pem_of("PRIVATE KEY", text.substr(half + 2)));
    return 0;
}
