// sni-lab export for a router that is not ours: where its ports are, and where its backends are.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/by_port.h"
#include "cli/export_input.h"
#include "cli/flags.h"
#include "cli/lab_record.h"
#include "lab/core/codes.h"
#include "lab/core/default_listen.h"
#include "lab/core/encoding.h"
#include "lab/export/losses.h"
#include "lab/export/routers/addresses.h"
#include "lab/export/routers/local_steps.h"
#include "lab/export/routers/peers.h"
#include "lab/export/routers/proxy_config.h"

namespace sni::cli {

namespace {

std::map<std::string, std::vector<Endpoint>> given_backends(const ExportFlags& flags,
                                                            const ExportInput& input) {
    std::map<std::string, std::vector<Endpoint>> given;
    for (const std::string& flag : flags.backends) {
        const std::size_t equals = flag.find('=');
        const std::string name = flag.substr(0, equals);
        const auto is_named = [&](const routing::Listener& listener) {
            return std::ranges::any_of(listener.chains, [&](const routing::FilterChain& chain) {
                return std::ranges::any_of(chain.targets, [&](const lookup::Target& target) {
                    return target.ns + "/" + target.name == name;
                });
            });
        };
        if (equals == std::string::npos) {
            refuse(fmt::format("--backend \"{}\" says no address", printable(flag)),
                   "write --backend NAMESPACE/SERVICE=HOST:PORT");
        }
        if (std::ranges::none_of(input.routing.listeners.all, is_named)) {
            refuse(fmt::format("no route leads to \"{}\"", printable(name)),
                   "write NAMESPACE/SERVICE as sni-lab route --table shows it");
        }
        const auto endpoint = parse_endpoint(flag.substr(equals + 1));
        if (!endpoint) {
            refuse(fmt::format("--backend: {}", endpoint.error()),
                   "write --backend NAMESPACE/SERVICE=HOST:PORT");
        }
        given[name].push_back(*endpoint);
    }
    return given;
}

exporting::ListenAt listen_at(const ExportFlags& flags, const ExportInput& input) {
    std::vector<std::uint16_t> ports;
    ports.reserve(input.routing.listeners.all.size());
    for (const routing::Listener& listener : input.routing.listeners.all) {
        ports.push_back(listener.port);
    }
    const ByPort how{.flag = "--listen",
                     .hint =
                         "--listen 127.0.0.1:9443, or --listen 443=127.0.0.1:9443 when there "
                         "are several Gateway ports; sni-lab route --table lists them"};
    // A lab that runs beside it has its own ports.
    std::set<Endpoint> taken;
    for (const auto& [port, endpoint] : default_listen(ports, kLabOffset)) {
        taken.insert(endpoint);
    }
    return default_listen(ports, kRouterOffset, by_port(how, flags.listen, ports),
                          std::move(taken));
}

/// The running lab's backends, if it runs these very pods.
std::map<std::pair<std::string, std::uint16_t>, Endpoint> running_backends(
    const ExportFlags& flags, const ExportInput& input, std::vector<std::string>& notes) {
    std::error_code ignored;
    if (!std::filesystem::exists(flags.state, ignored) || !lab_is_alive(flags.state)) return {};
    const auto record = read_record(flags.state);
    if (!record) return {};
    const auto& pods = input.scenario.backends;
    const bool same = std::ranges::equal(record->backends, pods, {}, &BackendRecord::name,
                                         &scenario::BackendSpec::name);
    if (!same) {
        notes.push_back(
            fmt::format("the running lab is another scenario ({}), so its backends are "
                        "not used",
                        record->scenario));
        return {};
    }
    std::map<std::pair<std::string, std::uint16_t>, Endpoint> running;
    for (std::size_t i = 0; i < pods.size(); ++i) {
        running.emplace(std::pair(pods[i].name, pods[i].target_port), record->backends[i].endpoint);
    }
    return running;
}

}  // namespace

exporting::Exported for_router(const ExportFlags& flags, const ExportInput& input) {
    using namespace exporting;
    Exported exported;
    const ListenAt listen = listen_at(flags, input);
    Known known{.given = given_backends(flags, input),
                .running = running_backends(flags, input, exported.notes),
                .taken = {}};
    for (const auto& [port, endpoint] : listen) {
        known.taken.insert(endpoint);
    }
    Addresses addresses(input.workloads, known);
    const ProxyConfig config = proxy_config(
        input.routing.listeners,
        [&](const lookup::Target& target) { return addresses.find(target); }, listen, input.lab);
    if (config.gates.empty()) {
        throw Failure(Exit::usage, code::kNotRunnable, "no port of these manifests has a route", {},
                      "sni-lab route --table and sni-lab analyze say why");
    }
    exported.note(config.notes);
    exported.note(losses(input.manifest, input.routing.listeners,
                         {.istio = true, .gateway_api = true, .everything = true}));
    if (!addresses.to_start().empty()) exported.note(certificate_losses(input.lab));
    Program program;
    Names names;
    if (flags.api == "nginx") {
        names = names_of(flags, "nginx.conf");
        exported.text = nginx(config);
        exported.note(nginx_notes(config));
        program = nginx_program(names.file);
    } else if (flags.api == "haproxy") {
        names = names_of(flags, "haproxy.cfg");
        exported.text = haproxy(config);
        exported.note(haproxy_notes(config));
        program = haproxy_program(names.file);
    } else {
        names = names_of(flags, "envoy.yaml");
        exported.text = envoy(config);
        program = envoy_program(names.file);
    }
    exported.steps =
        local_steps(config, input.workloads, addresses.to_start(), program, names, input.lab);
    return exported;
}

}  // namespace sni::cli
