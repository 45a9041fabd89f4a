#include "lab/export/steps.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sni::exporting {

namespace {

/// Under which name a pair is made. A rule for "*" says none.
std::string first_host(const Workload& workload) {
    const auto named =
        std::ranges::find_if(workload.hosts, [](const std::string& host) { return host != "*"; });
    return named == workload.hosts.end() ? workload.service + "." + workload.ns : *named;
}

/// The same Secret may serve several workloads.
std::vector<const Workload*> one_of_each_secret(const std::vector<Workload>& workloads) {
    std::vector<const Workload*> all;
    std::set<std::pair<std::string, std::string>> known;
    for (const Workload& workload : workloads) {
        const bool fresh = known.emplace(workload.ns, workload.secret.name).second;
        if (fresh && !workload.secret.in_files) all.push_back(&workload);
    }
    return all;
}

Step certgen_step(const std::vector<const Workload*>& secrets, const Names& names) {
    std::string commands;
    std::set<std::string> made;
    for (const Workload* workload : secrets) {
        const std::string first = first_host(*workload);
        if (!made.insert(first).second) continue;
        commands += fmt::format("{}test -e {} || {} '{}'", commands.empty() ? "" : "\n",
                                names.pair(first).first, names.certgen, first);
        for (const std::string& host : workload->hosts) {
            if (host != "*" && host != first) commands += fmt::format(" --san '{}'", host);
        }
    }
    return {"the backends' certificates, unless you have your own", commands};
}

Step identity_step(const Names& names) {
    return {"make the identity that signs for the backends; it is no TLS key",
            fmt::format("mkdir -p -m 700 {1}\n"
                        "test -e {0} || openssl genpkey -algorithm ed25519 -out {0}\n"
                        "openssl pkey -in {0} -pubout -out {0}.pub",
                        names.identity, names.state)};
}

Step tls_secret(const Workload& workload, const Names& names) {
    const auto [cert, key] = names.pair(first_host(workload));
    return {fmt::format("the certificate and key of {}", workload.path()),
            fmt::format("kubectl create -n {} secret tls {} --cert={} --key={}", workload.ns,
                        workload.secret.name, cert, key)};
}

/// As a key of a Secret must be; anything else is no word for a shell.
bool is_key_name(std::string_view key) {
    return !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

/// A namespace has no dot, so that two Secrets have two folders.
std::string folder_of(std::string_view ns, std::string_view secret) {
    return fmt::format("{}.{}", ns, secret);
}

Step held_secret(const HeldBack& held) {
    const std::string folder = folder_of(held.ns, held.name);
    const std::string does = fmt::format(
        "Secret {}/{} stayed behind, as every Secret does ({}:{}); put its parts into the folder "
        "{}",
        held.ns, held.name, held.place.file, held.place.line, folder);
    if (held.type == "kubernetes.io/tls") {
        return {does,
                fmt::format("kubectl create -n {} secret tls {} --cert={}/tls.crt --key={}/tls.key",
                            held.ns, held.name, folder, folder)};
    }
    std::string command = fmt::format("kubectl create -n {} secret generic {}", held.ns, held.name);
    if (!held.type.empty() && held.type != "Opaque") {
        command += fmt::format(" --type='{}'", held.type);
    }
    for (const std::string& key : held.keys) {
        if (is_key_name(key)) command += fmt::format(" --from-file={}={}/{}", key, folder, key);
    }
    if (held.keys.empty()) command += fmt::format(" --from-file={}", folder);
    return {does, command};
}

Step verify_step(const Workload& workload, const Asked& asked, const std::string& gateway,
                 const std::string& identity, const std::string& more) {
    return {
        "prove that nobody decrypts in between",
        fmt::format("sni-lab verify --gateway {} --sni {} --identity {}{}{} --wait 60s", gateway,
                    asked.sni, identity, more, asked.alone ? " --backend " + workload.name : "")};
}

Step address_step(const ClusterPlan& plan) {
    if (plan.api == ClusterApi::gateway && !plan.edges.empty()) {
        const EntryPoint& edge = plan.edges.front();
        return {"the gateway's address",
                fmt::format("kubectl wait -n {0} gateway.gateway.networking.k8s.io/{1} "
                            "--for=condition=Programmed --timeout=120s\n"
                            "GATEWAY=$(kubectl get -n {0} gateway.gateway.networking.k8s.io/{1} -o "
                            "jsonpath='{{.status.addresses[0].value}}')",
                            edge.ns, edge.name)};
    }
    return {"the gateway's address; without a load balancer use kubectl port-forward",
            fmt::format("GATEWAY=$(kubectl get -n {} svc istio-ingressgateway -o "
                        "jsonpath='{{.status.loadBalancer.ingress[0].ip}}')",
                        plan.gateway_namespace)};
}

Step versions_step(const ClusterPlan& plan) {
    const std::string_view what =
        plan.experimental
            ? "the Gateway API's experimental channel must be there: a TLSRoute for every name is "
              "v1alpha2, and so all of them are here"
            : "the Gateway API must be 1.5 or newer, for TLSRoute v1";
    return {std::string(what),
            "kubectl get crd tlsroutes.gateway.networking.k8s.io -o "
            "jsonpath='{.spec.versions[?(@.served)].name}'"};
}

/// Flags of sni-lab backend for what lab.yaml says about the pods.
std::string backend_flags(const scenario::BackendSetting* setting, const Names& names) {
    if (!setting) return {};
    std::string flags;
    if (!setting->alpn.empty()) {
        flags += fmt::format(" --alpn '{}'", fmt::join(setting->alpn, ","));
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
    const auto [cert, key] =
        workload.secret.in_files
            ? std::pair<std::string, std::string>(folder + "/tls.crt", folder + "/tls.key")
            : names.pair(first_host(workload));
    return {
        workload.secret.in_files
            ? fmt::format("the backend behind {}; put Secret {} into the folder {} first",
                          workload.path(), workload.secret.name, folder)
            : fmt::format("the backend behind {}", workload.path()),
        fmt::format("sni-lab backend --listen {} --cert {} --key {} --name {} --identity {}{} &",
                    to_string(backend.address), cert, key, workload.name, names.identity, more)};
}

/// The gate that a workload is asked at; nothing: none leads there.
const Gate* gate_of(const ProxyConfig& config, const Workload& workload) {
    if (!workload.asked) return nullptr;
    const auto gate = std::ranges::find(config.gates, workload.asked->port, &Gate::port);
    if (gate == config.gates.end()) return nullptr;
    const bool led = std::ranges::any_of(gate->routes, [&](const Route& route) {
        return route.pool && std::ranges::find(workload.hosts, route.name) != workload.hosts.end();
    });
    return led ? &*gate : nullptr;
}

}  // namespace

std::string script(const std::vector<Step>& steps) {
    std::string text;
    for (const Step& step : steps) {
        text += fmt::format("# {}\n{}\n", step.does, step.command);
    }
    return text;
}

std::vector<Step> cluster_steps(const ClusterPlan& plan, const Names& names) {
    std::vector<Step> steps;
    const auto secrets = one_of_each_secret(plan.workloads);
    if (!secrets.empty()) steps.push_back(certgen_step(secrets, names));
    std::set<std::string> signing;
    for (const Workload& workload : plan.workloads) {
        if (!plan.edge_namespaces.contains(workload.ns)) signing.insert(workload.ns);
    }
    if (!signing.empty()) steps.push_back(identity_step(names));
    if (!plan.workloads.empty()) {
        steps.push_back(
            {"build the backends' image, in a clone of sni-lab, and bring it to the "
             "cluster (kind load docker-image, docker push, …)",
             fmt::format("docker build -t {} -f lab/export/Containerfile .", names.image)});
    }
    if (plan.api == ClusterApi::gateway) steps.push_back(versions_step(plan));
    const std::string in =
        plan.apply_namespace.empty() ? "" : fmt::format(" -n {}", plan.apply_namespace);
    steps.push_back({"everything but the Secrets, for which the pods wait",
                     fmt::format("kubectl apply{} -f {}", in, names.file)});
    for (const Workload* workload : secrets) {
        steps.push_back(tls_secret(*workload, names));
    }
    for (const HeldBack& held : plan.held_back) {
        steps.push_back(held_secret(held));
    }
    for (const std::string& ns : signing) {
        steps.push_back(
            {fmt::format("the identity, apart from the certificate: whoever reads this "
                         "Secret can forge proofs, so no gateway may run in {}",
                         ns),
             fmt::format("kubectl create -n {} secret generic {} "
                         "--from-file=identity.key={} --from-file=identity.key.pub={}.pub",
                         ns, kIdentitySecret, names.identity, names.identity)});
    }
    for (const Workload& workload : plan.workloads) {
        for (const OtherPods& pods : workload.pods) {
            const bool ours = pods.name == deployment_name(workload);
            if (ours || pods.kind != "Deployment" || pods.replicas == 0) continue;
            steps.push_back(
                {fmt::format("only the lab's backend signs, so it stands alone for now; "
                             "afterwards --replicas={}",
                             pods.replicas),
                 fmt::format("kubectl scale -n {} deployment/{} --replicas=0", workload.ns,
                             pods.name)});
        }
        steps.push_back({"wait for it", fmt::format("kubectl rollout status -n {} deployment/{}",
                                                    workload.ns, deployment_name(workload))});
    }
    if (plan.workloads.empty()) return steps;
    steps.push_back(address_step(plan));
    for (const Workload& workload : plan.workloads) {
        std::string identity = names.identity + ".pub";
        if (!signing.contains(workload.ns)) {
            identity = folder_of(workload.ns, deployment_name(workload)) + ".pub";
            steps.push_back({"its identity, by a way on which no gateway is",
                             fmt::format("kubectl exec -n {} deployment/{} -- cat "
                                         "/etc/sni-lab/identity/identity.key.pub > {}",
                                         workload.ns, deployment_name(workload), identity)});
        }
        if (!workload.asked) continue;
        steps.push_back(verify_step(
            workload, *workload.asked, fmt::format("\"$GATEWAY\":{}", workload.asked->port),
            identity,
            workload.secret.in_files ? "" : " --cacert " + names.pair(first_host(workload)).first));
    }
    return steps;
}

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
    for (const LocalBackend& backend : backends) {
        const scenario::BackendSetting* setting = lab.backend(backend.workload->name);
        if (is_down(setting)) continue;
        steps.push_back(backend_step(backend, backend_flags(setting, names), names));
    }
    steps.push_back({"check the configuration", program.check});
    steps.push_back({"run it", program.run});
    for (const Workload& workload : workloads) {
        const Gate* gate = gate_of(config, workload);
        const scenario::BackendSetting* setting = lab.backend(workload.name);
        // verify sends no PROXY header.
        if (!gate || !workload.asked || gate->accept_proxy || is_down(setting)) continue;
        const bool shows = setting && setting->client_certificate;
        steps.push_back(verify_step(workload, *workload.asked, to_string(gate->listen),
                                    names.identity + ".pub",
                                    shows ? " --client-ca " + names.client_ca : ""));
    }
    return steps;
}

}  // namespace sni::exporting
