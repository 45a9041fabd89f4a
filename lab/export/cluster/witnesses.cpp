#include "lab/export/cluster/witnesses.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "lab/lookup/pods.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/loose.h"
#include "lab/yaml/yaml.h"

namespace sni::exporting {

namespace {

using Json = nlohmann::ordered_json;
using manifest::Spot;
namespace loose = manifest::loose;
using yaml::Kind;
using yaml::Node;

constexpr std::string_view kName = "sni-lab-witness";
constexpr std::string_view kVolume = "sni-lab-identity";
/// Neither a port that services like, nor one of Istio's own.
constexpr std::uint16_t kFirstPort = 18443;

void add_lines(const Json& value, std::vector<std::string>& to) {
    for (const auto& [key, item] : value.items()) {
        const std::string head = value.is_array() ? "-" : key + ":";
        if (!item.is_structured() || item.empty()) {
            to.push_back(head + " " + item.dump());
            continue;
        }
        std::vector<std::string> lines;
        add_lines(item, lines);
        const bool below = !value.is_array();
        if (below) to.push_back(head);
        const std::string_view more = below && item.is_array() ? "" : "  ";
        for (std::size_t i = 0; i < lines.size(); ++i) {
            to.push_back((i == 0 && !below ? "- " : std::string(more)) + lines[i]);
        }
    }
}

/// As YAML in blocks, to stand before something: so its first line is not indented, and behind it
/// is what brings that to its place again.
std::string block(const Json& value, const std::string& indent) {
    std::vector<std::string> lines;
    add_lines(value, lines);
    const std::string next = "\n" + indent;
    return fmt::format("{}{}", fmt::join(lines, next), next);
}

/// The mapping that begins at `at`.
const Node* find_mapping(const Node& node, Spot at) {
    if (node.kind() == Kind::mapping && node.at() == at) return &node;
    for (const Node& item : node.items()) {
        if (const Node* found = find_mapping(item, at)) return found;
    }
    for (const yaml::Entry& entry : node.entries()) {
        if (const Node* found = find_mapping(entry.value, at)) return found;
    }
    return nullptr;
}

const yaml::Entry* entry_of(const Node& mapping, std::string_view key) {
    const auto found = std::ranges::find_if(
        mapping.entries(), [&](const yaml::Entry& entry) { return entry.key.value == key; });
    return found == mapping.entries().end() ? nullptr : &*found;
}

class Writer {
  public:
    Writer(const manifest::Manifest& manifest, Witnesses& into)
        : manifest_(manifest), into_(into) {}

    /// Before the first of `list`.
    void prepend(const Node& list, const Json& item) {
        const std::size_t at = offset(list.at());
        const std::string& text = text_of(list.at());
        if (text[at] == '[') {
            Spot inside = list.at();
            ++inside.column;
            add(inside, item.dump() + (list.items().empty() ? "" : ", "));
        } else if (text[at] == '-') {
            add(list.at(), block(Json::array({item}), indent(list.at())));
        } else {
            refuse(list.at());
        }
    }
    /// A new `key` before the one that is there.
    void insert(const Node& mapping, const yaml::Entry& before, std::string_view key,
                const Json& value) {
        const Json entry = {{std::string(key), value}};
        if (text_of(mapping.at())[offset(mapping.at())] == '{') {
            const std::string text = entry.dump();
            add(before.key.at, text.substr(1, text.size() - 2) + ", ");
        } else {
            add(before.key.at, block(entry, indent(before.key.at)));
        }
    }
    void replace(const Node& scalar, const std::string& by) {
        auto edit = replacement(text_of(scalar.at()), scalar, by);
        if (!edit) return refuse(scalar.at());
        into_.edits.push_back(std::move(*edit));
    }
    void refuse(Spot at) {
        into_.refused.push_back(
            {.level = Level::error,
             .code = std::string(manifest::code::kUnsupported),
             .place = place_of(manifest_.files, at),
             .message = "no witness can be put in here",
             .why = "an alias, an anchor or a tag stands here, or nothing at all",
             .hint = "write it out"});
    }
    /// The document, or the item of a List, that begins at `at`.
    const Node* document(Spot at) {
        auto found = parsed_.find(at.file);
        if (found == parsed_.end()) {
            manifest::Findings ignored(manifest_.files);
            found = parsed_.emplace(at.file, yaml::parse(at.file, ignored)).first;
        }
        for (const Node& node : found->second.documents) {
            if (const Node* mapping = find_mapping(node, at)) return mapping;
        }
        return nullptr;
    }

