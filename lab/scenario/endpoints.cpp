#include "lab/scenario/endpoints.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/lookup/pods.h"
#include "lab/lookup/services.h"
#include "lab/manifest/codes.h"
#include "lab/scenario/certificates.h"
#include "lab/scenario/process.h"

namespace sni::scenario {

namespace {

constexpr std::string_view kSuffix = kServiceSuffix;
// Each replica is a TLS server of its own on this machine.
constexpr std::int64_t kMostReplicas = 32;

bool is_tcp(const std::string& protocol) {
    return protocol == "TCP";
}

}  // namespace

class Endpoints::Impl {
  public:
    Impl(const Manifest& manifest, const Services& services, Findings& findings, Level unknown)
        : findings_(findings),
          unknown_(unknown),
          services_(services),
          certificates_(manifest, findings),
          entries_(!manifest.service_entries.empty()) {
        for (const Service& service : manifest.services) {
            by_namespace_[service.meta.ns.value].push_back(service.meta.name.value);
            first_of_name_.emplace(service.meta.name.value, &service);
        }
    }

    std::vector<const Pods*> find(const Target& target) {
        const bool subset = target.written && !target.written->subset.value.empty();
        if (subset && reported_.insert(target.written->subset.at).second) {
            findings_.error(code::kUnsupported, target.written->subset.at,
                            "the lab does not tell the subsets of a Service apart", {},
                            "name a Service of its own instead");
        }
        if (!is_there(target) || !target.service_port) return {};
        return find_pods(target, *target.service_port);
    }

    /// A Service's port; what a VirtualService says wrong is said here.
    bool is_there(const Target& target) {
        if (target.kind == Target::Kind::service_entry) return false;  // leads out of the lab
        const Service* service = services_.at(target.path());
        if (target.missing == Target::Missing::host || !service) {
            if (target.written) report_no_host(*target.written, target.ns);
            return false;
        }
        if (service->meta.flawed) return false;
        if (target.written && !target.written->port && service->ports.size() > 1) {
            report_no_number(*target.written, *service);
            return false;
        }
        if (target.missing == Target::Missing::port && target.written) {
            report_no_port(*target.written, *service, target.problem);
        }
        return target.service_port.has_value();
    }

  private:
    // What is not there.

    void report_no_host(const Destination& destination, const std::string& own_namespace) {
        if (!reported_.insert(destination.host.at).second) return;
        const std::string& host = destination.host.value;
        const std::string path = Services::path(host, own_namespace);
        const Suggestion found = suggestion(host, path, own_namespace);
        std::string why;
        if (!host.contains('.') && !host.starts_with('*')) {
            why = fmt::format("without a dot it stands for {}.{}{}", printable(host), own_namespace,
                              kSuffix);
        }
        findings_.add(found.likely ? Level::error : unknown_, code::kNotFound, destination.host.at,
                      found.likely
                          ? fmt::format("no Service has the host {}", quote(host))
                          : fmt::format("no Service of these files has the host {}", quote(host)),
                      std::move(why), found.hint);
    }

    /// `likely`: these files show that it is a mistake; else the Service may be in others.
    struct Suggestion {
        std::string hint;
        bool likely = false;
    };

    Suggestion suggestion(std::string_view host, const std::string& path,
                          const std::string& own_namespace) {
        const std::size_t dot = host.find('.');
        if (path.empty()) {  // a dot, and not the whole of a Service's name
            std::string_view ns = host.substr(std::min(dot + 1, host.size()));
            ns = ns.substr(0, ns.find('.'));
            if (services_.at(fmt::format("{}/{}", ns, host.substr(0, dot)))) {
                return {fmt::format("a host with a dot is not completed: write {}.{}{}",
                                    host.substr(0, dot), ns, kSuffix),
                        true};
            }
            if (by_namespace_.contains(std::string(ns))) {
                return {"write SERVICE, or SERVICE.NAMESPACE.svc.cluster.local", true};
            }
            return {"a name outside of the cluster needs a ServiceEntry", entries_};
        }
        const std::size_t slash = path.find('/');
        const std::string ns = path.substr(0, slash);
        const std::string name = path.substr(slash + 1);
        if (name.size() <= 64 && suggestions_left_ > 0) {
            --suggestions_left_;
            const auto known = by_namespace_.find(ns);
            const bool affordable = known != by_namespace_.end() && known->second.size() <= 1'000;
            if (const auto near = affordable ? nearest(name, known->second) : std::nullopt) {
                return {dot == std::string_view::npos
                            ? fmt::format("did you mean {}?", *near)
                            : fmt::format("did you mean {}.{}{}?", *near, ns, kSuffix),
                        true};
            }
        }
        if (const auto other = first_of_name_.find(name); other != first_of_name_.end()) {
            const std::string& there = other->second->meta.ns.value;
            const bool other_known = by_namespace_.contains(ns);
            return {there == own_namespace
                        ? fmt::format("Service {} is in this namespace: write {}{}", name, name,
                                      other_known
                                          ? ""
                                          : fmt::format(", or --namespace {} where these files are "
                                                        "applied with kubectl -n {}",
                                                        printable(ns), printable(ns)))
                        : fmt::format("Service {} is in namespace {}: write {}.{}{}", name, there,
                                      name, there, kSuffix),
                    true};
        }
        return {{}, by_namespace_.contains(ns)};
    }

