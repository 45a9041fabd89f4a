#include "cli/lab_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "certs/files.h"
#include "certs/inspect.h"
#include "certs/store.h"
#include "cli/authority.h"
#include "cli/flags.h"
#include "cli/state.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"

namespace sni::cli {

namespace {

std::string origin_of(const Certificate& certificate) {
    switch (certificate.origin) {
        case Certificate::Origin::manifest:
            return "from the Secret in the manifests";
        case Certificate::Origin::state:
            return fmt::format("from {}", certificate.file.string());
        case Certificate::Origin::made:
            return fmt::format("made just now, since nobody had: {}", certificate.file.string());
        case Certificate::Origin::in_memory:
            break;
    }
    return "made in memory for this run";
}

const GateRecord& front_gate(const LabRecord& record) {
    const GateRecord* https = record.gate_for(443);
    return https ? *https : record.gates.front();
}

/// The first name that is a host and no pattern; empty when there is none.
std::string first_host(const LabRecord& record) {
    for (const BackendRecord& backend : record.backends) {
        for (const std::string& name : backend.names) {
            if (!name.starts_with('*')) return name;
        }
    }
    return "";
}

std::string patterns_text(const scenario::TerminatorSpec& terminator) {
    std::string names;
    for (const auto& pattern : terminator.patterns) {
        names += (names.empty() ? "" : ", ") + pattern.text();
    }
    return names;
}

/// Loud, since everything else here promises that nobody reads along.
std::string terminators_text(const Loaded& loaded, const RunningLab& running) {
    std::string text;
    for (std::size_t i = 0; i < loaded.scenario.terminators.size(); ++i) {
        const scenario::TerminatorSpec& terminator = loaded.scenario.terminators[i];
        text += fmt::format(
            "  WARNING   Gateway port {} ENDS TLS for {}: the gateway has a key and reads "
            "everything\n"
            "            certificate {} of Secret {}/{}; goes on to {} {}\n",
            terminator.gateway_port, patterns_text(terminator),
            printable(running.gateway_certificates[i].facts.subject), terminator.secret.ns,
            terminator.secret.name, loaded.scenario.backends[terminator.backend].name,
            terminator.encrypts ? "in another TLS session" : "in plain text");
    }
    return text;
}

std::string routes_text(const Loaded& loaded) {
    bool catch_all = false;
    std::string text = "  SNI                              backend\n";
    for (const scenario::RouteSpec& route : loaded.scenario.routes) {
        std::string backends;
        for (const auto& destination : route.destinations) {
            fmt::format_to(std::back_inserter(backends), "{}{}", backends.empty() ? "" : ", ",
                           loaded.scenario.backends[destination.backend].name);
            if (route.destinations.size() > 1)
                fmt::format_to(std::back_inserter(backends), " (weight {})", destination.weight);
        }
        text += fmt::format("  {:<32} {}\n", route.pattern.text(), backends);
        catch_all = catch_all || route.pattern.kind() == route::HostPattern::Kind::any;
    }
    for (const scenario::TerminatorSpec& terminator : loaded.scenario.terminators) {
        for (const auto& pattern : terminator.patterns) {
            text += fmt::format("  {:<32} {}, NOT passed through\n", pattern.text(),
                                loaded.scenario.backends[terminator.backend].name);
            catch_all = catch_all || pattern.kind() == route::HostPattern::Kind::any;
        }
    }
    if (catch_all) return text;
    return text +
           "  any other name                   refused: TLS alert unrecognized_name (112)\n"
           "  no SNI at all                    refused: TLS alert missing_extension (109)\n";
}

bool wants_certificate(const Loaded& loaded, const BackendRecord& backend) {
    const scenario::BackendSetting* setting = loaded.lab.backend(backend.name);
    return setting && setting->client_certificate;
}

/// Whether a backend of that name does.
bool asks_clients(const Loaded& loaded, const LabRecord& record, const std::string& host) {
    return std::ranges::any_of(record.backends_for(host), [&](const BackendRecord* backend) {
        return wants_certificate(loaded, *backend);
    });
}

constexpr std::string_view kClientName = "client.example.com";

/// A half of a pair of the state folder, as a word of a shell.
std::string state_word(const std::filesystem::path& state, std::string_view name, bool key) {
    const certs::PairPaths paths = certs::pair_paths(certs_folder(state), name);
    return shell_quoted((key ? paths.key : paths.cert).string());
}

/// What curl shows, made as the line above it says.
std::string client_words(const std::filesystem::path& state) {
    return fmt::format(" --cert {} --key {}", state_word(state, kClientName, false),
                       state_word(state, kClientName, true));
}

/// Nobody can go to "every address", where a gateway may well listen.
std::string address_to_go_to(const Endpoint& endpoint) {
    if (endpoint.kind != Endpoint::Kind::ipv6)
        return endpoint.host == "0.0.0.0" ? "127.0.0.1" : endpoint.host;
    return endpoint.host == "::" ? "[::1]" : "[" + endpoint.host + "]";
}

/// `file` as somebody who stands in the current folder would type it.
std::string near_path(const std::filesystem::path& file) {
    std::error_code error;
    const std::filesystem::path relative =
        file.lexically_relative(std::filesystem::current_path(error));
    return error || relative.empty() || relative.string().starts_with("..") ? file.string()
                                                                            : relative.string();
}

}  // namespace

std::string cert_file_for(const LabRecord& record, std::optional<std::string_view> sni) {
    const auto backends = record.backends_for(sni);
    if (backends.empty() || backends.front()->cert_file.empty()) return {};
    const BackendRecord& backend = *backends.front();
    try {
        const auto chain = certs::inspect(certs::read_file(backend.cert_file));
        const bool served =
            chain && !chain->empty() && chain->front().sha256 == backend.leaf_sha256;
        const bool signs = std::filesystem::path(backend.cert_file).stem() == kAuthorityName;
        return served || signs ? backend.cert_file : std::string();
    } catch (const Failure&) {
        return {};  // it is gone
    }
}

std::string curl_trust(const std::string& cert_file) {
    return cert_file.empty() ? "--insecure" : "--cacert " + shell_quoted(near_path(cert_file));
}

std::string curl_line(const LabRecord& record, const std::string& sni, const std::string& path) {
    const GateRecord& gate = front_gate(record);
    const std::string trust = curl_trust(cert_file_for(record, sni));
    const std::string address = address_to_go_to(gate.endpoint);
    return fmt::format("curl {} --resolve {} https://{}:{}{}", trust,
                       shell_quoted(fmt::format("{}:{}:{}", sni, gate.endpoint.port, address)), sni,
                       gate.endpoint.port, path);
}

std::string up_text(const Loaded& loaded, const RunningLab& running,
                    const std::filesystem::path& state, bool detached) {
    const LabRecord& record = running.record;
    std::string text = fmt::format("Scenario {}\n\n", printable(record.scenario));
    for (std::size_t i = 0; i < record.backends.size(); ++i) {
        const BackendRecord& backend = record.backends[i];
        const Certificate& certificate = running.certificates[i];
        const bool plain = !loaded.scenario.backends[i].secret;
        text += fmt::format("  backend   {}  {} on {}\n", backend.name, plain ? "http" : "https",
                            to_string(backend.endpoint));
        if (plain) {
            text += "            serves plain text, behind a server that ends TLS\n";
            continue;
        }
        text += fmt::format("            certificate {}, SHA-256 {}…\n",
                            printable(certificate.facts.subject),
                            to_fingerprint(Bytes(certificate.facts.sha256).first(8)));
        text += fmt::format("            {}\n", origin_of(certificate));
        if (wants_certificate(loaded, backend))
            text += "            wants a client certificate, signed by the lab CA\n";
    }
    for (const GateRecord& gate : record.gates) {
        const bool ends = std::ranges::any_of(
            loaded.scenario.terminators,
            [&](const auto& terminator) { return terminator.gateway_port == gate.port; });
        text += fmt::format("  router    {} for Gateway port {}: SNI passthrough, {}\n",
                            to_string(gate.endpoint), gate.port,
                            ends ? "but not for every name" : "holds no keys");
    }
    text += terminators_text(loaded, running);
    text += fmt::format("  identity  {}: signs the backends' statements, not a TLS key\n",
                        running.identity.key_id());
    if (record.admin) {
        text += fmt::format("  admin     http://{}/sessions, /metrics, /healthz, /readyz\n",
                            to_string(*record.admin));
    }
    text += '\n';
    text += routes_text(loaded);
    const std::string host = first_host(record);
    const std::string flag = state_flag(state);
    const bool asks = asks_clients(loaded, record, host);
    text += "\nTry it\n";
    if (asks) {
        text += fmt::format("  sni-lab certgen{} --ca --client {}   a client certificate to show\n",
                            flag, kClientName);
    }
    if (!host.empty()) {
        text += fmt::format("  {}{}\n", curl_line(record, host, "/status/418"),
                            asks ? client_words(state) : "");
    }
    text += fmt::format("  sni-lab verify{}{}   prove that nobody decrypts in between\n", flag,
                        asks ? " --client-ca " + state_word(state, kAuthorityName, false) : "");
    text += detached ? fmt::format("  sni-lab down{}     stop it\n", flag)
                     : fmt::format("  sni-lab down{}     stop it, or Ctrl-C here\n", flag);
    return text;
}

Environment child_environment(const RunningLab& running, const std::filesystem::path& state) {
    const std::string host = first_host(running.record);
    return {
        {"SNI_LAB_STATE", std::filesystem::absolute(state).string()},
        {"SNI_LAB_GATEWAY", to_string(front_gate(running.record).endpoint)},
        {"SNI_LAB_SNI", host},
        {"SNI_LAB_CACERT", cert_file_for(running.record, host)},
    };
}

}  // namespace sni::cli