  private:
    const std::string& text_of(Spot at) const {
        return manifest_.files[static_cast<std::size_t>(at.file)].text;
    }
    std::size_t offset(Spot at) const { return offset_of(text_of(at), 1, at); }
    static std::string indent(Spot at) {
        return std::string(static_cast<std::size_t>(at.column - 1), ' ');
    }
    void add(Spot at, std::string text) { into_.edits.push_back({at, 0, std::move(text)}); }

    const manifest::Manifest& manifest_;
    Witnesses& into_;
    std::map<int, yaml::Stream> parsed_;
};

Json container(const Workload& workload, const OtherPods& pods, std::string_view name,
               std::uint16_t port, std::string_view image, IdentityFrom identity) {
    Json mount = {{"name", kVolume}, {"mountPath", "/etc/sni-lab/identity"}};
    if (identity == IdentityFrom::secret) mount["readOnly"] = true;
    return {{"name", name},
            {"image", image},
            {"args",
             {"witness", fmt::format("--listen=0.0.0.0:{}", port),
              fmt::format("--to=127.0.0.1:{}", workload.target_port),
              fmt::format("--admin=127.0.0.1:{}", port + 1),
              fmt::format("--name={}/{}", workload.ns, pods.name),
              "--identity=/etc/sni-lab/identity/identity.key"}},
            {"ports", Json::array({{{"containerPort", port}}})},
            {"startupProbe", {{"tcpSocket", {{"port", port}}}}},
            // Files of a Secret are root's; as one of its group the witness reads them, whatever
            // fsGroup the pod has.
            {"securityContext",
             {{"runAsNonRoot", true},
              {"runAsUser", 65532},
              {"runAsGroup", 0},
              {"allowPrivilegeEscalation", false},
              {"readOnlyRootFilesystem", true},
              {"capabilities", {{"drop", Json::array({"ALL"})}}}}},
            {"volumeMounts", Json::array({mount})}};
}

Json volume(IdentityFrom identity) {
    if (identity == IdentityFrom::itself) return {{"name", kVolume}, {"emptyDir", Json::object()}};
    return {{"name", kVolume},
            {"secret", {{"secretName", kIdentitySecret}, {"defaultMode", 0440}}}};
}

class Stand {
  public:
    Stand(const manifest::Manifest& manifest, std::string_view image,
          const std::function<IdentityFrom(const std::string&)>& identity, Witnesses& into)
        : manifest_(manifest),
          image_(image),
          identity_(identity),
          into_(into),
          writer_(manifest, into),
          pods_(manifest.deployments) {}

    void beside(const Workload& workload) {
        const auto all = workload.selector.empty() ? std::vector<const manifest::Deployment*>()
                                                   : pods_.find(workload.ns, workload.selector);
        if (all.empty())
            return note(workload, "no pods of it are in the files; put their Deployment beside it");
        if (std::ranges::any_of(all, has_witness))
            return note(workload, "a witness is in its pods already, and stays as it is");
        const auto [place, fresh] = ports_.try_emplace({all, workload.target_port});
        if (fresh) place->second = {free_port(all), ports_.size()};
        const auto [port, number] = place->second;
        if (!turn_service(workload, all, port)) {
            if (fresh) ports_.erase(place);
            return;
        }
        const std::string name =
            number == 1 ? std::string(kName) : fmt::format("{}-{}", kName, number);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (fresh) put_into(*all[i], workload, workload.pods[i], name, port);
            into_.places.push_back({workload, workload.pods[i], name, port});
        }
    }

  private:
    using Pods = std::vector<const manifest::Deployment*>;

    void note(const Workload& workload, std::string_view why) {
        into_.notes.push_back(fmt::format("Service {} gets no witness: {}", workload.path(), why));
    }

    static bool has_witness(const manifest::Deployment* pods) {
        return std::ranges::any_of(pods->pod.containers, [](const manifest::Container& one) {
            return one.name.value.starts_with(kName);
        });
    }

