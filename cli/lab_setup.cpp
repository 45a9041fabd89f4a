#include "cli/lab_setup.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "certs/clock.h"
#include "certs/store.h"
#include "cli/authority.h"
#include "cli/manifest_files.h"
#include "cli/played.h"
#include "cli/state.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor_limit.h"
#include "lab/scenario/default_checks.h"

namespace sni::cli {

namespace {

using route::HostPattern;

/// So many descriptors a lab has before anybody connects, and for each of its parts; with room for
/// the few connections of one check.
constexpr std::size_t kDescriptors = 24;
constexpr std::size_t kDescriptorsEach = 8;

void refuse_plain_text(const scenario::Scenario& scenario) {
    std::vector<Diagnostic> diagnostics;
    for (std::size_t i = 0; i < scenario.backends.size(); ++i) {
        const scenario::BackendSpec& backend = scenario.backends[i];
        const bool passed = std::ranges::any_of(scenario.routes, [&](const auto& route) {
            return std::ranges::any_of(route.destinations,
                                       [&](const auto& to) { return to.backend == i; });
        });
        if (backend.secret || !passed) continue;
        diagnostics.push_back(
            {.code = std::string(code::kNotRunnable),
             .place = backend.place,
             .message = fmt::format("pod \"{}\" mounts no kubernetes.io/tls Secret", backend.name),
             .why = "behind PASSTHROUGH the pod itself must serve TLS; plain text would meet the "
                    "client's ClientHello",
             .hint = "mount the Secret and name its files in --certfile and --keyfile"});
    }
    if (!diagnostics.empty()) throw Failure(Exit::usage, std::move(diagnostics));
}

certs::Identity identity_of(const SetUp& setup) {
    std::error_code none;
    if (!setup.state ||
        (!setup.may_write && !std::filesystem::exists(identity_file(*setup.state), none))) {
        return certs::Identity::make();
    }
    certs::make_private_folder(*setup.state);
    return certs::Identity::load_or_make(identity_file(*setup.state));
}

/// The SNI patterns that reach backend `i`. Behind a terminator the client sees another certificate
/// unless the pod serves one that the terminator may have, too.
std::vector<std::string> names_of(const scenario::Scenario& scenario, std::size_t i) {
    std::vector<std::string> names;
    for (const scenario::RouteSpec& route : scenario.routes) {
        const bool leads_here = std::ranges::any_of(
            route.destinations, [&](const auto& destination) { return destination.backend == i; });
        if (leads_here) names.push_back(route.pattern.text());
    }
    for (const scenario::TerminatorSpec& terminator : scenario.terminators) {
        if (terminator.backend != i || !scenario.backends[i].secret) continue;
        for (const HostPattern& pattern : terminator.patterns) {
            names.push_back(pattern.text());
        }
    }
    return names;
}

LabRecord record_of(const Loaded& loaded, const std::vector<Certificate>& certificates,
                    const Lab& lab, const certs::IdentityPublicKey& identity,
                    std::chrono::sys_seconds now) {
    LabRecord record{.pid = ::getpid(),
                     .process_start = process_start(::getpid()),
                     .started = sni::to_string(now),
                     .scenario = printable(loaded.scenario.name),  // a folder's, perhaps
                     .origin = loaded.origin,
                     .digest = loaded.digest,
                     .checks = loaded.checks,
                     .identity_pem = identity.pem()};
    for (const Gate& gate : lab.gates()) {
        record.gates.push_back({gate.port, gate.endpoint});
    }
    for (std::size_t i = 0; i < loaded.scenario.backends.size(); ++i) {
        const Certificate& certificate = certificates[i];
        BackendRecord backend{.name = loaded.scenario.backends[i].name,
                              .endpoint = lab.backends()[i],
                              .leaf_sha256 = certificate.facts.sha256};
        if (!certificate.file.empty())
            backend.cert_file = std::filesystem::absolute(certificate.file).string();
        backend.names = names_of(loaded.scenario, i);
        record.backends.push_back(std::move(backend));
    }
    return record;
}

/// The one beside the state folder's certificates, with which certgen signs those of clients; else
/// one of this run.
certs::CertBundle authority_of(const SetUp& setup) {
    if (!setup.state) return make_authority(setup.now);
    const std::filesystem::path folder = certs_folder(*setup.state);
    if (!setup.may_write) {
        auto found = certs::read_pair(certs::pair_paths(folder, kAuthorityName));
        return found ? *std::move(found) : make_authority(setup.now);
    }
    certs::make_private_folder(folder);
    const certs::FolderLock lock(folder);
    Authority authority = authority_in(folder, lock, setup.now);
    if (authority.is_new) certs::write_pair(folder, kAuthorityName, authority.bundle, false, &lock);
    return std::move(authority.bundle);
}

/// The certificate of each Secret, made once: pods of one Deployment mount the same one.
class Certificates {
  public:
    Certificates(const Loaded& loaded, const SetUp& setup) : loaded_(loaded), setup_(setup) {
        if (loaded.lab.needs_authority()) authority_ = authority_of(setup);
    }