    void report_no_number(const Destination& destination, const Service& service) {
        if (!reported_.insert(destination.host.at).second) return;
        findings_.error(code::kPortRequired, destination.host.at,
                        fmt::format("Service {} has several ports, so the destination needs one",
                                    quote(service.meta.path())),
                        {},
                        fmt::format("add port: {{number: {}}}", service.ports.front().port.value));
    }

    void report_no_port(const Destination& destination, const Service& service,
                        const std::string& problem) {
        const Spot at = destination.port ? destination.port->at : destination.host.at;
        if (!reported_.insert(at).second) return;
        std::vector<std::int64_t> numbers;
        for (const ServicePort& port : service.ports) {
            if (is_tcp(port.protocol.value) && numbers.size() < 5) {
                numbers.push_back(port.port.value);
            }
        }
        findings_.error(
            code::kNotFound, at, problem, {},
            numbers.empty() ? std::string() : fmt::format("it has {}", fmt::join(numbers, ", ")));
    }

    // Port to pods.

    std::vector<const Pods*> find_pods(const Target& destination, const ServicePort& port) {
        const auto [slot, fresh] = found_.try_emplace({destination.path(), destination.port});
        std::vector<const Pods*>& found = slot->second;
        if (!fresh) return found;
        const Service& service = *services_.at(destination.path());
        const Backing backing = services_.backings().of(service, port);
        for (const Deployment* deployment : backing.pods) {
            if (deployment->meta.flawed) continue;
            const auto target = target_port(port, deployment->pod);
            if (!target) {
                report_no_named_port(std::get<Text>(port.target), *deployment);
            } else if (const Pods* pods = pods_of(service, port, *deployment, *target)) {
                found.push_back(pods);
            }
        }
        if (backing.known != Backing::Known::pods) report_no_pods(service, backing);
        return found;
    }

    void report_no_named_port(const Text& name, const Deployment& deployment) {
        std::vector<std::string> names;
        for (const Container& container : deployment.pod.containers) {
            for (const ContainerPort& port : container.ports) {
                if (!port.name.value.empty() && names.size() < 100) {
                    names.push_back(port.name.value);
                }
            }
        }
        const auto near = nearest(name.value.substr(0, 64), names);
        findings_.error(code::kNoEndpoints, name.at,
                        fmt::format("no container of {} {} has a port named {}", deployment.kind(),
                                    quote(deployment.meta.path()), quote(name.value)),
                        "a target port that no pod has leaves the Service without endpoints",
                        near ? fmt::format("did you mean {}?", *near)
                             : "name the port under containers[].ports, or write its number");
    }

    void report_no_pods(const Service& service, const Backing& backing) {
        if (!empty_.insert(&service).second) return;
        const Spot at = service.selector.value.empty() ? service.meta.name.at : service.selector.at;
        const std::string path = quote(service.meta.path());
        switch (backing.known) {
            case Backing::Known::none:
                return findings_.error(code::kNoEndpoints, at,
                                       fmt::format("Service {} leads to no pod", path), backing.why,
                                       backing.hint);
            case Backing::Known::unknown:
                if (backing.excused) return;
                return findings_.add(
                    unknown_, code::kNoEndpoints, at,
                    fmt::format("the pods of Service {} are not in these files", path), backing.why,
                    "add what makes them to the files");
            case Backing::Known::by_hand:
            case Backing::Known::outside:
                if (unknown_ < Level::error) return;
                return findings_.error(code::kNotPlayed, service.meta.name.at,
                                       fmt::format("Service {} leads out of the lab", path),
                                       backing.why);
            case Backing::Known::pods:
                break;
        }
    }

    // Pods to process.

