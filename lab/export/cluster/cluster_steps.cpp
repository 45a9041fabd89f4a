#include "lab/export/cluster/cluster_steps.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/shell_quote.h"
#include "lab/export/step_parts.h"

namespace sni::exporting {

namespace {

Step tls_secret(const Workload& workload, const Names& names) {
    const auto [cert, key] = names.pair(first_host(workload));
    return {fmt::format("the certificate and key of {}", workload.path()),
            fmt::format("kubectl create -n {} secret tls {} --cert={} --key={}", workload.ns,
                        shell_quoted(workload.secret.name), cert, key)};
}

/// As a key of a Secret must be; anything else is no word for a shell.
bool is_key_name(std::string_view key) {
    return !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
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
        command += " --type=" + shell_quoted(held.type);
    }
    for (const std::string& key : held.keys) {
        if (is_key_name(key)) command += fmt::format(" --from-file={}={}/{}", key, folder, key);
    }
    if (held.keys.empty()) command += fmt::format(" --from-file={}", folder);
    return {does, command};
}

Step address_of(const EntryPoint& edge) {
    return {fmt::format("the address of Gateway {}/{}", edge.ns, edge.name),
            fmt::format("kubectl wait -n {0} gateway.gateway.networking.k8s.io/{1} "
                        "--for=condition=Programmed --timeout=120s\n"
                        "GATEWAY=$(kubectl get -n {0} gateway.gateway.networking.k8s.io/{1} -o "
                        "jsonpath='{{.status.addresses[0].value}}')",
                        edge.ns, edge.name)};
}

Step address_of_istio(const ClusterPlan& plan) {
    return {"the gateway's address; without a load balancer use kubectl port-forward",
            fmt::format("GATEWAY=$(kubectl get -n {} svc istio-ingressgateway -o "
                        "jsonpath='{{.status.loadBalancer.ingress[0].ip}}')",
                        plan.gateway_namespace)};
}

Step versions_step(const ClusterPlan& plan) {
    std::string what =
        plan.experimental
            ? "the Gateway API's experimental channel must be there, for the alpha versions here"
            : fmt::format("the Gateway API must be 1.{} or newer, for {}", plan.gateway_api,
                          plan.newest);
    return {std::move(what),
            "kubectl get crd tlsroutes.gateway.networking.k8s.io -o "
            "jsonpath='{.spec.versions[?(@.served)].name}'"};
}

/// "deployment/httpbin".
std::string resource(const OtherPods& pods) {
    return to_lower_ascii(pods.kind) + "/" + pods.name;
}

bool is_one_of(const std::string& kind, std::initializer_list<std::string_view> kinds) {
    return std::ranges::find(kinds, kind) != kinds.end();
}

bool can_scale(const OtherPods& pods) {
    return is_one_of(pods.kind,
                     {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"});
}

Step scale_step(const Workload& workload, const OtherPods& pods, std::string_view why, int to) {
    return {fmt::format("{}; afterwards --replicas={}", why, pods.replicas),
            fmt::format("kubectl scale -n {} {} --replicas={}", workload.ns, resource(pods), to)};
}

Step ready_step(const Workload& workload, const OtherPods& pods) {
    if (is_one_of(pods.kind, {"Deployment", "StatefulSet", "DaemonSet"}))
        return {"wait for it",
                fmt::format("kubectl rollout status -n {} {}", workload.ns, resource(pods))};
    std::string labels;
    for (const auto& [key, value] : workload.selector) {
        labels += fmt::format("{}{}={}", labels.empty() ? "" : ",", key, value);
    }
    return {"wait for it",
            fmt::format("kubectl wait -n {} pod -l {} --for=condition=Ready --timeout=120s",
                        workload.ns, shell_quoted(labels))};
}

class Script {
  public:
    Script(const ClusterPlan& plan, const Names& names) : plan_(plan), names_(names) {
        const auto add = [&](const std::string& ns) {
            if (!plan.edge_namespaces.contains(ns)) signing_.insert(ns);
        };
        for (const Workload& workload : plan.workloads) {
            add(workload.ns);
        }
        for (const WitnessPlace& place : plan.witnesses) {
            add(place.workload.ns);
        }
    }

    std::vector<Step> run() {
        const bool any = !plan_.workloads.empty() || !plan_.witnesses.empty();
        apply(any);
        for (const Workload& workload : plan_.workloads) {
            stand_alone(workload);
        }
        for (const WitnessPlace& place : plan_.witnesses) {
            stand_alone(place);
        }
        if (any) go_to(first_question());
        for (const Workload& workload : plan_.workloads) {
            verify(workload);
        }
        for (const WitnessPlace& place : plan_.witnesses) {
            verify(place);
        }
        return std::move(steps_);
    }

  private:
    void apply(bool any) {
        const auto secrets = one_of_each_secret(plan_.workloads);
        if (!secrets.empty()) steps_.push_back(certgen_step(secrets, names_));
        if (!signing_.empty()) steps_.push_back(identity_step(names_));
        if (any) {
            steps_.push_back(
                {"build the image of sni-lab, in a clone of it, and bring it to the cluster (kind "
                 "load docker-image, docker push, …)",
                 fmt::format("docker build -t {} -f lab/export/Containerfile .", names_.image)});
        }
        if (plan_.experimental || plan_.gateway_api > 0) steps_.push_back(versions_step(plan_));
        apply_file();
        for (const Workload* workload : secrets) {
            steps_.push_back(tls_secret(*workload, names_));
        }
        for (const HeldBack& held : plan_.held_back) {
            steps_.push_back(held_secret(held));
        }
        for (const std::string& ns : signing_) {
            steps_.push_back(
                {fmt::format("the identity, apart from the certificate: whoever reads this "
                             "Secret can forge proofs, so no gateway may run in {}",
                             ns),
                 fmt::format("kubectl create -n {} secret generic {} "
                             "--from-file=identity.key={} --from-file=identity.key.pub={}.pub",
                             ns, kIdentitySecret, names_.identity, names_.identity)});
        }
    }

    /// With -n kubectl refuses documents that name another namespace.
    void apply_file() {
        const std::string& ns = plan_.apply_namespace;
        if (!ns.empty() && plan_.elsewhere) {
            steps_.push_back(
                {"the namespace of the documents that name none; others name theirs, so "
                 "that kubectl would not take it by -n. It stays kubectl's for this "
                 "context until you set another",
                 "kubectl config set-context --current --namespace=" + ns});
        }
        const std::string in = ns.empty() || plan_.elsewhere ? "" : " -n " + ns;
        steps_.push_back({"everything but the Secrets, for which the pods wait",
                          fmt::format("kubectl apply{} -f {}", in, names_.file)});
    }

    void stand_alone(const Workload& workload) {
        for (const OtherPods& pods : workload.pods) {
            const bool ours = pods.name == deployment_name(workload);
            if (ours || pods.kind != "Deployment" || pods.replicas == 0) continue;
            steps_.push_back(scale_step(
                workload, pods, "only the lab's backend signs, so it stands alone for now", 0));
        }
        steps_.push_back(ready_step(workload, {"Deployment", deployment_name(workload)}));
    }

    /// The first pods behind a Service are those that are asked.
    static bool asked(const WitnessPlace& place) {
        return place.workload.pods.front() == place.pods;
    }
    /// Of one Service or another that they are behind.
    bool asked_anywhere(const Workload& workload, const OtherPods& pods) const {
        return std::ranges::any_of(plan_.witnesses, [&](const WitnessPlace& place) {
            return place.workload.ns == workload.ns && place.pods == pods && asked(place);
        });
    }

    void stand_alone(const WitnessPlace& place) {
        const OtherPods& pods = place.pods;
        if (!settled_.emplace(place.workload.ns, pods.kind, pods.name).second) return;
        const bool stays = asked_anywhere(place.workload, pods);
        const int wanted = stays ? 1 : 0;
        if (can_scale(pods) && pods.replicas > wanted) {
            steps_.push_back(scale_step(
                place.workload, pods,
                "a witness tells of its own pod only, so one stands alone for now", wanted));
        }
        if (stays) steps_.push_back(ready_step(place.workload, pods));
    }

    /// Pods that may answer in the place of those that are asked: their witness is another one.
    std::string others_of(const WitnessPlace& place) const {
        std::string others;
        for (const OtherPods& pods : place.workload.pods) {
            if (pods == place.pods || (can_scale(pods) && !asked_anywhere(place.workload, pods)))
                continue;
            others +=
                fmt::format("; {} may answer, too, and has a witness of its own", resource(pods));
        }
        if (!can_scale(place.pods) && place.pods.kind != "Pod")
            others += "; the witness of the pod that was reached is the one to ask";
        return others;
    }

    const Question* first_question() const {
        for (const Workload& workload : plan_.workloads) {
            if (workload.asked()) return workload.asked();
        }
        for (const WitnessPlace& place : plan_.witnesses) {
            if (asked(place) && place.workload.asked()) return place.workload.asked();
        }
        return nullptr;
    }

    /// The address of whoever takes the question, unless the one before it came there, too.
    void go_to(const Question* question) {
        const EntryPoint* edge = edge_for(question);
        if (gone_ && edge == edge_) return;
        gone_ = true;
        edge_ = edge;
        steps_.push_back(edge ? address_of(*edge) : address_of_istio(plan_));
    }

    /// nullptr: Istio's own.
    const EntryPoint* edge_for(const Question* question) const {
        if (plan_.api != ClusterApi::gateway || plan_.edges.empty()) return nullptr;
        const EntryPoint* edge = &plan_.edges.front();
        if (!question) return edge;
        const auto taken = plan_.taken_by.find({question->sni, question->port});
        if (taken == plan_.taken_by.end()) return edge;
        const auto own = std::ranges::find(plan_.edges, taken->second);
        return own == plan_.edges.end() ? edge : &*own;
    }

    /// The public half of an identity that was made in the pod.
    std::string identity_of(const std::string& ns, const std::string& pods,
                            std::string_view container) {
        if (signing_.contains(ns)) return names_.identity + ".pub";
        const std::string name = pods.substr(pods.find('/') + 1);
        const std::string file = folder_of(ns, name) + ".pub";
        steps_.push_back({"its identity, by a way on which no gateway is",
                          fmt::format("kubectl exec -n {} {}{} -- cat "
                                      "/etc/sni-lab/identity/identity.key.pub > {}",
                                      ns, pods, container, file)});
        return file;
    }

    void verify(const Workload& workload) {
        const std::string identity =
            identity_of(workload.ns, "deployment/" + deployment_name(workload), "");
        const Question* const asked = workload.asked();
        if (!asked) return;
        go_to(asked);
        const std::string trust =
            workload.secret.in_files ? "" : " --cacert " + names_.pair(first_host(workload)).first;
        steps_.push_back(
            verify_step(*asked, gateway(*asked), identity, trust + signed_by(workload, *asked)));
    }

    void verify(const WitnessPlace& place) {
        if (!asked(place) || !place.workload.asked()) return;
        go_to(place.workload.asked());
        const std::string& ns = place.workload.ns;
        const std::string pods = resource(place.pods);
        const std::string identity = identity_of(ns, pods, " -c " + place.container);
        const int local = place.admin() + 10 * forwarded_++;
        steps_.push_back(
            {"a way to the witness; what it says is signed, so any way will do",
             fmt::format("kubectl port-forward -n {} {} {}:{} &", ns, pods, local, place.admin())});
        Step step = verify_step(*place.workload.asked(), gateway(*place.workload.asked()), identity,
                                fmt::format(" --witness 127.0.0.1:{}", local));
        step.does += "; --cacert FILE for a CA of your own, --tls-only where HTTP is not spoken" +
                     others_of(place);
        steps_.push_back(std::move(step));
    }

    static std::string gateway(const Question& asked) {
        return fmt::format("\"$GATEWAY\":{}", asked.port);
    }

    const ClusterPlan& plan_;
    const Names& names_;
    std::set<std::string> signing_;  // namespaces with the identity in a Secret
    std::set<std::tuple<std::string, std::string, std::string>> settled_;
    int forwarded_ = 0;
    bool gone_ = false;
    const EntryPoint* edge_ = nullptr;  // that GATEWAY is the address of
    std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> cluster_steps(const ClusterPlan& plan, const Names& names) {
    return Script(plan, names).run();
}

}  // namespace sni::exporting