    std::uint16_t free_port(const Pods& all) const {
        std::set<std::int64_t> taken;
        for (const auto& [key, place] : ports_) {
            taken.insert(place.first);
        }
        for (const manifest::Deployment* pods : all) {
            for (const manifest::Container& container : pods->pod.containers) {
                for (const manifest::ContainerPort& port : container.ports) {
                    taken.insert(port.port.value);
                }
            }
        }
        std::uint16_t port = kFirstPort;
        while (taken.contains(port) || taken.contains(port + 1)) {
            port = static_cast<std::uint16_t>(port + 2);
        }
        return port;
    }

    /// Where the Service's port leads in the first of the pods that tells.
    static std::optional<std::uint16_t> reached(const manifest::ServicePort& port,
                                                const Pods& all) {
        for (const manifest::Deployment* pods : all) {
            if (const auto number = lookup::target_port(port, pods->pod)) return number;
        }
        return std::nullopt;
    }

    bool turn_service(const Workload& workload, const Pods& all, std::uint16_t to) {
        const auto service = std::ranges::find_if(
            manifest_.services,
            [&](const manifest::Service& one) { return one.meta.path() == workload.path(); });
        const Node* document =
            service == manifest_.services.end() ? nullptr : writer_.document(service->meta.at);
        const Node* ports = document ? loose::at(*document, {"spec", "ports"}) : nullptr;
        if (!ports || ports->items().size() != service->ports.size()) {
            note(workload, "its ports cannot be read");
            return false;
        }
        for (std::size_t i = 0; i < service->ports.size(); ++i) {
            const auto number = reached(service->ports[i], all);
            if (number.value_or(workload.target_port) != workload.target_port) continue;
            const Node& port = ports->items()[i];
            if (const Node* target = port.find("targetPort"); target && !target->is_null()) {
                writer_.replace(*target, std::to_string(to));
            } else if (const auto* entry = entry_of(port, "port"); entry && !target) {
                writer_.insert(port, *entry, "targetPort", to);
            } else {
                writer_.refuse(port.at());
            }
        }
        return true;
    }

    void put_into(const manifest::Deployment& deployment, const Workload& workload,
                  const OtherPods& pods, const std::string& name, std::uint16_t port) {
        const Node* document = writer_.document(deployment.meta.at);
        const Node* maker = !document || deployment.bare_pod
                                ? document
                                : loose::at(*document, {"spec", "template"});
        const Node* spec = maker ? maker->find("spec") : nullptr;
        const auto* containers = spec ? entry_of(*spec, "containers") : nullptr;
        if (!containers || containers->value.kind() != Kind::sequence)
            return writer_.refuse(deployment.meta.at);
        const IdentityFrom identity = identity_(workload.ns);
        if (equipped_.insert(&deployment).second) {
            const Node* volumes = spec->find("volumes");
            if (!volumes) {
                writer_.insert(*spec, *containers, "volumes", Json::array({volume(identity)}));
            } else if (volumes->kind() == Kind::sequence) {
                writer_.prepend(*volumes, volume(identity));
            } else {
                writer_.refuse(volumes->at());
            }
        }
        writer_.prepend(containers->value, container(workload, pods, name, port, image_, identity));
    }

    const manifest::Manifest& manifest_;
    const std::string_view image_;
    const std::function<IdentityFrom(const std::string&)>& identity_;
    Witnesses& into_;
    Writer writer_;
    lookup::PodIndex pods_;
    // By the pods and their port: the witness's port, and its number.
    std::map<std::pair<Pods, std::uint16_t>, std::pair<std::uint16_t, std::size_t>> ports_;
    std::set<const manifest::Deployment*> equipped_;  // with the identity's volume
};

}  // namespace

Witnesses stand_witnesses(const manifest::Manifest& manifest,
                          const std::vector<Workload>& workloads, std::string_view image,
                          const std::function<IdentityFrom(const std::string&)>& identity) {
    Witnesses all;
    Stand stand(manifest, image, identity, all);
    for (const Workload& workload : workloads) {
        stand.beside(workload);
    }
    return all;
}

}  // namespace sni::exporting
