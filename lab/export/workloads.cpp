#include "lab/export/workloads.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/lookup/pods.h"
#include "lab/route/host_pattern.h"

namespace sni::exporting {

namespace {

using lookup::Target;
using routing::FilterChain;

/// A port that no pod tells.
constexpr std::uint16_t kUsualPort = 8443;

class Collector {
  public:
    Collector(const manifest::Manifest& manifest, const scenario::Scenario& scenario)
        : pods_(manifest.deployments) {
        for (const scenario::BackendSpec& backend : scenario.backends) {
            if (backend.secret)
                secrets_.emplace(std::tuple(backend.name, backend.target_port), &*backend.secret);
        }
        for (const manifest::Secret& secret : manifest.secrets) {
            in_files_.insert(secret.meta.path());
        }
    }

    void add(const routing::Listener& listener, std::size_t index) {
        const FilterChain& chain = listener.chains[index];
        for (const Target& target : chain.targets) {
            if (!target.service_port || target.weight == 0) continue;
            Workload& workload = at(target);
            for (const std::string& host : hosts_of(chain)) {
                add_once(host, workload.hosts);
            }
        }
    }

    /// When all were added.
    void settle_secrets() {
        std::map<std::pair<std::string, std::string>, std::vector<std::string>> hosts;
        const auto of = [&](const Workload& workload) -> std::vector<std::string>& {
            return hosts[std::pair(workload.ns, workload.secret.name)];
        };
        for (const Workload& workload : all_) {
            for (const std::string& host : workload.hosts) {
                if (host != "*") add_once(host, of(workload));
            }
        }
        for (Workload& workload : all_) {
            std::vector<std::string>& own = of(workload);
            if (own.empty()) own.push_back(workload.service + "." + workload.ns);
            workload.secret.hosts = own;
        }
    }

    /// The questions that this chain answers, when the Secrets are settled.
    void ask(const routing::Listener& listener, std::size_t index) {
        if (!listener.rejected.empty()) return;
        const FilterChain& chain = listener.chains[index];
        const auto shares = std::ranges::count_if(
            chain.targets, [](const Target& target) { return target.weight != 0; });
        for (const Target& target : chain.targets) {
            if (target.service_port && target.weight != 0)
                add_questions(listener, index, shares == 1, at(target));
        }
    }

    std::vector<Workload> take() { return std::move(all_); }

