// spec.tls of a Gateway: whom it asks for certificates, and what it shows to backends; and the
// ConfigMaps that hold certificates of authorities.
#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/manifest/loose.h"
#include "lab/manifest/readers/read_gateway_api.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

/// `tls` is the block around it.
void read_validation(Fields& tls, api::ClientCheck& check, const std::string& ns) {
    tls.object("validation", [&](Fields& validation) {
        Text mode{"AllowValidOnly", {}};
        validation("mode", mode);
        check.insecure = mode.value == "AllowInsecureFallback";
        if (mode.value != "AllowValidOnly" && !check.insecure) {
            validation.in().error(code::kValue, mode.at,
                                  fmt::format("there is no mode {}", quote(mode.value)), {},
                                  "write AllowValidOnly or AllowInsecureFallback");
        }
        const auto read = [&](Fields& fields, api::Reference& to) {
            to = reference("", "", ns);
            read_reference(fields, to);
        };
        validation("caCertificateRefs", check.authorities, read, Need::required);
    });
}

}  // namespace

void read_gateway_tls(Fields& tls, api::Gateway& gateway) {
    const std::string& ns = gateway.meta.ns.value;
    tls.object("backend", [&](Fields& backend) {
        backend.object("clientCertificateRef", [&](Fields& fields) {
            gateway.client_certificate = reference("", "Secret", ns);
            read_reference(fields, *gateway.client_certificate);
        });
    });
    tls.object("frontend", [&](Fields& frontend) {
        const auto read_default = [&](Fields& fields) {
            api::ClientCheck& check = gateway.client_checks.emplace_back();
            read_validation(fields, check, ns);
        };
        frontend.object("default", read_default, Need::required);
        const auto read_port = [&](Fields& fields, api::ClientCheck& check) {
            check.port = fields.port("port", Need::required);
            const auto read = [&](Fields& own) { read_validation(own, check, ns); };
            fields.object("tls", read, Need::required);
            return check.port.has_value();
        };
        frontend("perPort", gateway.client_checks, read_port);
    });
}

void read_config_map(const yaml::Node& document, std::string_view default_namespace,
                     Manifest& into) {
    const yaml::Node* meta = document.find("metadata");
    if (!meta) return;
    Labels& held = into.config_maps[loose::text(*meta, "namespace", default_namespace).value + "/" +
                                    loose::text(*meta, "name").value];
    const yaml::Node* data = document.find("data");
    if (!data) return;
    for (const yaml::Entry& entry : data->entries()) {
        held.emplace(entry.key.value, entry.value.text());
    }
}

}  // namespace sni::manifest
