#include "lab/lookup/port_protocol.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "lab/core/dns_name.h"

namespace sni::lookup {

namespace {

/// pkg/config/protocol/instance.go, Parse; grpc-web is asked before.
constexpr std::array<std::string_view, 12> kProtocols = {"grpc",       "hbone", "http",  "http2",
                                                         "http_proxy", "https", "mongo", "mysql",
                                                         "redis",      "tcp",   "tls",   "udp"};
/// SMTP, DNS, MySQL and MongoDB are TCP, whatever they are called.
constexpr std::array<std::int64_t, 4> kTcpPorts = {25, 53, 3306, 27017};

}  // namespace

std::string protocol_of(const ServicePort& port) {
    if (port.protocol.value == "UDP") return "udp";
    const bool given = !port.app_protocol.value.empty();
    const std::string& written = given ? port.app_protocol.value : port.name.value;
    if (given && written == "kubernetes.io/h2c") return "http2";
    if (given && written == "kubernetes.io/ws") return "http";
    if (given && written == "kubernetes.io/wss") return "https";
    const std::string word = to_lower_ascii(written);
    if (word.starts_with("grpc-web")) return "grpc-web";
    std::string first = word.substr(0, word.find('-'));
    if (std::ranges::find(kProtocols, first) != kProtocols.end()) return first;
    const bool known = std::ranges::find(kTcpPorts, port.port.value) != kTcpPorts.end();
    return known ? "tcp" : "";
}

bool is_http_in_plain(std::string_view protocol) {
    constexpr std::array<std::string_view, 4> kHttp = {"http", "http2", "grpc", "grpc-web"};
    return std::ranges::find(kHttp, protocol) != kHttp.end();
}

}  // namespace sni::lookup