  private:
    static void add_once(const std::string& host, std::vector<std::string>& hosts) {
        if (std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(host);
    }

    static std::vector<std::string> hosts_of(const FilterChain& chain) {
        if (chain.takes_all()) return {"*"};
        std::vector<std::string> hosts;
        for (const manifest::Text& name : chain.names) {
            const auto pattern = route::HostPattern::parse(name.value);
            if (pattern) hosts.push_back(pattern->text());
        }
        return hosts;
    }

    /// For every name of the chain; `alone`: nobody else has a share of it.
    static void add_questions(const routing::Listener& listener, std::size_t index, bool alone,
                              Workload& workload) {
        for (const std::string& host : hosts_of(listener.chains[index])) {
            auto name = name_for(listener, index, host, workload);
            if (!name) continue;
            Question question{.sni = *std::move(name), .port = listener.port, .alone = alone};
            if (std::ranges::find(workload.questions, question) != workload.questions.end())
                continue;
            workload.questions.push_back(std::move(question));
        }
    }

    /// That leads into this very chain by `host`: under a wildcard, one that no other rule has; for
    /// "*", if possible, one that the certificate is for.
    static std::optional<std::string> name_for(const routing::Listener& listener, std::size_t index,
                                               const std::string& host, const Workload& workload) {
        const auto leads_here = [&](const std::string& name) {
            return listener.find(name) == index;
        };
        if (host == "*") {
            for (const std::string& own : workload.secret.hosts) {
                auto name = name_for(listener, index, own, workload);
                if (name) return name;
            }
            std::string name = workload.service + "." + workload.ns;
            if (leads_here(name)) return name;
            return name_below(".sni-lab.test", leads_here);
        }
        if (host.starts_with("*.")) return name_below(host.substr(1), leads_here);
        return leads_here(host) ? std::optional(host) : std::nullopt;
    }

    static std::optional<std::string> name_below(const std::string& suffix,
                                                 const auto& leads_here) {
        constexpr int kTries = 64;
        if (leads_here("www" + suffix)) return "www" + suffix;
        for (int i = 1; i <= kTries; ++i) {
            std::string name = fmt::format("sni-lab-{}{}", i, suffix);
            if (leads_here(name)) return name;
        }
        return std::nullopt;
    }

    Workload& at(const Target& target) {
        const std::uint16_t port = target.target_port.value_or(kUsualPort);
        const auto [slot, fresh] =
            slots_.try_emplace(std::tuple(target.ns, target.name, port), all_.size());
        if (fresh) all_.push_back(made(target, port));
        return all_[slot->second];
    }

    Workload made(const Target& target, std::uint16_t port) {
        std::string port_name;
        if (target.service_port) {
            const auto* text = std::get_if<manifest::Text>(&target.service_port->target);
            if (text) port_name = text->value;
        }
        Workload workload{.name = target.path(),
                          .ns = target.ns,
                          .service = target.name,
                          .selector = target.selector,
                          .target_port = port,
                          .port_name = std::move(port_name),
                          .secret = {.name = target.name + "-credential"},
                          .hosts = {},
                          .pods = {}};
        for (const manifest::Deployment* pods : pods_.find(target.ns, workload.selector)) {
            const std::string path = pods->meta.path();
            if (workload.pods.empty()) workload.name = path;
            workload.pods.push_back({.kind = std::string(pods->kind()),
                                     .name = pods->meta.name.value,
                                     .replicas = pods->replicas.value});
            const auto secret = secrets_.find(std::tuple(path, port));
            if (secret != secrets_.end()) workload.secret.name = secret->second->name;
        }
        workload.secret.in_files = in_files_.contains(target.ns + "/" + workload.secret.name);
        return workload;
    }

    lookup::PodIndex pods_;
    std::map<std::tuple<std::string, std::uint16_t>, const scenario::SecretSpec*> secrets_;
    std::set<std::string> in_files_;
    std::map<std::tuple<std::string, std::string, std::uint16_t>, std::size_t> slots_;
    std::vector<Workload> all_;
};

/// In double quotes a YAML scalar means itself, "true" and "1" included.
std::string double_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

constexpr std::string_view kDeployment =
    "# The lab's own backend behind Service {path}: it signs what it saw of each session.\n"
    "apiVersion: apps/v1\n"
    "kind: Deployment\n"
    "metadata:\n"
    "  name: {name}\n"
    "  namespace: {ns}\n"
    "spec:\n"
    "  replicas: 1\n"
    "  selector:\n"
    "    matchLabels:\n"
    "{own}"
    "  template:\n"
    "    metadata:\n"
    "      labels:\n"
    "{labels}"
    "    spec:\n"
    "      automountServiceAccountToken: false\n"
    "      securityContext:\n"
    "        runAsNonRoot: true\n"
    "        runAsUser: 65532\n"
    "        runAsGroup: 65532\n"
    "        fsGroup: 65532\n"
    "      containers:\n"
    "      - name: sni-lab\n"
    "        image: {image}\n"
    "        args:\n"
    "        - backend\n"
    "        - --listen=0.0.0.0:{port}\n"
    "        - --cert=/etc/sni-lab/tls/tls.crt\n"
    "        - --key=/etc/sni-lab/tls/tls.key\n"
    "        - --name={signs}\n"
    "        - --identity=/etc/sni-lab/identity/identity.key\n"
    "{alpn}"
    "        ports:\n"
    "        - containerPort: {port}\n"
    "{port_name}"
    "        readinessProbe:\n"
    "          tcpSocket:\n"
    "            port: {port}\n"
    "        securityContext:\n"
    "          allowPrivilegeEscalation: false\n"
    "          readOnlyRootFilesystem: true\n"
    "          capabilities:\n"
    "            drop: [ALL]\n"
    "        volumeMounts:\n"
    "        - name: tls\n"
    "          mountPath: /etc/sni-lab/tls\n"
    "          readOnly: true\n"
    "        - name: identity\n"
    "          mountPath: /etc/sni-lab/identity\n"
    "{read_only}"
    "      volumes:\n"
    "      - name: tls\n"
    "        secret:\n"
    "          secretName: {secret}\n"
    "          defaultMode: 0440\n"
    "      - name: identity\n"
    "{identity}";

std::string identity_volume(IdentityFrom identity) {
    if (identity == IdentityFrom::itself) return "        emptyDir: {}\n";
    return fmt::format(
        "        secret:\n"
        "          secretName: {}\n"
        "          defaultMode: 0440\n",
        kIdentitySecret);
}

}  // namespace

std::string label_lines(const manifest::Labels& labels, std::string_view indent) {
    std::string text;
    for (const auto& [key, value] : labels) {
        text += fmt::format("{}{}: {}\n", indent, double_quoted(key), double_quoted(value));
    }
    return text;
}

std::vector<Workload> workloads(const manifest::Manifest& manifest,
                                const routing::Listeners& listeners,
                                const scenario::Scenario& scenario) {
    Collector collector(manifest, scenario);
    const auto each = [&](void (Collector::*visit)(const routing::Listener&, std::size_t)) {
        for (const routing::Listener& listener : listeners.all) {
            for (std::size_t i = 0; i < listener.chains.size(); ++i) {
                if (listener.chains[i].ends == FilterChain::Ends::backend)
                    (collector.*visit)(listener, i);
            }
        }
    };
    each(&Collector::add);
    collector.settle_secrets();
    each(&Collector::ask);
    return collector.take();
}

std::string deployment_name(const Workload& workload) {
    return workload.service + "-sni-lab";
}

std::string deployment(const Workload& workload, std::string_view image, IdentityFrom identity,
                       const std::vector<std::string>& alpn) {
    const manifest::Labels own = {{"sni-lab", workload.service}};
    manifest::Labels labels = workload.selector;
    labels.insert(own.begin(), own.end());
    return fmt::format(
        kDeployment, fmt::arg("path", workload.path()), fmt::arg("name", deployment_name(workload)),
        fmt::arg("ns", workload.ns), fmt::arg("own", label_lines(own, "      ")),
        fmt::arg("labels", label_lines(labels, "        ")),
        fmt::arg("image", double_quoted(image)), fmt::arg("port", workload.target_port),
        fmt::arg("signs", workload.name),
        fmt::arg("alpn", alpn.empty() ? std::string()
                                      : fmt::format("        - {}\n",
                                                    double_quoted(fmt::format(
                                                        "--alpn={}", fmt::join(alpn, ","))))),
        fmt::arg("port_name",
                 workload.port_name.empty()
                     ? std::string()
                     : fmt::format("          name: {}\n", double_quoted(workload.port_name))),
        fmt::arg("read_only", identity == IdentityFrom::secret ? "          readOnly: true\n" : ""),
        fmt::arg("secret", workload.secret.name), fmt::arg("identity", identity_volume(identity)));
}

}  // namespace sni::exporting
