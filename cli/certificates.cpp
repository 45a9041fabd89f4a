#include "cli/certificates.h"

#include <utility>

#include <fmt/format.h>

#include "certs/inspect.h"
#include "certs/store.h"
#include "cli/state.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

CertFacts facts_of(const certs::CertBundle& bundle, const std::string& where,
                   std::string hint = {}) {
    const auto facts = certs::inspect(bundle.cert_pem);
    if (!facts) {
        throw Failure(Exit::usage, code::kBadSecret,
                      fmt::format("{} holds no certificate that can be used", where), facts.error(),
                      std::move(hint));
    }
    return facts->front();
}

/// Both halves out of the manifests; the Secret's tls.crt may hold the issuer behind the leaf.
Certificate from_manifest(const scenario::SecretSpec& secret, const std::string& cert_pem) {
    const std::string where = fmt::format("Secret {}/{}", secret.ns, secret.name);
    certs::CertBundle bundle{cert_pem, certs::KeyPem(secret.key_pem.value_or("")), ""};
    if (const auto pair = certs::check_pair(bundle.cert_pem, bundle.key); !pair) {
        throw Failure(Exit::usage, code::kBadSecret,
                      fmt::format("tls.crt and tls.key of {} cannot be used", where), pair.error(),
                      "make the Secret again: kubectl create secret tls … --cert … --key …");
    }
    CertFacts facts = facts_of(bundle, where);
    return {std::move(bundle), std::move(facts), Certificate::Origin::manifest, {}};
}

/// The tutorial's certificate for `names`: RSA 2048, O=myorg, 365 days, CN = first SAN,
/// self-signed.
certs::CertRequest tutorial_request(std::vector<std::string> names, std::chrono::sys_seconds now) {
    return {
        .names = std::move(names),
        .organization = "myorg",
        .key = certs::KeyType::rsa_2048,
        .not_before = now - certs::kClockAllowance,
        .not_after = now + std::chrono::days(365),
    };
}

}  // namespace

Certificate certificate_by(const scenario::CertificateRecipe& recipe,
                           const scenario::SecretSpec& secret, const certs::CertBundle* authority,
                           std::chrono::sys_seconds now) {
    certs::CertRequest request{
        .names = recipe.names.empty() ? secret.names : recipe.names,
        .organization = "myorg",
        .key = certs::KeyType::ec_p256,
        .not_before = now + std::chrono::days(recipe.valid_from),
        .not_after = now + std::chrono::days(recipe.valid_until),
        .cn_only = recipe.cn_only,
    };
    if (request.names.empty()) request.names = {fmt::format("{}.{}", secret.name, secret.ns)};
    certs::CertBundle made = certs::issue(request, recipe.lab_ca ? authority : nullptr);
    CertFacts facts = facts_of(made, "the certificate just made");
    return {std::move(made), std::move(facts), Certificate::Origin::in_memory, {}};
}

certs::CertBundle read_authority(const std::filesystem::path& cert, std::filesystem::path key) {
    if (key.empty()) key = std::filesystem::path(cert).replace_extension(".key");
    auto authority = certs::read_pair({.cert = cert, .key = key});
    if (authority) return std::move(*authority);
    throw Failure(Exit::usage, code::kUnreadableFile,
                  fmt::format("there is no CA {} with its key {}", printable(cert.string()),
                              printable(key.string())),
                  {}, "sni-lab certgen --ca --client NAME makes one: lab-ca.crt and lab-ca.key");
}

Certificate certificate_for(const scenario::SecretSpec& secret,
                            const std::optional<std::filesystem::path>& state, bool may_write,
                            std::chrono::sys_seconds now) {
    if (secret.cert_pem) return from_manifest(secret, *secret.cert_pem);
    // A Secret that no route leads to has no SNI name; certgen --scenario gives it the same one.
    const std::vector<std::string> names =
        secret.names.empty()
            ? std::vector<std::string>{fmt::format("{}.{}", secret.name, secret.ns)}
            : secret.names;
    // Held from the look to the writing: certgen or another lab may be about to make the same pair.
    std::optional<certs::FolderLock> lock;
    if (state && may_write) {
        certs::make_private_folder(certs_folder(*state));
        lock.emplace(certs_folder(*state));
    }
    if (state) {
        const certs::PairPaths paths = certs::pair_paths(certs_folder(*state), names.front());
        if (auto bundle = certs::read_pair(paths, lock ? &*lock : nullptr)) {
            CertFacts facts =
                facts_of(*bundle, paths.cert.string(), "make a new one: " + certs::renewal(paths));
            return {std::move(*bundle), std::move(facts), Certificate::Origin::state, paths.cert};
        }
    }
    certs::CertBundle made = certs::issue(tutorial_request(names, now));
    CertFacts facts = facts_of(made, "the certificate just made");
    if (!lock || !state)
        return {std::move(made), std::move(facts), Certificate::Origin::in_memory, {}};
    const certs::PairPaths paths =
        certs::write_pair(certs_folder(*state), names.front(), made, false, &*lock);
    return {std::move(made), std::move(facts), Certificate::Origin::made, paths.cert};
}

}  // namespace sni::cli
