#include "lab/route/host_pattern.h"

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/core/host_help.h"

namespace sni::route {

namespace {

std::string remedy(DnsNameError error) {
    std::string rule(rule_of(error));
    if (error == DnsNameError::bad_character)
        rule += "; '*' stands for the first labels only, as in *.example.com";
    if (error == DnsNameError::ip_literal) rule += "; use * for them";
    return rule;
}

}  // namespace

Result<HostPattern, std::string> HostPattern::parse(std::string_view text) {
    if (text == "*") return HostPattern(Kind::any, "");
    const bool suffix = text.starts_with("*.");
    const auto name = DnsName::parse(suffix ? text.substr(2) : text);
    if (!name) {
        const std::string help = host_help(text);
        return std::unexpected(fmt::format("\"{}\" is not a host name: {}", printable(text),
                                           help.empty() ? remedy(name.error()) : help));
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
