#include "lab/route/host_pattern.h"

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/core/host_help.h"

namespace sni::route {

namespace {

std::string_view remedy(DnsNameError error) {
    switch (error) {
        case DnsNameError::empty:
            return "a name is missing";
        case DnsNameError::too_long:
            return "a name has at most 253 bytes";
        case DnsNameError::bad_label:
            return "a label has 1 to 63 bytes and does not start with '-'";
        case DnsNameError::bad_character:
            return "a name has letters, digits, '-', '_' and '.'; '*' stands for the first labels "
                   "only, as in *.example.com";
        case DnsNameError::trailing_dot:
            return "leave out the dot at its end";
        case DnsNameError::ip_literal:
            break;
    }
    return "clients send no SNI for an IP address; use * for them";
}

}  // namespace

Result<HostPattern, std::string> HostPattern::parse(std::string_view text) {
    if (text == "*") return HostPattern(Kind::any, "");
    const bool suffix = text.starts_with("*.");
    const auto name = DnsName::parse(suffix ? text.substr(2) : text);
    if (!name) {
        const std::string help = host_help(text);
        return std::unexpected(
            fmt::format("\"{}\" is not a host name: {}", printable(text),
                        help.empty() ? remedy(name.error()) : std::string_view(help)));
    }
    return HostPattern(suffix ? Kind::suffix : Kind::exact, name->text());
}

std::string HostPattern::text() const {
    switch (kind_) {
        case Kind::exact:
            return name_;
        case Kind::suffix:
            return "*." + name_;
        case Kind::any:
            break;
    }
    return "*";
}

}  // namespace sni::route