    /// nullptr when there are none. Looked into once, however many Services lead there.
    const Pods* pods_of(const Service& service, const ServicePort& port,
                        const Deployment& deployment, std::uint16_t target) {
        if (deployment.replicas.value <= 0) return nullptr;
        const auto [slot, fresh] = inspected_.try_emplace({&deployment, target});
        Pods& pods = slot->second;
        if (!fresh) return &pods;
        pods.deployment = &deployment;
        pods.target_port = target;
        pods.replicas =
            static_cast<std::size_t>(std::min(deployment.replicas.value, kMostReplicas));
        if (deployment.replicas.value > kMostReplicas) {
            findings_.error(code::kUnsupported, deployment.replicas.at,
                            fmt::format("the lab runs {} replicas of a Deployment, not {}",
                                        kMostReplicas, deployment.replicas.value),
                            {}, "lower spec.replicas");
        }
        const Container* serving = serving_container(service, port, deployment, target);
        if (serving) {
            pods.secret = certificates_.of(deployment, *serving, process_of(*serving));
        }
        return &pods;
    }

    /// The container whose process answers on `target`, as far as the documents tell.
    const Container* serving_container(const Service& service, const ServicePort& port,
                                       const Deployment& deployment, std::uint16_t target) {
        const Container* silent = nullptr;    // says nothing about where it listens
        const Container* declared = nullptr;  // lists the port
        std::optional<Process::Bind> other;
        for (const Container& container : deployment.pod.containers) {
            const Process process = process_of(container);
            for (const Process::Bind& bind : process.binds) {
                if (bind.port != target) {
                    other = bind;
                } else if (bind.loopback_only) {
                    report_loopback(service, bind);
                    return &container;
                } else {
                    return &container;
                }
            }
            const bool lists = std::ranges::any_of(container.ports, [&](const ContainerPort& p) {
                return p.port.value == target && is_tcp(p.protocol.value);
            });
            if (!process.binds.empty()) continue;
            if (lists && !declared) declared = &container;
            if (!silent) silent = &container;
        }
        if (declared) return declared;
        if (silent) {
            report_undeclared(service, port, *silent, target);
            return silent;
        }
        if (other) report_other_port(service, port, *other, target);
        return nullptr;
    }

    static Spot target_spot(const ServicePort& port) {
        return std::visit(
            [&](const auto& t) {
                if constexpr (requires { t.at; }) {
                    return t.at;
                } else {
                    return port.port.at;
                }
            },
            port.target);
    }

    /// containerPort is only documentation; but where it is written, another port is odd.
    void report_undeclared(const Service& service, const ServicePort& port,
                           const Container& container, std::uint16_t target) {
        const auto listed = std::ranges::find_if(
            container.ports, [](const ContainerPort& p) { return is_tcp(p.protocol.value); });
        if (listed == container.ports.end()) return;
        findings_.add(
            Level::info, code::kTargetPort, target_spot(port),
            fmt::format("nobody says that the pods of Service {} listen on {}",
                        quote(service.meta.path()), target),
            fmt::format("container {} lists port {}", quote(container.name.value),
                        listed->port.value),
            fmt::format("write targetPort: {}, unless {} is right", listed->port.value, target));
    }

    void report_other_port(const Service& service, const ServicePort& port,
                           const Process::Bind& bind, std::uint16_t target) {
        const Spot at = target_spot(port);
        const Place sends = place_of(findings_.files(), at);
        findings_.error(
            code::kTargetPort, bind.at,
            fmt::format("the process listens on port {}, but Service {} sends to {}", bind.port,
                        quote(service.meta.path()), target),
            fmt::format("its target port is given at {}:{}", sends.file, sends.line),
            fmt::format("write targetPort: {} there, or port {} here", bind.port, target));
    }

    void report_loopback(const Service& service, const Process::Bind& bind) {
        findings_.error(code::kTargetPort, bind.at,
                        fmt::format("the process listens inside its pod only, where Service {} "
                                    "cannot reach it",
                                    quote(service.meta.path())),
                        {}, fmt::format("write 0.0.0.0:{}", bind.port));
    }

    Findings& findings_;
    Level unknown_;
    const Services& services_;
    Certificates certificates_;
    bool entries_;  // the files hold a ServiceEntry
    std::map<std::string, std::vector<std::string>> by_namespace_;
    std::unordered_map<std::string, const Service*> first_of_name_;
    std::map<std::pair<std::string, std::uint16_t>, std::vector<const Pods*>> found_;  // by port
    std::map<std::pair<const Deployment*, std::uint16_t>, Pods> inspected_;
    std::set<Spot> reported_;
    std::set<const Service*> empty_;
    std::size_t suggestions_left_ = 50;
};

Endpoints::Endpoints(const Manifest& manifest, const Services& services, Findings& findings,
                     Level unknown)
    : impl_(std::make_unique<Impl>(manifest, services, findings, unknown)) {}

Endpoints::~Endpoints() = default;

std::vector<const Pods*> Endpoints::find(const Target& target) {
    return impl_->find(target);
}

void Endpoints::look_up(const Target& target) {
    (void)impl_->is_there(target);
}

}  // namespace sni::scenario
