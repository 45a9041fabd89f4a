// networking.istio.io: Gateway, checked as istiod's webhook checks it
// (pkg/config/validation/validation.go). Both levels of its findings are kept: what it refuses is
// an error (IST0106), what it merely dislikes a warning (IST0133).
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "lab/core/host_help.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

constexpr std::array kModes = {
    std::pair{std::string_view("PASSTHROUGH"), TlsMode::passthrough},
    std::pair{std::string_view("SIMPLE"), TlsMode::simple},
    std::pair{std::string_view("MUTUAL"), TlsMode::mutual},
    std::pair{std::string_view("AUTO_PASSTHROUGH"), TlsMode::auto_passthrough},
    std::pair{std::string_view("ISTIO_MUTUAL"), TlsMode::istio_mutual},
    std::pair{std::string_view("OPTIONAL_MUTUAL"), TlsMode::optional_mutual},
};

constexpr std::array<std::string_view, 12> kProtocols = {
    "HTTP", "HTTPS", "HTTP2", "GRPC",  "GRPC-WEB", "TCP",
    "TLS",  "MONGO", "REDIS", "MYSQL", "UDP",      "HTTP_PROXY"};

constexpr std::array<std::string_view, 5> kTlsVersions = {"TLS_AUTO", "TLSV1_0", "TLSV1_1",
                                                          "TLSV1_2", "TLSV1_3"};

/// The fields that name a certificate, a key or who may be trusted.
struct Credentials {
    bool credential = false;   // credentialName or credentialNames
    bool certificate = false;  // serverCertificate
    bool key = false;          // privateKey
    bool pairs = false;        // tlsCertificates, which have both
    bool authority = false;    // caCertificates
    std::optional<Spot> first;
    std::vector<Text> names;  // of Secrets
};

Credentials read_credentials(Fields& tls) {
    Credentials found;
    const auto note = [&](std::string_view key, bool& flag) {
        const yaml::Node* node = tls.given(key);
        if (!node) return;
        flag = true;
        if (!found.first || node->at() < *found.first) found.first = node->at();
    };
    note("credentialName", found.credential);
    note("credentialNames", found.credential);
    if (auto name = tls.text("credentialName"); name && !name->value.empty())
        found.names.push_back(std::move(*name));
    for (Text& name : tls.texts("credentialNames")) {
        found.names.push_back(std::move(name));
    }
    note("tlsCertificates", found.pairs);
    note("serverCertificate", found.certificate);
    note("privateKey", found.key);
    note("caCertificates", found.authority);
    note("caCertCredentialName", found.authority);
    return found;
}

void check_credentials(Reading& in, const Server& server, const Credentials& found) {
    const TlsMode mode = server.tls.value_or(TlsMode::passthrough);
    const Spot at = server.tls_at;
    const bool any = found.first.has_value();
    switch (mode) {
        case TlsMode::passthrough:
        case TlsMode::auto_passthrough:
            if (!any) return;
            if (!server.mode_given) {
                return in.warning(code::kSchemaWarning, *found.first,
                                  "this certificate is never used",
                                  "mode left out means PASSTHROUGH, and the gateway does not open "
                                  "the TLS that it passes on",
                                  "write mode: SIMPLE if the gateway is to end TLS; else mode: "
                                  "PASSTHROUGH, without a certificate");
            }
            return in.warning(code::kSchemaWarning, *found.first,
                              "PASSTHROUGH needs no certificate, and this one is never used",
                              "the gateway does not open the TLS that it passes on",
                              "remove it here and mount the Secret into the backend's pod");
        case TlsMode::istio_mutual:
            if (!any) return;
            return in.error(code::kSchema, *found.first,
                            "ISTIO_MUTUAL brings its own certificates, so none may stand here");
        case TlsMode::simple:
        case TlsMode::mutual:
        case TlsMode::optional_mutual:
            break;
    }
    if (!found.credential && !found.pairs && !(found.certificate && found.key)) {
        in.error(code::kSchema, at,
                 "this mode needs credentialName, or serverCertificate and "
                 "privateKey");
    } else if (mode == TlsMode::mutual && !found.credential && !found.authority) {
        in.error(code::kSchema, at, "MUTUAL needs caCertificates too");
    }
}

void read_server_tls(Fields& tls, Server& server) {
    Reading& in = tls.in();
    tls.ignore({"cipherSuites", "subjectAltNames", "verifyCertificateSpki", "verifyCertificateHash",
                "caCrl"});
    for (const std::string_view key : {"minProtocolVersion", "maxProtocolVersion"}) {
        Text version{"TLS_AUTO", {}};
        tls(key, version);
        check_word(in, key, version, kTlsVersions);
    }
    (void)tls.boolean("httpsRedirect");
    server.tls = TlsMode::passthrough;  // the enum's zero: left out means PASSTHROUGH
    server.tls_at = tls.at();
    const auto mode = tls.text("mode");
    if (mode) {
        server.tls_at = mode->at;
        server.mode_given = true;
        const auto known =
            std::ranges::find(kModes, mode->value, &std::pair<std::string_view, TlsMode>::first);
        if (known == kModes.end()) {
            in.error(code::kSchema, mode->at,
                     fmt::format("there is no TLS mode {}", quote(mode->value)), {},
                     "write PASSTHROUGH, in capital letters");
            (void)read_credentials(tls);
            return;
        }
        server.tls = known->second;
    }
    const Credentials credentials = read_credentials(tls);
    server.credentials = credentials.names;
    const std::string& protocol = server.protocol.value;
    if (std::ranges::find(kProtocols, protocol) == kProtocols.end()) return;
    if (protocol == "HTTPS" || protocol == "TLS") {
        check_credentials(in, server, credentials);
    } else if (protocol.starts_with("HTTP") || protocol.starts_with("GRPC")) {
        // Charts write httpsRedirect: false, and the mode's zero is PASSTHROUGH: Istio lets it be.
        const bool ends_tls =
            server.tls != TlsMode::passthrough && server.tls != TlsMode::auto_passthrough;
        if (ends_tls || credentials.certificate || credentials.key || credentials.pairs ||
            credentials.authority) {
            in.error(code::kSchema, server.tls_at,
                     fmt::format("a server with protocol {} can have tls for httpsRedirect only",
                                 protocol),
                     {}, "write protocol: TLS, or HTTPS when the gateway is to end it");
        }
    } else {
        in.error(code::kSchema, server.tls_at,
                 fmt::format("a server with protocol {} cannot have tls", protocol), {},
                 "write protocol: TLS");
    }
}

