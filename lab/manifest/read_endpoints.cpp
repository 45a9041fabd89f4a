// EndpointSlice and the older Endpoints: where a Service leads whose pods nobody selects.
#include "lab/manifest/codes.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

void read_ports(Fields& fields, EndpointList& list) {
    fields.objects("ports", [&](Fields& port) {
        port.ignore({"appProtocol", "protocol"});
        const Text name = text_or(port.text("name"), "", port.at());
        if (const auto number = port.port("port"))
            list.ports.emplace_back(name.value, number->value);
    });
}

void finish(Fields& document, EndpointList list, Meta meta, Manifest& into) {
    document.done();
    meta.flawed = document.in().flawed;
    list.meta = std::move(meta);
    into.endpoint_lists.push_back(std::move(list));
}

}  // namespace

/// It has the name of its Service.
void read_endpoints(Fields& document, Meta meta, Manifest& into) {
    EndpointList list;
    list.service = meta.name;
    document.objects("subsets", [&](Fields& subset) {
        subset.ignore({"notReadyAddresses"});
        subset.objects("addresses", [&](Fields& address) {
            address.ignore({"hostname", "nodeName", "targetRef"});
            if (auto ip = address.text("ip", Need::required)) {
                list.addresses.push_back(std::move(*ip));
            }
        });
        read_ports(subset, list);
    });
    finish(document, std::move(list), std::move(meta), into);
}

/// Its label names the Service (kubernetes/api discovery/v1).
void read_endpoint_slice(Fields& document, Meta meta, Manifest& into) {
    EndpointList list;
    const auto owner = meta.labels.find("kubernetes.io/service-name");
    list.service = {owner == meta.labels.end() ? std::string() : owner->second, meta.name.at};
    document.ignore({"addressType"});
    document.objects("endpoints", [&](Fields& endpoint) {
        endpoint.ignore(
            {"deprecatedTopology", "hints", "hostname", "nodeName", "targetRef", "zone"});
        bool ready = true;
        endpoint.object("conditions", [&](Fields& conditions) {
            conditions.ignore({"serving", "terminating"});
            ready = conditions.boolean("ready").value_or(true);
        });
        for (Text& address : endpoint.texts("addresses", Need::required)) {
            if (ready) list.addresses.push_back(std::move(address));
        }
    });
    read_ports(document, list);
    finish(document, std::move(list), std::move(meta), into);
}

}  // namespace sni::manifest
