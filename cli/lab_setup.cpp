#include "cli/lab_setup.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "certs/store.h"
#include "cli/manifest_files.h"
#include "cli/state.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"

namespace sni::cli {

namespace {

using route::HostPattern;

/// A name that `pattern` takes: itself, a made-up label below a suffix, or no SNI at all for "*".
std::optional<std::string> probe_name(const HostPattern& pattern) {
    switch (pattern.kind()) {
        case HostPattern::Kind::exact:
            return pattern.name();
        case HostPattern::Kind::suffix:
            return "sni-lab-probe." + pattern.name();
        case HostPattern::Kind::any:
            break;
    }
    return std::nullopt;
}

/// What a scenario without checks.yaml is asked: the tutorial's teapot, once for every route at
/// every port.
std::vector<manifest::Check> default_checks(const manifest::Scenario& scenario) {
    std::vector<manifest::Check> checks;
    for (const manifest::RouteSpec& route : scenario.routes) {
        manifest::Check check;
        check.name = fmt::format("{} at port {}", route.pattern.text(), route.gateway_port);
        check.sni = probe_name(route.pattern);
        check.port = route.gateway_port;
        check.status = 418;
        if (route.destinations.size() == 1) {
            check.backend = scenario.backends[route.destinations.front().backend].name;
        }
        checks.push_back(std::move(check));
    }
    return checks;
}

void refuse_plain_text(const manifest::Scenario& scenario) {
    std::vector<Diagnostic> diagnostics;
    for (const manifest::BackendSpec& backend : scenario.backends) {
        if (backend.secret) continue;
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
    if (!setup.state ||
        (!setup.may_write && !std::filesystem::exists(identity_file(*setup.state)))) {
        return certs::Identity::make();
    }
    certs::make_private_folder(*setup.state);
    return certs::Identity::load_or_make(identity_file(*setup.state));
}

LabRecord record_of(const Loaded& loaded, const std::vector<Certificate>& certificates,
                    const Lab& lab, const certs::IdentityPublicKey& identity,
                    std::chrono::sys_seconds now) {
    LabRecord record{.pid = ::getpid(),
                     .process_start = process_start(::getpid()),
                     .started = sni::to_string(now),
                     .scenario = loaded.scenario.name,
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
        for (const manifest::RouteSpec& route : loaded.scenario.routes) {
            const bool leads_here = std::ranges::any_of(
                route.destinations,
                [&](const auto& destination) { return destination.backend == i; });
            if (leads_here) backend.names.push_back(route.pattern.text());
        }
        record.backends.push_back(std::move(backend));
    }
    return record;
}

/// Pods of one Deployment mount the same Secret; in memory, too, they must share one certificate.
Certificate certificate_once(const Loaded& loaded, const std::vector<Certificate>& so_far,
                             const manifest::SecretSpec& secret, const SetUp& setup) {
    for (std::size_t i = 0; i < so_far.size(); ++i) {
        if (loaded.scenario.backends[i].secret == secret) return so_far[i];
    }
    return certificate_for(secret, setup.state, setup.may_write, setup.now);
}

}  // namespace

Loaded load(const std::string& what, bool allow_unsupported, const std::string& default_namespace) {
    LoadedScenario files = load_scenario(what, default_namespace);
    require_runnable(files, allow_unsupported);
    Loaded loaded{.scenario = std::move(files.scenario), .warnings = std::move(files.diagnostics)};
    if (files.checks) loaded.checks = std::move(files.checks->checks);
    refuse_plain_text(loaded.scenario);
    if (loaded.checks.empty()) loaded.checks = default_checks(loaded.scenario);
    return loaded;
}

RunningLab start(const Loaded& loaded, SetUp setup) {
    const certs::Identity identity = identity_of(setup);
    std::vector<Certificate> certificates;
    LabOptions options{
        .identity = identity, .listen = std::move(setup.listen), .log = std::move(setup.log)};
    for (const manifest::BackendSpec& backend : loaded.scenario.backends) {
        if (!backend.secret) continue;  // load() refused such a scenario
        certificates.push_back(certificate_once(loaded, certificates, *backend.secret, setup));
        options.certificates.push_back(certificates.back().bundle);
    }
    auto lab = std::make_unique<Lab>(loaded.scenario, std::move(options));
    LabRecord record = record_of(loaded, certificates, *lab, identity.public_key(), setup.now);
    return {std::move(certificates), identity.public_key(), std::move(record), std::move(lab)};
}

}  // namespace sni::cli
