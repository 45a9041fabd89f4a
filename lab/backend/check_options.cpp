#include "lab/backend/check_options.h"

#include <string>

#include <fmt/format.h>

#include "certs/clock.h"
#include "certs/inspect.h"
#include "lab/backend/tls_context.h"
#include "lab/core/cert_facts.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::backend {

std::vector<Diagnostic> check_options(const Options& options) {
    static_cast<void>(make_tls_context(options));
    std::vector<Diagnostic> warnings;
    if (options.client_cert == ClientCert::off) return warnings;
    const auto authorities = certs::inspect(options.client_ca_pem.value_or(""));
    if (!authorities) return warnings;
    for (const CertFacts& authority : *authorities) {
        const Dates dates = match_dates(authority, wall_clock());
        if (dates == Dates::valid) continue;
        const bool over = dates == Dates::expired;
        warnings.push_back(
            {.level = Level::warning,
             .code = std::string(code::kBackendClientCa),
             .message = fmt::format("the client CA \"{}\" {}", printable(authority.subject),
                                    over ? "has expired" : "is not valid yet"),
             .why =
                 fmt::format("{} {}, and no client that it signed is accepted",
                             over ? "it was valid until" : "it is valid from",
                             sni::to_string(over ? authority.not_after : authority.not_before))});
    }
    return warnings;
}

}  // namespace sni::backend