void read_server_port(Fields& port, Server& server) {
    Reading& in = port.in();
    if (const auto number = port.port("number", Need::required)) server.port = *number;
    if (auto name = port.text("name", Need::required)) server.port_name = std::move(*name);
    if (auto protocol = port.text("protocol", Need::required)) {
        server.protocol = {to_upper_ascii(protocol->value), protocol->at};
        server.protocol_as_written = protocol->value;
        if (std::ranges::find(kProtocols, server.protocol.value) == kProtocols.end()) {
            in.error(code::kSchema, protocol->at,
                     fmt::format("there is no protocol {}", quote(protocol->value)), {},
                     "write protocol: TLS");
        }
    }
    if (const auto target = port.port_or_zero("targetPort")) {
        in.error(code::kSchema, target->at, "targetPort has no effect on a Gateway", {},
                 "the Service of the gateway's pods decides where the port leads");
    }
}

void check_server_hosts(const Server& server, Reading& in) {
    for (const Text& text : server.hosts) {
        std::string_view host = text.value;
        const std::size_t slash = host.find('/');
        if (slash != std::string_view::npos) {
            const bool one = host.find('/', slash + 1) == std::string_view::npos;
            if (slash == 0 || !one) {
                in.error(
                    code::kSchema, text.at,
                    fmt::format("the host {} is not HOST or NAMESPACE/HOST", quote(text.value)));
                continue;
            }
            const std::string_view ns = host.substr(0, slash);
            if (ns != "*" && ns != "." && !is_label(ns)) {
                in.error(code::kSchema, text.at,
                         fmt::format("the host {} names {}, which is no namespace",
                                     quote(text.value), quote(ns)),
                         {}, "write \"*\", \".\" or the name of a namespace");
            }
            host.remove_prefix(slash + 1);
        }
        if (const auto problem = server_host_problem(host)) {
            in.error(code::kSchema, text.at, fmt::format("the host {} {}", quote(host), *problem),
                     {}, host_help(host));
        }
    }
}

void read_server(Fields& field, Server& server) {
    server.port.at = server.protocol.at = server.tls_at = field.at();
    field.ignore({"name"});
    field.object("port", [&](Fields& port) { read_server_port(port, server); }, Need::required);
    field("hosts", server.hosts, Need::required);
    check_server_hosts(server, field.in());
    if (const auto bind = field.text("bind"); bind && !bind->value.empty()) {
        server.bind = bind->value;
        if (!bind->value.starts_with("unix://") && !is_ip_address(bind->value)) {
            field.in().error(code::kSchema, bind->at,
                             fmt::format("{} is no address to listen at", quote(bind->value)));
        } else if (bind->value != "0.0.0.0") {
            field.in().unsupported(bind->at, "the lab decides itself where to listen",
                                   "remove bind, and use --listen");
        }
    }
    if (const yaml::Node* endpoint = field.given("defaultEndpoint")) {
        field.in().unsupported(endpoint->at(), fmt::format("field {} is not understood",
                                                           field.path_of("defaultEndpoint")));
    }
    const bool has_tls = field.object("tls", [&](Fields& tls) { read_server_tls(tls, server); });
    const std::string& protocol = server.protocol.value;
    if (!has_tls && (protocol == "TLS" || protocol == "HTTPS")) {
        // "tls: {}" is a block with defaults; "tls:" is none.
        field.in().error(code::kSchema, server.protocol.at,
                         fmt::format("a server with protocol {} needs a tls block", protocol), {},
                         "add tls: {mode: PASSTHROUGH}");
    }
}

void check_gateway(const Gateway& gateway, Reading& in) {
    std::set<std::string_view> names;
    for (const Server& server : gateway.servers) {
        const Text& name = server.port_name;
        if (name.value.empty() || names.insert(name.value).second) continue;
        in.error(code::kSchema, name.at,
                 fmt::format("two ports of this Gateway are named {}", quote(name.value)),
                 "port names are unique in a Gateway, even for one number", "rename one of them");
    }
}

}  // namespace

std::string to_upper_ascii(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    });
    return text;
}

void read_gateway(Fields& field, Gateway& gateway) {
    const Text& name = gateway.meta.name;
    if (name.value.contains('.')) {
        field.in().error(
            code::kSchema, name.at,
            fmt::format("the Gateway's name {} may not have a dot", quote(name.value)));
    }
    const auto read = [&](Fields& spec) {
        gateway.selector = spec.labels("selector");
        spec("servers", gateway.servers, read_server, Need::required);
        check_gateway(gateway, spec.in());
    };
    field.object("spec", read, Need::required);
}

}  // namespace sni::manifest
