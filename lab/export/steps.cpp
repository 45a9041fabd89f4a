#include "lab/export/steps.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace sni::exporting {

namespace {

/// Under which name a pair is made. A rule for "*" says none.
std::string first_host(const Workload& workload) {
    const auto named =
        std::ranges::find_if(workload.hosts, [](const std::string& host) { return host != "*"; });
    return named == workload.hosts.end() ? workload.service + "." + workload.ns : *named;
}

/// A name that a client can ask for.
std::string asked_host(const Workload& workload) {
    const std::string host = first_host(workload);
    return host.starts_with("*.") ? "www" + host.substr(1) : host;
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

Step held_secret(const HeldBack& held) {
    const std::string does = fmt::format(
        "Secret {}/{} stayed behind, since it holds a private key ({}:{}); put its parts into "
        "files",
        held.ns, held.name, held.place.file, held.place.line);
    if (held.tls) {
        return {does, fmt::format("kubectl create -n {} secret tls {} --cert=tls.crt --key=tls.key",
                                  held.ns, held.name)};
    }
    std::string command = fmt::format("kubectl create -n {} secret generic {}", held.ns, held.name);
    for (const std::string& key : held.keys) {
        command += fmt::format(" --from-file='{}'", key);
    }
    return {does, command};
}

/// How many workloads a name may lead to.
using Shares = std::map<std::string, std::size_t>;

Shares shares_of(const std::vector<Workload>& workloads) {
    Shares shares;
    for (const Workload& workload : workloads) {
        for (const std::string& host : workload.hosts) {
            ++shares[host];
        }
    }
    return shares;
}

Step verify_step(const Shares& shares, const Workload& workload, const std::string& gateway,
                 const std::string& identity, const std::string& cacert) {
    return {
        "prove that nobody decrypts in between",
        fmt::format("sni-lab verify --gateway {} --sni {} --identity {}{}{} --wait 60s", gateway,
                    asked_host(workload), identity, cacert.empty() ? "" : " --cacert " + cacert,
                    shares.at(workload.hosts.front()) > 1 ? "" : " --backend " + workload.name)};
}

Step address_step(const ClusterPlan& plan) {
    if (plan.api == ClusterApi::gateway && !plan.edges.empty()) {
        const Edge& edge = plan.edges.front();
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
    if (plan.api == ClusterApi::gateway) {
        steps.push_back({"the Gateway API must be 1.5 or newer, for TLSRoute v1",
                         "kubectl get crd tlsroutes.gateway.networking.k8s.io"});
    }
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
            if (pods.kind != "Deployment" || pods.replicas == 0) continue;
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
    const Shares shares = shares_of(plan.workloads);
    for (const Workload& workload : plan.workloads) {
        std::string identity = names.identity + ".pub";
        if (!signing.contains(workload.ns)) {
            identity = deployment_name(workload) + ".pub";
            steps.push_back({"its identity, by a way on which no gateway is",
                             fmt::format("kubectl exec -n {} deployment/{} -- cat "
                                         "/etc/sni-lab/identity/identity.key.pub > {}",
                                         workload.ns, deployment_name(workload), identity)});
        }
        if (workload.hosts.empty()) continue;
        steps.push_back(
            verify_step(shares, workload, fmt::format("\"$GATEWAY\":{}", plan.port), identity,
                        workload.secret.in_files ? "" : names.pair(first_host(workload)).first));
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
    // nginx takes a relative name for one below its own folder.
    const std::string path = file.starts_with('/') ? file : "\"$PWD\"/" + file;
    const std::string common = fmt::format("-e stderr -c {}", path);
    return {
        fmt::format("nginx -t {} -g \"pid $PWD/nginx.pid;\"", common),
        fmt::format("nginx {} -g \"pid $PWD/nginx.pid; error_log stderr; daemon off;\" &", common)};
}

std::vector<Step> local_steps(const Wiring& wiring, const std::vector<Workload>& workloads,
                              const std::vector<LocalBackend>& backends, const Program& program,
                              const Names& names) {
    std::vector<Step> steps;
    std::vector<Workload> starting;
    starting.reserve(backends.size());
    for (const LocalBackend& backend : backends) {
        starting.push_back(*backend.workload);
    }
    const auto secrets = one_of_each_secret(starting);
    if (!secrets.empty()) steps.push_back(certgen_step(secrets, names));
    for (const LocalBackend& backend : backends) {
        const Workload& workload = *backend.workload;
        const auto [cert, key] = workload.secret.in_files
                                     ? std::pair<std::string, std::string>("tls.crt", "tls.key")
                                     : names.pair(first_host(workload));
        steps.push_back(
            {workload.secret.in_files
                 ? fmt::format("the backend behind {}; put Secret {} into the two files first",
                               workload.path(), workload.secret.name)
                 : fmt::format("the backend behind {}", workload.path()),
             fmt::format("sni-lab backend --listen {} --cert {} --key {} --name {} --identity {} &",
                         to_string(backend.address), cert, key, workload.name, names.identity)});
    }
    steps.push_back({"check the configuration", program.check});
    steps.push_back({"run it", program.run});
    std::map<std::string, const Gate*> gates;  // by the names that they route
    for (const Gate& gate : wiring.gates) {
        for (const Route& route : gate.routes) {
            if (route.pool) gates.emplace(route.name, &gate);
        }
    }
    const Shares shares = shares_of(workloads);
    for (const Workload& workload : workloads) {
        if (workload.hosts.empty()) continue;
        const auto gate = gates.find(workload.hosts.front());
        if (gate == gates.end()) continue;
        steps.push_back(verify_step(shares, workload, to_string(gate->second->listen),
                                    names.identity + ".pub", ""));
    }
    return steps;
}

}  // namespace sni::exporting
