#include "lab/export/routers/local_steps.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/shell_quote.h"
#include "lab/export/step_parts.h"

namespace sni::exporting {

namespace {

/// Flags of sni-lab backend for what lab.yaml says about the pods.
std::string backend_flags(const scenario::BackendSetting* setting, const Names& names) {
    if (!setting) return {};
    std::string flags;
    if (!setting->alpn.empty()) {
        flags += " --alpn " + shell_quoted(fmt::format("{}", fmt::join(setting->alpn, ",")));
    }
    if (setting->accept_proxy) flags += " --accept-proxy 127.0.0.0/8 --accept-proxy ::1";
    if (setting->client_certificate) {
        flags += fmt::format(" --client-ca {} --client-cert required", names.client_ca);
    }
    if (setting->fault == scenario::BackendSetting::Fault::hang) flags += " --fault hang";
    return flags;
}

bool is_down(const scenario::BackendSetting* setting) {
    return setting && setting->fault == scenario::BackendSetting::Fault::down;
}

Step client_ca_step(const Names& names) {
    return {"the CA of the clients' certificates",
            fmt::format("test -e {} || {} --ca --client client.example.com", names.client_ca,
                        names.certgen)};
}

Step backend_step(const LocalBackend& backend, const std::string& more, const Names& names) {
    const Workload& workload = *backend.workload;
    const std::string folder = folder_of(workload.ns, workload.secret.name);
    const auto [cert, key] = workload.secret.in_files ? std::pair(shell_quoted(folder + "/tls.crt"),
                                                                  shell_quoted(folder + "/tls.key"))
                                                      : names.pair(first_host(workload));
    return {
        workload.secret.in_files
            ? fmt::format("the backend behind {}; put Secret {} into the folder {} first",
                          workload.path(), workload.secret.name, folder)
            : fmt::format("the backend behind {}", workload.path()),
        fmt::format("sni-lab backend --listen {} --cert {} --key {} --name {} --identity {}{} &",
                    to_string(backend.address), cert, key, workload.name, names.identity, more)};
}

/// The gate that a question is asked at; nothing: none leads to the workload.
const Gate* gate_of(const ProxyConfig& config, const Workload& workload, const Question& asked) {
    const auto gate = std::ranges::find(config.gates, asked.port, &Gate::port);
    if (gate == config.gates.end()) return nullptr;
    const bool led = std::ranges::any_of(gate->routes, [&](const Route& route) {
        return route.pool && std::ranges::find(workload.hosts, route.name) != workload.hosts.end();
    });
    return led ? &*gate : nullptr;
}

}  // namespace

Program envoy_program(const std::string& file) {
    return {fmt::format("envoy --mode validate -c {}", file), fmt::format("envoy -c {} &", file)};
}

Program haproxy_program(const std::string& file) {
    return {fmt::format("haproxy -c -f {}", file), fmt::format("haproxy -db -f {} &", file)};
}

Program nginx_program(const std::string& file) {
    // nginx takes a relative name for one below its own folder. A quote may stand in front.
    const bool absolute = file.starts_with('/') || file.starts_with("'/");
    const std::string path = absolute ? file : "\"$PWD\"/" + file;
    const std::string common = fmt::format("-e stderr -c {}", path);
    return {fmt::format("nginx -t {} -g \"pid '$PWD/nginx.pid';\"", common),
            fmt::format("nginx {} -g \"pid '$PWD/nginx.pid'; error_log stderr; daemon off;\" &",
                        common)};
}

std::vector<Step> local_steps(const ProxyConfig& config, const std::vector<Workload>& workloads,
                              const std::vector<LocalBackend>& backends, const Program& program,
                              const Names& names, const scenario::LabFile& lab) {
    std::vector<Step> steps;
    std::vector<Workload> starting;
    bool asks_clients = false;
    for (const LocalBackend& backend : backends) {
        starting.push_back(*backend.workload);
        const scenario::BackendSetting* setting = lab.backend(backend.workload->name);
        asks_clients = asks_clients || (setting && setting->client_certificate);
    }
    const auto secrets = one_of_each_secret(starting);
    if (!secrets.empty()) steps.push_back(certgen_step(secrets, names));
    if (asks_clients) steps.push_back(client_ca_step(names));
    // Several backends that start at once would each make it, and verify reads it at once.
    if (!backends.empty()) steps.push_back(identity_step(names));
    for (const LocalBackend& backend : backends) {
        const scenario::BackendSetting* setting = lab.backend(backend.workload->name);
        if (is_down(setting)) continue;
        steps.push_back(backend_step(backend, backend_flags(setting, names), names));
    }
    steps.push_back({"check the configuration", program.check});
    steps.push_back({"run it", program.run});
    std::set<std::pair<std::string, std::uint16_t>> known;  // a name that several have is one
    for (const Workload& workload : workloads) {
        const scenario::BackendSetting* setting = lab.backend(workload.name);
        if (is_down(setting)) continue;
        const bool shows = setting && setting->client_certificate;
        const std::string client = shows ? " --client-ca " + names.client_ca : "";
        for (const Question& asked : workload.questions) {
            const Gate* gate = gate_of(config, workload, asked);
            // verify sends no PROXY header.
            if (!gate || gate->accept_proxy || !known.emplace(asked.sni, asked.port).second)
                continue;
            steps.push_back(verify_step(asked, to_string(gate->listen), names.identity + ".pub",
                                        client + signed_by(workload, asked)));
        }
    }
    return steps;
}

}  // namespace sni::exporting
