#include "lab/torture/remedy.h"

namespace sni::torture {

namespace {

struct Remedy {
    std::string_view product;
    Verdict verdict;
    std::string_view begin;  ///< of the shapes' names
    std::string_view setting;
};

constexpr std::string_view kRecordByRecord =
    "req.ssl_sni reads one record: refuse a hello that is in several by the three rules that "
    "\"sni-lab torture --peer haproxy --config tuned --print-config\" shows, which compare the "
    "record's length with the hello's";

/// The first that fits counts.
constexpr Remedy kRemedies[] = {
    {"haproxy", Verdict::misrouted, "rec/", kRecordByRecord},
    {"haproxy", Verdict::misrouted, "",
     "\"tcp-request content reject\" behind the rule that accepts hellos, and \"use_backend NAME "
     "if "
     "{ req.ssl_sni -m found }\" in place of default_backend"},
    {"haproxy", Verdict::refused, "size/",
     "\"tune.bufsize 131072\" in section global takes larger hellos"},
    {"nginx", Verdict::lost, "then/half-close", "proxy_half_close on;"},
    {"nginx", Verdict::lost, "around/target-late-half-close", "proxy_half_close on;"},
    {"nginx", Verdict::refused, "size/", "preread_buffer_size 128k;"},
    {"nginx", Verdict::misrouted, "",
     "map $ssl_preread_protocol first: where it is empty, to no upstream at all"},
    {"envoy", Verdict::misrouted, "",
     "\"transport_protocol: tls\" in the filter_chain_match of the default, and "
     "\"close_connection_on_client_hello_parsing_errors: true\" of the tls_inspector"},
    {"sniproxy", Verdict::misrouted, "name/",
     "an expression that is anchored and takes any case: (?i)^www[.]example[.]com$"},
    {"sniproxy", Verdict::misrouted, "",
     "no fallback, but a last expression for names alone: (?i)^[a-z0-9._-]+$"},
    {"sslh", Verdict::misrouted, "",
     "a last rule { name: \"anyprot\"; … } that leads nowhere, since what fits no rule goes to the "
     "first one"},
    {"caddy", Verdict::misrouted, "",
     "\"match\": [{\"tls\": {}}] in the route that is the default"},
    {"traefik-router", Verdict::misrouted, "",
     "HostSNIRegexp(`^.+$`) in place of HostSNI(`*`), which takes clients without a name"},
    {"tcpproxy", Verdict::misrouted, "",
     "no route for *: it takes whatever the library cannot read"},
};

}  // namespace

std::string_view remedy(std::string_view product, std::string_view config, const Finding& finding) {
    if (finding.well || config == "tuned") return {};
    // Groups of their own have such hellos, too: client/curl-in-3-records, size/…-in-records-of-….
    const bool in_records = finding.shape.find("records") != std::string::npos;
    if (product == "haproxy" && finding.verdict == Verdict::misrouted && in_records)
        return kRecordByRecord;
    for (const Remedy& each : kRemedies) {
        if (each.product == product && each.verdict == finding.verdict &&
            finding.shape.starts_with(each.begin)) {
            return each.setting;
        }
    }
    return {};
}

}  // namespace sni::torture
