// EndpointSlice and the older Endpoints: where a Service leads whose pods nobody selects.
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

void read_ports(Fields& field, EndpointSubset& subset) {
    field.objects("ports", [&](Fields& port) {
        port.ignore({"appProtocol", "protocol"});
        Text name;
        port("name", name);
        if (const auto number = port.port("port")) subset.ports.emplace(name.value, number->value);
    });
}

}  // namespace

/// It has the name of its Service.
void read_endpoints(Fields& field, EndpointList& list) {
    list.service = list.meta.name;
    field("subsets", list.subsets, [](Fields& fields, EndpointSubset& subset) {
        fields.ignore({"notReadyAddresses"});
        fields("addresses", subset.addresses, [](Fields& address, Text& ip) {
            address.ignore({"hostname", "nodeName", "targetRef"});
            return address("ip", ip, Need::required);
        });
        read_ports(fields, subset);
    });
}

/// Its label names the Service (kubernetes/api discovery/v1). Of type FQDN nobody takes any
/// (pilot/pkg/serviceregistry/kube/controller/endpointslice.go, updateEndpointCacheForSlice).
void read_endpoint_slice(Fields& field, EndpointList& list) {
    const auto owner = list.meta.labels.find("kubernetes.io/service-name");
    list.service = {owner == list.meta.labels.end() ? std::string() : owner->second,
                    list.meta.name.at};
    Text type;
    field("addressType", type);
    list.named = type.value == "FQDN";
    EndpointSubset& subset = list.subsets.emplace_back();
    field.objects("endpoints", [&](Fields& endpoint) {
        endpoint.ignore(
            {"deprecatedTopology", "hints", "hostname", "nodeName", "targetRef", "zone"});
        bool ready = true;
        endpoint.object("conditions", [&](Fields& conditions) {
            conditions.ignore({"serving", "terminating"});
            conditions("ready", ready);
        });
        for (Text& address : endpoint.texts("addresses", Need::required)) {
            if (ready && !list.named) subset.addresses.push_back(std::move(address));
        }
    });
    read_ports(field, subset);
}

}  // namespace sni::manifest