    const Certificate& of(const scenario::SecretSpec& secret) {
        const std::string path = secret.ns + "/" + secret.name;
        const auto [slot, fresh] = made_.try_emplace(path);
        if (fresh) slot->second = std::make_unique<Certificate>(make(secret));
        return *slot->second;
    }

    const std::optional<certs::CertBundle>& authority() const { return authority_; }

  private:
    Certificate make(const scenario::SecretSpec& secret) {
        const scenario::CertificateRecipe* recipe = loaded_.lab.recipe_for(secret);
        if (!recipe) return certificate_for(secret, setup_.state, setup_.may_write, setup_.now);
        if (!recipe->same_as.empty() && recipe->same_as != recipe->secret) {
            for (const scenario::BackendSpec& backend : loaded_.scenario.backends) {
                if (backend.secret &&
                    backend.secret->ns + "/" + backend.secret->name == recipe->same_as)
                    return of(*backend.secret);
            }
        }
        Certificate made =
            certificate_by(*recipe, secret, authority_ ? &*authority_ : nullptr, setup_.now);
        if (recipe->lab_ca && setup_.state && setup_.may_write)
            made.file = certs::pair_paths(certs_folder(*setup_.state), kAuthorityName).cert;
        return made;
    }

    const Loaded& loaded_;
    const SetUp& setup_;
    std::optional<certs::CertBundle> authority_;
    std::map<std::string, std::unique_ptr<Certificate>> made_;
};

/// For a pod that serves plain text, whose TLS port nobody asks.
Certificate unused_certificate(const SetUp& setup) {
    return certificate_by({.names = {"unused.invalid"}}, {}, nullptr, setup.now);
}

}  // namespace

Loaded load(const std::string& what, bool allow_unsupported, const std::string& default_namespace,
            const ClusterFlags& cluster) {
    return load(load_scenario(what, default_namespace, cluster), allow_unsupported);
}

Loaded load(LoadedScenario files, bool allow_unsupported) {
    require_runnable(files, allow_unsupported);
    Loaded loaded{.scenario = std::move(files.scenario),
                  .checks = {},
                  .warnings = std::move(files.diagnostics),
                  .lab = std::move(files.lab),
                  .origin = std::move(files.origin),
                  .digest = files.digest};
    if (files.checks) {
        // What stands behind a step belongs to the lab that the step has changed.
        for (const scenario::Check& check : files.checks->checks) {
            if (!check.before.empty()) break;
            if (check.ordinary()) loaded.checks.push_back(check);
        }
    }
    Mistakes mistakes = mistakes_in(files.manifest, files.environment, wall_clock());
    if (!mistakes.refused.empty()) throw Failure(Exit::usage, std::move(mistakes.refused));
    for (Diagnostic& played : mistakes.played) {
        loaded.warnings.push_back(std::move(played));
    }
    refuse_plain_text(loaded.scenario);
    if (!files.checks) {
        loaded.checks = scenario::default_checks(loaded.scenario);
    } else if (loaded.checks.empty()) {
        loaded.checks = scenario::routed_checks(loaded.scenario);
    }
    return loaded;
}

RunningLab start(const Loaded& loaded, SetUp setup) {
    net::raise_descriptor_limit();
    const std::size_t parts = loaded.scenario.backends.size() + loaded.scenario.terminators.size() +
                              loaded.scenario.gateway_ports.size();
    net::require_descriptors(kDescriptors + kDescriptorsEach * parts, "a lab of this size");
    net::require_loopback();
    const certs::Identity identity = identity_of(setup);
    Certificates made(loaded, setup);
    std::vector<Certificate> certificates;
    std::vector<Certificate> gateway_certificates;
    LabOptions options{.lab = loaded.lab,
                       .identity = identity,
                       .listen = std::move(setup.listen),
                       .log = std::move(setup.log),
                       .on_record = std::move(setup.on_record)};
    for (const scenario::BackendSpec& backend : loaded.scenario.backends) {
        certificates.push_back(backend.secret ? made.of(*backend.secret)
                                              : unused_certificate(setup));
        options.certificates.push_back(certificates.back().bundle);
    }
    for (const scenario::TerminatorSpec& terminator : loaded.scenario.terminators) {
        gateway_certificates.push_back(made.of(terminator.secret));
        options.gateway_certificates.push_back(gateway_certificates.back().bundle);
    }
    if (const auto& authority = made.authority()) options.client_ca_pem = authority->cert_pem;
    auto lab = std::make_unique<Lab>(loaded.scenario, std::move(options));
    LabRecord record = record_of(loaded, certificates, *lab, identity.public_key(), setup.now);
    return {std::move(certificates), std::move(gateway_certificates),
            made.authority(),        identity.public_key(),
            std::move(record),       std::move(lab)};
}

}  // namespace sni::cli
