#include "cli/authority.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "certs/dates.h"
#include "certs/inspect.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

constexpr int kAuthorityDays = 3650;

}  // namespace

Authority authority_in(const std::filesystem::path& folder, const certs::FolderLock& lock,
                       std::chrono::sys_seconds now) {
    const certs::PairPaths paths = certs::pair_paths(folder, kAuthorityName);
    if (auto found = certs::read_pair(paths, &lock)) {
        const CertFacts facts = certs::inspect(found->cert_pem)->front();
        if (!facts.authority || match_dates(facts, now) != Dates::valid) {
            throw Failure(Exit::usage,
                          Diagnostic{.code = std::string(code::kBadAuthority),
                                     .place = {.file = printable(paths.cert.native())},
                                     .message = facts.authority ? "the lab CA is outside its dates"
                                                                : "this is no certificate of a CA",
                                     .why = fmt::format(
                                         "{}, valid {} to {}", printable(facts.subject),
                                         to_string(facts.not_before), to_string(facts.not_after)),
                                     .hint = "remove it and its key to start a new lab CA"});
        }
        return {.bundle = std::move(*found)};
    }
    certs::CertRequest request;
    request.names = {"sni-lab CA"};
    request.key = certs::KeyType::ec_p256;
    request.not_before = now - certs::kClockAllowance;
    request.not_after = now + std::chrono::days(kAuthorityDays);
    request.purpose = certs::Purpose::authority;
    return {.bundle = certs::issue(request), .is_new = true};
}

certs::CertBundle make_authority(std::chrono::sys_seconds now) {
    return certs::issue({.names = {"sni-lab CA of this run"},
                         .organization = "sni-lab",
                         .key = certs::KeyType::ec_p256,
                         .not_before = now - std::chrono::hours(1),
                         .not_after = now + std::chrono::days(2),
                         .purpose = certs::Purpose::authority});
}

}  // namespace sni::cli
